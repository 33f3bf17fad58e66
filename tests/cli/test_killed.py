"""Whatever kills `annotate`, and whenever: with `--resume` it ends as if nothing had happened."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest
from spacy.tokens import DocBin
from test_annotate_command import in_process
from test_resume import BATCH, TEXTS_IN_A_PART, parts_of, write_texts

COMMAND = [sys.executable, "-m", "spacy", "halfree", "annotate"]
WHAT_IS_LEFT = ["out.spacy", "out.spacy.manifest.json"]
PATIENCE = 120
"""Seconds after which a process that has written nothing is held for hanging."""


def start_and_stop(
    args: Sequence[object], output: Path, how: signal.Signals, delay: float
) -> int | None:
    """Run the command, and stop it some time after it has finished another part.

    RETURNS: Its exit code if it was done before.
    """
    known = len(parts_of(output))
    process = subprocess.Popen(
        [*COMMAND, *map(str, args)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # or else it would not hear SIGINT if these tests run in the background of a shell
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    try:
        deadline = time.monotonic() + PATIENCE
        while process.poll() is None and len(parts_of(output)) <= known:
            assert time.monotonic() < deadline, "hangs"
            time.sleep(0.005)
        time.sleep(delay)
        if process.poll() is not None:
            return process.returncode
        process.send_signal(how)
        process.wait(PATIENCE)
        return None
    finally:
        process.kill()
        process.wait()


def kill_and_resume(model: Path, folder: Path, n_kills: int, n_texts: int) -> None:
    texts = write_texts(folder / "texts.txt", n_texts)
    undisturbed = folder / "undisturbed.spacy"
    assert in_process(model, texts, undisturbed, *BATCH)[0] == 0
    output = folder / "out" / "out.spacy"
    args = (model, texts, output, "--resume", *BATCH)
    generator = random.Random(0)
    for _ in range(n_kills):
        stopped = start_and_stop(args, output, signal.SIGKILL, generator.uniform(0, 0.1)) is None
        assert stopped, "there must be more texts than this machine annotates in the meantime"
        assert not output.exists()
        for part in parts_of(output):
            assert len(DocBin().from_disk(part)) == TEXTS_IN_A_PART
    assert in_process(*args)[0] == 0
    assert output.read_bytes() == undisturbed.read_bytes()
    assert sorted(path.name for path in output.parent.iterdir()) == WHAT_IS_LEFT


def test_killed_twice(model: Path, tmp_path: Path) -> None:
    kill_and_resume(model, tmp_path, n_kills=2, n_texts=8_000)


@pytest.mark.slow
def test_killed_fifty_times(model: Path, tmp_path: Path) -> None:
    kill_and_resume(model, tmp_path, n_kills=50, n_texts=100_000)


KILLED_AT = """
import os, signal, sys
from spacy.cli._util import setup_cli
from spacy_halfree.labelling import journal, publication


def kill(*args):
    os.kill(os.getpid(), signal.SIGKILL)


moment = sys.argv.pop()
write_at_once = journal.write_at_once


def write(path, *content):
    if path.name == moment:
        kill()
    write_at_once(path, *content)


journal.write_at_once = publication.write_at_once = write
if moment == "tidying up":
    journal.Journal.remove = kill
setup_cli()
"""


@pytest.mark.parametrize("moment", ["_manifest.json", *WHAT_IS_LEFT, "tidying up"])
def test_killed_at_the_beginning_and_at_the_end(model: Path, tmp_path: Path, moment: str) -> None:
    """Before anything is finished, when all is, and when nothing but tidying up is left."""
    texts = write_texts(tmp_path / "texts.txt", TEXTS_IN_A_PART + 10)
    assert in_process(model, texts, tmp_path / "whole.spacy", *BATCH)[0] == 0
    output = tmp_path / "out" / "out.spacy"
    args = [*map(str, (model, texts, output)), *BATCH, "--resume"]
    result = subprocess.run(
        [sys.executable, "-c", KILLED_AT, "halfree", "annotate", *args, moment], capture_output=True
    )
    assert result.returncode == -signal.SIGKILL, result.stderr
    assert output.exists() == (moment in ("out.spacy.manifest.json", "tidying up"))
    assert in_process(*args)[0] == 0
    assert output.read_bytes() == (tmp_path / "whole.spacy").read_bytes()
    assert sorted(path.name for path in output.parent.iterdir()) == WHAT_IS_LEFT


def test_interrupted(model: Path, tmp_path: Path) -> None:
    """As by Ctrl-C: a former output stays until the new one is complete."""
    texts = write_texts(tmp_path / "texts.txt", 8_000)
    output = tmp_path / "out" / "out.spacy"
    output.parent.mkdir()
    output.write_bytes(b"former")
    args = (model, texts, output, "--overwrite", *BATCH)
    assert start_and_stop(args, output, signal.SIGINT, 0.1) is None
    assert output.read_bytes() == b"former"
    assert parts_of(output)
    code, printed = in_process(*args, "--resume")
    assert code == 0
    assert "texts are finished already" in printed
    assert len(DocBin().from_disk(output)) == 8_000
    assert sorted(path.name for path in output.parent.iterdir()) == WHAT_IS_LEFT
