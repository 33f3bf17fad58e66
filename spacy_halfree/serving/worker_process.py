"""A worker: a process that loads a pipeline once, then reads and tags a request at a time.

`worker_pool.py` starts it with `python -m`, so that it shares nothing with the server but two
pipes. It ends when they are closed.
"""

import gc
import os
import signal
import sys
import traceback
from typing import BinaryIO

from spacy.tokenizer import Tokenizer

from ..custom_code import import_code
from ..errors import Errors
from ..pipeline.pipelines import find_tagger, load_pipeline
from .answers import to_json
from .frames import FAILED, READY, Frame, pack, read
from .limits import WorkerSettings
from .refusal import Refusal
from .request_body import check_number, read_texts

NICENESS = 5
"""Workers give way to the server, so that it answers quickly on a machine that is busy, too."""
GRACE = 2.0
"""Seconds after which a worker ends itself that should have been ended for taking too long."""


class Worker:
    """A loaded pipeline that answers requests."""

    def __init__(self, settings: WorkerSettings) -> None:
        """Load the pipeline.

        settings: What the worker is told.
        RAISES: OSError if there is no such pipeline; ValueError (H021, H022, H027) if it has no
            tagger or several, (H127) if the code cannot be imported.
        """
        import_code(settings.code)
        self._limits = settings.limits
        self._nlp = load_pipeline(settings.model)
        self._tagger = find_tagger(self._nlp, settings.component)

    def __call__(self, body: bytes) -> Frame:
        """Answer a request.

        body: Its body.
        RETURNS: A status and JSON.
        """
        # what a text leaves in the vocabulary goes with the zone; no exception may leave it, as
        # not everything in it would be cleared then
        with self._nlp.memory_zone():
            try:
                return Frame(READY, self._tag(read_texts(body, self._limits)))
            except Refusal as refusal:
                return refusal.to_frame()
            except Exception as error:
                log_without_texts(error)
                return Refusal(Errors.H175).to_frame()

    def _tag(self, texts: list[str]) -> bytes:
        """RAISES: Refusal (H171) if there is more than a request may have."""
        docs = []
        n_words = 0
        for i, text in enumerate(texts):
            check_number(f"characters in text {i}", len(text), self._nlp.max_length)
            if isinstance(self._nlp.tokenizer, Tokenizer):
                what = f"characters without white space in text {i}"
                check_number(what, longest_run(text), self._limits.run)
            docs.append(self._nlp.make_doc(text))
            n_words += len(docs[-1])
            check_number("words", n_words, self._limits.words)
        return to_json(self._nlp.pipe(docs), self._tagger)


def longest_run(text: str) -> int:
    """The most characters of a text that no white space separates."""
    return max(map(len, text.split()), default=0)


def main() -> None:
    """Answer requests from the standard input until it ends."""
    # terminals and service managers signal all processes; this one ends with the server
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    requests = sys.stdin.buffer
    # what components print must not get between answers: it goes to the standard error
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    first = read(requests)
    if first is None:
        return
    settings = WorkerSettings.from_bytes(first.content)
    try:
        worker = Worker(settings)
    # code of the user may end the process
    except (Exception, SystemExit) as error:
        reason = str(error) or type(error).__name__
        send(answers, Frame(FAILED, reason.encode("utf8", "backslashreplace")))
        return
    # what is loaded stays: looking through it for garbage would take time from requests
    gc.collect()
    gc.freeze()
    send(answers, Frame(READY, b""))
    while (request := read(requests)) is not None:
        set_alarm(settings.timeout + GRACE)
        answer = worker(request.content)
        set_alarm(0)
        send(answers, answer)


def log_without_texts(error: Exception) -> None:
    """Tell the log where the pipeline has failed, but not the message, which may quote a text.

    error: What was raised.
    """
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{own.filename}:{own.lineno}" for own in frames]
    print(Errors.H175, type(error).__name__, *places, file=sys.stderr, flush=True)


def send(stream: BinaryIO, frame: Frame) -> None:
    """Write a message."""
    stream.write(pack(frame))
    stream.flush()


def set_alarm(seconds: float) -> None:
    """Let the system end this process, whatever it is at, even if the server is gone.

    seconds: When; 0 for not at all.
    """
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


if __name__ == "__main__":
    main()
