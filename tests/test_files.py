"""Files that are whole or not there."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from spacy_halfree.files import hash_file, hash_folder, write_at_once

KILLED_WHILE_WRITING = """
import os, pathlib, signal, sys
from spacy_halfree.files import write_at_once


def kill(*args):
    os.kill(os.getpid(), signal.SIGKILL)


path, where = pathlib.Path(sys.argv[1]), sys.argv[2]
setattr(os, where, kill)
write_at_once(path, b"new " * 1000, b"content")
"""


@pytest.mark.parametrize("where", ["fsync", "replace"])
def test_killed_while_writing(tmp_path: Path, where: str) -> None:
    """When all is written but not yet in its place, the former content is there, and whole."""
    path = tmp_path / "file"
    path.write_bytes(b"former")
    result = subprocess.run([sys.executable, "-c", KILLED_WHILE_WRITING, str(path), where])
    assert result.returncode == -signal.SIGKILL
    assert path.read_bytes() == b"former"
    write_at_once(path, b"new", b" content")
    assert path.read_bytes() == b"new content"
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with pytest.raises(TypeError):
        write_at_once(path, b"half", "no bytes")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []
    path.write_bytes(b"former")
    with pytest.raises(TypeError):
        write_at_once(path, b"half", "no bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"former"
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_another_file_takes_the_place(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_at_once(path, b"former")
    with path.open("rb") as file:
        write_at_once(path, b"new")
        assert file.read() == b"former"


def test_hashes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 3_000_000)
    (tmp_path / "b").write_bytes(b"x" * 3_000_000)
    assert hash_file(tmp_path / "a") == hash_file(tmp_path / "b")
    first = hash_folder(tmp_path)
    assert first == hash_folder(tmp_path)
    (tmp_path / "b").rename(tmp_path / "c")
    assert hash_folder(tmp_path) != first


def test_two_processes_at_one_file(tmp_path: Path) -> None:
    """None fails, and what is there is what one of them has written."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom spacy_halfree.files import write_at_once\n"
        "path, content = Path(sys.argv[1]), sys.argv[2].encode() * 10_000\n"
        "for _ in range(100): write_at_once(path, content, shared=True)\n"
    )
    path = tmp_path / "file"
    command = [sys.executable, "-c", code, str(path)]
    processes = [subprocess.Popen([*command, letter]) for letter in "ab"]
    assert [process.wait() for process in processes] == [0, 0]
    assert path.read_bytes() in (b"a" * 10_000, b"b" * 10_000)
    assert list(tmp_path.iterdir()) == [path]
