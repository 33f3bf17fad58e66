"""A worker: a process that loads a pipeline once, then reads, checks and tags a request at a time.

It is started by `worker_pool.py` as `python -m`, so that it shares nothing with the server but
two pipes. It ends when they are closed.
"""

import json
import os
import signal
import sys
from dataclasses import asdict, dataclass
from typing import BinaryIO

import spacy
from spacy.language import Language

from ..custom_code import import_code
from ..errors import Errors
from ..pipeline.pipelines import find_tagger
from . import frames
from .entities import answer
from .frames import Frame
from .limits import RequestLimits
from .request_body import Refused, check_number, read_texts

NICENESS = 5
"""Workers give way to the server, so that it goes on answering on a machine that is busy."""
GRACE = 2
"""Seconds after which a worker ends itself at a request that should have been stopped."""


@dataclass(frozen=True)
class WorkerSettings:
    """What a worker is told when it is started.

    model: The pipeline's name or folder.
    component: The tagger's name, if there are several.
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


class Worker:
    """A loaded pipeline that answers requests.

    settings: What it was told.
    RAISES: ValueError (H021, H022, H027) if there is no tagger or several of them; what loading
        raises.
    """

    def __init__(self, settings: WorkerSettings) -> None:
        import_code(settings.code)
        self.limits = settings.limits
        self.nlp: Language = spacy.load(settings.model)
        self.tagger = find_tagger(self.nlp, settings.component)

    def __call__(self, body: bytes) -> Frame:
        """Answer a request.

        body: Its body.
        RETURNS: A status and JSON.
        """
        # a zone that is left by an exception is not cleared as a whole
        with self.nlp.memory_zone():
            try:
                return Frame(200, self._tag(read_texts(body, self.limits)))
            except Refused as refused:
                return refuse(str(refused))
            except MemoryError:
                raise
            except Exception as error:
                print(f"{Errors.H175} ({type(error).__name__})", file=sys.stderr, flush=True)
                return refuse(Errors.H175)

    def _tag(self, texts: list[str]) -> bytes:
        for i, text in enumerate(texts):
            check_number(f"characters in text {i}", len(text), self.nlp.max_length)
        docs = []
        n_words = 0
        for text in texts:
            docs.append(self.nlp.make_doc(text))
            n_words += len(docs[-1])
            check_number("words", n_words, self.limits.words)
        return answer(self.nlp.pipe(docs), self.tagger)


def refuse(message: str, status: int = 422) -> Frame:
    """An answer that says why there are no entities."""
    return Frame(status, json.dumps({"detail": message}).encode("ascii"))


def main() -> None:
    """Serve requests from the standard input until it ends."""
    # a terminal and a service manager signal all processes; workers end with the server
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    requests = sys.stdin.buffer
    # what a component prints goes to the log
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    first = frames.read(requests)
    if first is None:
        return
    settings = WorkerSettings.from_bytes(first.content)
    try:
        worker = Worker(settings)
    except Exception as error:
        send(answers, Frame(500, str(error).encode("utf8", "backslashreplace")))
        return
    send(answers, Frame(200, b""))
    while (request := frames.read(requests)) is not None:
        set_alarm(settings.timeout + GRACE)
        send(answers, worker(request.content))
        set_alarm(0)


def send(stream: BinaryIO, frame: Frame) -> None:
    """Write a message."""
    stream.write(frames.pack(frame))
    stream.flush()


def set_alarm(seconds: float) -> None:
    """Let the system end this process, whatever it is at, if nobody else does."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


if __name__ == "__main__":
    main()
