"""Receiving the body of a request: checked before it is read, and bounded while it is."""

import anyio
from starlette.requests import Request

from ..errors import Errors
from .limits import ServingSettings
from .refusal import TOO_LARGE, TOO_LATE, Refusal
from .request_body import invalid

JSON = "application/json"
READ_AND_DROPPED = 8
"""A client reads an answer that comes before it has sent everything only if it is written to be
able to. So the rest of a body that is too large is read, up to so many times the limit."""


async def receive_body(request: Request, settings: ServingSettings) -> bytes:
    """The body of a request.

    request: The request.
    settings: How large its body may be, and how long it may take.
    RETURNS: The body.
    RAISES: Refusal (H169) if it is too large, (H170) if it is not said to be JSON, (H172) if it
        does not arrive in time; ClientDisconnect if the client goes.
    """
    limit = settings.limits.body
    too_large = Refusal(Errors.H169.format(limit=limit), TOO_LARGE)
    announced = request.headers.get("content-length", "")
    # a client that waits for leave to send reads the answer; no other rest is worth reading
    most = limit if "expect" in request.headers else READ_AND_DROPPED * limit
    if announced.isdecimal() and int(announced) > most:
        raise too_large
    body = bytearray()
    n_read = 0
    try:
        with anyio.fail_after(settings.timeout):
            async for chunk in request.stream():
                n_read += len(chunk)
                if n_read <= limit:
                    body += chunk
                elif n_read > READ_AND_DROPPED * limit:
                    break
    except TimeoutError:
        raise Refusal(Errors.H172.format(seconds=settings.timeout), TOO_LATE) from None
    if n_read > limit:
        raise too_large
    content_type = request.headers.get("content-type", "")
    if content_type.partition(";")[0].strip().lower() != JSON:
        raise invalid(f"its content type is not {JSON}")
    return bytes(body)


async def until_disconnect(request: Request) -> None:
    """Wait until the client has gone, after the body was received."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
