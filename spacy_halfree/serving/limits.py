"""Settings of the server and of its workers."""

import json
from dataclasses import asdict, dataclass

from ..ranges import check_count, check_within

LEAST_SECONDS, MOST_SECONDS = 0.01, 1e6
"""Of the time limit. A system's alarm takes no longer times than a few centuries."""


@dataclass(frozen=True)
class RequestLimits:
    """What one request may ask for.

    body: The most bytes of a request's body.
    texts: The most texts of a request.
    characters: The most characters of a text.
    words: The most words of a request, as the pipeline's tokenizer counts.
    run: The most characters without white space. spaCy's tokenizer takes time that grows with the
        square of their number; other tokenizers are not limited.
    """

    body: int = 1_000_000
    texts: int = 256
    characters: int = 100_000
    words: int = 20_000
    run: int = 1_000

    def __post_init__(self) -> None:
        """RAISES: ValueError (H013) for a limit below 1."""
        check_count(**asdict(self))


@dataclass(frozen=True)
class ServingSettings:
    """How requests are worked on.

    workers: The number of worker processes, which tag one request at a time each.
    queue: The most requests that wait for a worker; more are refused at once.
    timeout: Seconds that a worker may take for a request, and that a request may wait for one.
    limits: What one request may ask for.
    """

    workers: int = 1
    queue: int = 128
    timeout: float = 30.0
    limits: RequestLimits = RequestLimits()

    def __post_init__(self) -> None:
        """RAISES: ValueError (H013) for a setting out of range."""
        check_count(workers=self.workers)
        check_count(0, queue=self.queue)
        check_within(LEAST_SECONDS, MOST_SECONDS, timeout=self.timeout)


@dataclass(frozen=True)
class WorkerSettings:
    """What a worker is told when it is started.

    model: The pipeline's name or folder.
    component: The tagger's name, if a pipeline has several.
    code: A Python file with registered functions that the pipeline needs.
    timeout: Seconds that a request may take.
    limits: What one request may ask for.
    """

    model: str
    component: str | None
    code: str | None
    timeout: float
    limits: RequestLimits

    def to_bytes(self) -> bytes:
        """As JSON."""
        return json.dumps(asdict(self)).encode("ascii")

    @classmethod
    def from_bytes(cls, content: bytes) -> "WorkerSettings":
        """What `to_bytes` has made."""
        found = json.loads(content)
        return cls(**{**found, "limits": RequestLimits(**found["limits"])})
