"""Requests that are not answered with entities."""

import json

from .frames import Frame

INVALID, TOO_LATE, TOO_LARGE, BUSY, NO_WORKER = 422, 408, 413, 429, 503
"""HTTP statuses."""


class Refusal(Exception):
    """Why a request is not answered with entities. Nothing of the request is in it.

    message: One of `Errors`.
    status: An HTTP status.
    """

    def __init__(self, message: str, status: int = INVALID) -> None:
        super().__init__(message)
        self.message = message
        self.status = status

    def to_frame(self) -> Frame:
        """The answer that is given instead."""
        return Frame(self.status, json.dumps({"detail": self.message}).encode("ascii"))
