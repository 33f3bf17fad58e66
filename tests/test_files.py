"""Files that are whole or not there."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from spacy_halfree.files import (
    hash_file,
    hash_folder,
    lock_path,
    partial_folder,
    replace_folder,
    write_at_once,
)

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


@pytest.mark.parametrize("shared", [True, False])
def test_two_processes_at_one_file(tmp_path: Path, shared: bool) -> None:
    """None fails, and what is there is what one of them has written."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom spacy_halfree.files import write_at_once\n"
        "path, content = Path(sys.argv[1]), sys.argv[2].encode() * 10_000\n"
        "letters = set()\n"
        "for _ in range(100):\n"
        f"    write_at_once(path, content, content, shared={shared})\n"
        "    found = path.read_bytes()\n"
        "    assert len(set(found)) == 1 and len(found) == 20_000\n"
    )
    path = tmp_path / "file"
    command = [sys.executable, "-c", code, str(path)]
    processes = [subprocess.Popen([*command, letter]) for letter in "ab"]
    assert [process.wait() for process in processes] == [0, 0]
    assert path.read_bytes() in (b"a" * 20_000, b"b" * 20_000)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("has_links", [True, False])
def test_two_threads_at_one_new_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_links: bool
) -> None:
    """One of them writes it whole, and the others are refused."""

    def refuse(*_: object) -> None:
        raise PermissionError

    def write(number: int) -> int | None:
        barrier.wait(60)
        try:
            write_at_once(path, str(number).encode() * 10_000, overwrite=False)
        except FileExistsError:
            return None
        return number

    if not has_links:
        monkeypatch.setattr(os, "link", refuse)
    for i in range(20):
        path, barrier = tmp_path / f"file{i}", Barrier(4)
        with ThreadPoolExecutor(4) as threads:
            (winner,) = [own for own in threads.map(write, range(4)) if own is not None]
        assert path.read_bytes() == str(winner).encode() * 10_000
    assert len(list(tmp_path.iterdir())) == 20


def test_files_where_nothing_can_be_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on some network file systems: no two processes fill one file or folder."""

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOTSUP, "not supported")

    monkeypatch.setattr(fcntl, "flock", refuse)
    write_at_once(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"new"
    with partial_folder(tmp_path / "a") as first, partial_folder(tmp_path / "a") as second:
        assert first != second
        assert first.is_dir()
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_abandoned_folders_are_removed_and_others_stay(tmp_path: Path) -> None:
    """Of folders that are being filled, and those of other places, nothing is removed."""
    place = tmp_path / "a.*"
    abandoned = tmp_path / f".a.*.{'0' * 32}.partial"
    for name in (abandoned.name, f".b.{'0' * 32}.partial", ".a.*.partial", f".a.b.{'0' * 32}"):
        (tmp_path / name / "below").mkdir(parents=True)
    with partial_folder(place) as first:
        assert not abandoned.exists()
        with pytest.raises(BlockingIOError):
            lock_path(first)
        with partial_folder(place):
            assert first.exists()
        first.rename(place)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == sorted([f".b.{'0' * 32}.partial", ".a.*.partial", f".a.b.{'0' * 32}", "a.*"])


def test_a_lock_of_a_file_that_was_replaced_is_none(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    descriptor = lock_path(path)
    write_at_once(path, b"new")
    # the new file is another one
    os.close(lock_path(path))
    os.close(descriptor)
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("overwrite", [True, False])
def test_folders_are_replaced_only_if_they_may_be(tmp_path: Path, overwrite: bool) -> None:
    place = tmp_path / "a"
    place.mkdir()
    (place / "old").touch()
    with partial_folder(place) as partial:
        (partial / "new").touch()
        if overwrite:
            replace_folder(partial, place, overwrite=True)
        else:
            with pytest.raises(OSError, match="a"):
                replace_folder(partial, place, overwrite=False)
    assert [path.name for path in place.iterdir()] == ["new" if overwrite else "old"]
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
