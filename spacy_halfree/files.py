"""Files that are whole or not there."""

import hashlib
import os
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
