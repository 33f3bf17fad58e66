"""Real servers on this machine, and a pipeline with a component that does as texts ask."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import spacy
from spacy.language import Language
from spacy.training import Example
from spacy.util import fix_random_seed

from spacy_halfree.custom_code import import_code

ROOT = Path(__file__).resolve().parents[2]
CODE = """
import ctypes
import os
import signal
from pathlib import Path

from spacy.language import Language

# functions that are called by it keep the interpreter
HOLDING = ctypes.PyDLL(None)


@Language.component("obedient")
def obey(doc):
    command, _, rest = doc.text.partition(" ")
    if command in ("HOLD", "NAP"):
        Path(rest).touch()
        HOLDING.sleep(600 if command == "HOLD" else 2)
    elif command == "RAISE":
        raise ValueError(rest)
    elif command == "PRINT":
        print(rest, flush=True)
        os.write(1, rest.encode())
    elif command == "DIE":
        os.kill(os.getpid(), signal.SIGKILL)
    elif command == "EXIT":
        raise SystemExit(0)
    return doc
"""
"""`HOLD FILE` makes a file and then keeps the interpreter for longer than any test takes."""
LONGEST_WAIT = 120.0


def write_code(folder: Path) -> Path:
    """Write the file with the component."""
    path = folder / "obedient.py"
    path.write_text(CODE, encoding="utf8")
    return path


def write_pipeline(folder: Path, *, obedient: bool) -> Path:
    """Train a small tagger.

    obedient: Whether the component is in the pipeline, which then needs the code.
    """
    fix_random_seed(0)
    nlp = spacy.blank("en")
    nlp.add_pipe("halfree_tagger")
    annotated = {"A table in Rome": [(11, 15, "CITY")], "Nothing here": []}
    examples = [
        Example.from_dict(nlp.make_doc(text), {"entities": spans})
        for text, spans in annotated.items()
    ]
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(30):
        nlp.update(examples, sgd=optimizer)
    if obedient:
        import_code(write_code(folder))
        nlp.add_pipe("obedient", first=True)
    path = folder / "pipeline"
    nlp.to_disk(path)
    return path


class Served:
    """A server that runs.

    process: Its process.
    address: Where it listens.
    """

    def __init__(self, process: subprocess.Popen, address: str) -> None:
        self.process = process
        self.address = address
        self.client = httpx.Client(base_url=address, timeout=LONGEST_WAIT)

    def ask(self, *texts: str) -> httpx.Response:
        """Have texts tagged."""
        return self.client.post("/entities", json={"texts": texts})

    def post(self, body: bytes, content_type: str = "application/json") -> httpx.Response:
        """Send a body as it is."""
        headers = {"Content-Type": content_type}
        return self.client.post("/entities", content=body, headers=headers)

    def is_healthy(self) -> bool:
        """Whether it says so."""
        return self.client.get("/health").status_code == 200

    def workers(self) -> set[int]:
        """The processes that it has started and that live."""
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return {int(pid) for pid in path.read_text().split() if lives(int(pid))}

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal. RETURNS: The exit code."""
        self.process.send_signal(number)
        return self.process.wait(LONGEST_WAIT)


@contextlib.contextmanager
def serving(model: Path, *options: object) -> Iterator[Served]:
    """A server, which is ended with what it has started."""
    with start(model, *options) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.fullmatch(r"Serving on (http://\S+)\n", line)
        assert found is not None, (line, process.stdout.read())
        served = Served(process, found[1])
        # what else it prints must not fill the pipe
        reader = threading.Thread(target=process.stdout.read)
        reader.start()
        try:
            yield served
        finally:
            process.kill()
            reader.join()


@contextlib.contextmanager
def start(model: Path, *options: object) -> Iterator[subprocess.Popen]:
    """Start `serve` on a free port."""
    command = [sys.executable, "-m", "spacy", "halfree", "serve", model, "--port", 0, *options]
    process = subprocess.Popen(
        list(map(str, command)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "500"},
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def lives(pid: int) -> bool:
    """Whether a process runs, and has not ended without anybody having asked."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"


def wait_until(what: Any) -> None:
    """Wait until a function returns something true, and fail if it never does."""
    end = time.monotonic() + LONGEST_WAIT
    while not what():
        assert time.monotonic() < end
        time.sleep(0.05)


def entities_of(nlp: Language, texts: list[str]) -> list[list[tuple[Any, ...]]]:
    """What a server should find."""
    return [
        [(ent.start_char, ent.end_char, ent.label_, ent.text) for ent in doc.ents]
        for doc in nlp.pipe(texts)
    ]


def entities_in(answer: httpx.Response) -> list[list[tuple[Any, ...]]]:
    """What a server has found."""
    assert answer.status_code == 200, answer.text
    keys = ("start", "end", "label", "text")
    found = json.loads(answer.content)["entities"]
    return [[tuple(entity[key] for key in keys) for entity in own] for own in found]
