"""The commands, the application and the tables of docs/how_to_serve.md."""

import json
import os
import re
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import httpx
import pytest

pytest.importorskip("uvicorn")
pytest.importorskip("fastapi_offline")

from served import ROOT, wait_until

from spacy_halfree.serving import RequestLimits, ServingSettings

PAGE = (ROOT / "docs" / "how_to_serve.md").read_text("utf8")
NAME = "en_addresses_tagger"
READY = re.compile(r"(?:Serving|Uvicorn running) on (http://\S+)")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def start(command: str, folder: Path) -> Iterator[str]:
    """Run a command that serves, on a free port. YIELDS: Its address."""
    _, program, *rest = ["", *shlex.split(command)]
    start = [sys.executable] if program == "python" else [sys.executable, "-m", program]
    process = subprocess.Popen(
        [*start, *rest, "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    log: list[str] = []
    reader = threading.Thread(target=log.extend, args=(process.stdout,))
    reader.start()
    try:
        wait_until(lambda: READY.search("".join(log)) or process.poll() is not None)
        found = READY.search("".join(log))
        assert found is not None, "".join(log)
        yield found[1]
        process.terminate()
        process.wait(60)
    finally:
        process.kill()
        reader.join()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


@pytest.fixture(scope="module")
def folder(pipeline: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the pipeline has the name that it has on the page."""
    folder = tmp_path_factory.mktemp("how_to")
    (folder / NAME).symlink_to(pipeline)
    (code,) = blocks("py")
    (folder / "app.py").write_text(code, encoding="utf8")
    return folder


@pytest.fixture(scope="module")
def command_line(folder: Path) -> Iterator[str]:
    yield from start(blocks("sh")[0], folder)


@pytest.fixture(scope="module")
def application(folder: Path) -> Iterator[str]:
    yield from start(blocks("sh")[2], folder)


def test_the_command_and_what_it_answers(command_line: str) -> None:
    curl = blocks("sh")[1].replace("localhost:8000", command_line)
    words = shlex.split(curl)
    answer = httpx.post(
        words[2],
        content=words[words.index("-d") + 1].encode(),
        headers=[tuple(words[words.index("-H") + 1].split(": "))],
        timeout=60,
    )
    (shown,) = map(json.loads, blocks("json"))
    found = answer.json()
    for entity in (entity for own in (*shown["entities"], *found["entities"]) for entity in own):
        entity["confidence"] = pytest.approx(entity["confidence"], abs=0.01)
    assert found == shown


def test_an_application_of_ones_own(application: str) -> None:
    assert "/tagger/entities" in httpx.get(application, timeout=60).json()
    body = {"texts": ["A table in Rome"]}
    answer = httpx.post(f"{application}/tagger/entities", json=body, timeout=60)
    assert [own["text"] for own in answer.json()["entities"][0]] == ["Rome"]
    answer = httpx.post(f"{application}/tagger/entities", json={"texts": ["a"] * 65}, timeout=60)
    assert answer.status_code == 422
    page = httpx.get(f"{application}/tagger/docs", timeout=60)
    places = re.findall(r"(?:src|href)=\"(.*?)\"|url: '(.*?)'", page.text)
    for place in map("".join, places):
        assert httpx.get(f"{application}/tagger/{place}", timeout=60).status_code == 200


def test_the_table_of_limits() -> None:
    stated = dict(re.findall(r"^\| `--([\w-]+)` \| (\S+) \|", PAGE, re.MULTILINE))
    limits = {f"max-{name}": str(value) for name, value in asdict(RequestLimits()).items()}
    settings = {name: str(value) for name, value in asdict(ServingSettings()).items()}
    del settings["limits"]
    assert stated == limits | settings
