"""Files that are whole or not there."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

CHUNK = 1 << 20


def write_at_once(path: Path, *content: bytes, shared: bool = False) -> None:
    """Write a file that is replaced at once or not at all, whenever the process may be killed.

    path: The file; its folder must be there.
    *content: What it is to hold, one after another.
    shared: Whether another process may be writing the same file. What one that is killed has
        written so far (a hidden file that ends in `.partial`) then stays until it is removed;
        otherwise the next one that writes the file replaces it.
    """
    own = f".{uuid4().hex}" if shared else ""
    partial = path.with_name(f".{path.name}{own}.partial")
    try:
        with partial.open("wb") as file:
            file.writelines(content)
            # or else a machine that loses power might be left with the name and no content
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
        sync_folder(path.parent)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def partial_folder(place: Path) -> Iterator[Path]:
    """A folder to fill beside a place, to be renamed to it once all is there.

    place: The place, as `Path.resolve` has it.
    YIELDS: The new, empty folder. What is left of it at the end is removed; what a process that
        is killed has written so far (a hidden folder that ends in `.partial`) stays until the next
        one that fills the place.
    """
    partial = place.with_name(f".{place.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        yield partial
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def replace_folder(new: Path, place: Path) -> None:
    """Rename a folder, and replace an existing one.

    new: The folder, beside the place.
    place: The place. Whenever the process may be killed, a whole folder is there, or none.
    """
    for path in new.rglob("*"):
        if path.is_file():
            with path.open("rb+") as file:
                # or else a machine that loses power might be left with the name and no content
                os.fsync(file.fileno())
    former = place.with_name(f".{place.name}.former")
    shutil.rmtree(former, ignore_errors=True)
    if place.exists():
        place.rename(former)
    new.rename(place)
    sync_folder(place.parent)
    shutil.rmtree(former, ignore_errors=True)


def sync_folder(folder: Path) -> None:
    """Make a new name in a folder outlast a loss of power, where the system knows how to."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def hash_file(path: Path) -> str:
    """The SHA-256 of a file's content, in hexadecimal digits."""
    with path.open("rb") as file:
        digest = hashlib.sha256()
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def hash_folder(folder: Path) -> str:
    """The SHA-256 of all files in a folder, their names included, in hexadecimal digits."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(folder).as_posix()}\0{hash_file(path)}\n".encode())
    return digest.hexdigest()
