"""Files that are whole or not there."""

import errno
import hashlib
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

if sys.platform != "win32":
    import fcntl

CHUNK = 1 << 20


def write_at_once(
    path: Path, *content: bytes, shared: bool = False, overwrite: bool = True
) -> None:
    """Write a file that is replaced at once or not at all, whenever the process may be killed.

    Of two processes that write one file, each writes all of it, one after the other.

    path: The file; its folder must be there.
    *content: What it is to hold, one after another.
    shared: Whether processes on several machines may be writing the same file. What one that is
        killed has written so far (a hidden file that ends in `.partial`) then stays until it is
        removed; otherwise the next one that writes the file replaces it.
    overwrite: Whether an existing file is replaced.
    RAISES: FileExistsError if a file exists that is not to be replaced.
    """
    with _partial_file(path, shared) as (partial, file):
        file.writelines(content)
        # or else a machine that loses power might be left with the name and no content
        file.flush()
        os.fsync(file.fileno())
        if overwrite:
            os.replace(partial, path)
        else:
            _rename_file(partial, path)
    sync_folder(path.parent)


def _rename_file(partial: Path, path: Path) -> None:
    """Rename a file. RAISES: FileExistsError if there is one of the new name."""
    try:
        # unlike renaming, linking never replaces anything
        os.link(partial, path)
        partial.unlink()
    except FileExistsError:
        raise
    except OSError:
        # not every file system has links
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        os.replace(partial, path)


@contextmanager
def _partial_file(path: Path, shared: bool) -> Iterator[tuple[Path, BinaryIO]]:
    """A file to fill beside a place, which is to be renamed. It is removed if anything fails."""
    own = None if shared else _lock_partial(path.with_name(f".{path.name}.partial"))
    partial, file = own or _new_partial(path)
    try:
        with file:
            yield partial, file
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _new_partial(path: Path) -> tuple[Path, BinaryIO]:
    partial = path.with_name(f".{path.name}.{uuid4().hex}.partial")
    return partial, partial.open("wb")


def _lock_partial(partial: Path) -> tuple[Path, BinaryIO] | None:
    """Open a file that one process writes at a time, and wait for those that are writing it.

    RETURNS: The file, empty; None if it cannot be locked.
    """
    while True:
        # nothing is removed before it is locked
        file = partial.open("ab")
        try:
            lock(file.fileno(), wait=True)
        except OSError:
            file.close()
            partial.unlink(missing_ok=True)
            return None
        if is_at(partial, file.fileno()):
            file.truncate(0)
            return partial, file
        # the one before has renamed or removed it
        file.close()


@contextmanager
def partial_folder(place: Path) -> Iterator[Path]:
    """A folder to fill beside a place, to be renamed to it once all is there.

    place: The place, as `Path.resolve` has it.
    YIELDS: The new, empty folder, which no other process uses. What is left of it at the end is
        removed; what a process that is killed has written so far (a hidden folder that ends in
        `.partial`) stays until the next one that fills the place.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    for abandoned in abandoned_folders(place):
        shutil.rmtree(abandoned, ignore_errors=True)
    partial, descriptor = _new_locked_folder(place)
    try:
        yield partial
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        if descriptor is not None:
            os.close(descriptor)


def _new_locked_folder(place: Path) -> tuple[Path, int | None]:
    """Make a folder, and lock it for as long as this process lives."""
    while True:
        partial = place.with_name(f".{place.name}.{uuid4().hex}.partial")
        partial.mkdir()
        try:
            descriptor = lock_path(partial)
        except (BlockingIOError, FileNotFoundError):
            # another process took it for abandoned before it was locked, and removes it
            continue
        except OSError:
            descriptor = None
        return partial, descriptor


def abandoned_folders(place: Path) -> Iterator[Path]:
    """The folders of `partial_folder` that processes have left which were killed.

    place: The place that they were to be renamed to.
    YIELDS: The folders, which are locked meanwhile. There are none where locks do not work.
    """
    for folder in sorted(place.parent.iterdir()):
        if not is_partial_folder(folder, place):
            continue
        try:
            descriptor = lock_path(folder)
        except OSError:
            continue
        try:
            yield folder
        finally:
            os.close(descriptor)


def is_partial_folder(path: Path, place: Path) -> bool:
    """Whether a path is one of `partial_folder` for a place."""
    name = re.escape(place.name)
    return re.fullmatch(rf"\.{name}\.[0-9a-f]{{32}}\.partial", path.name) is not None


def lock_path(path: Path) -> int:
    """Lock an existing file or folder, until the descriptor is closed or the process ends.

    RETURNS: A descriptor.
    RAISES: BlockingIOError if another process or thread has locked it; FileNotFoundError if it is
        gone; OSError where files cannot be locked.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        lock(descriptor)
        if not is_at(path, descriptor):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def lock(descriptor: int, *, wait: bool = False) -> None:
    """Lock an open file or folder, until it is closed or the process ends, in whatever way.

    wait: Whether to wait for others that have locked it.
    RAISES: BlockingIOError if another has locked it; OSError where files cannot be locked.
    """
    if sys.platform == "win32":
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))
    fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


def is_at(path: Path, descriptor: int) -> bool:
    """Whether an open file or folder is still the one at a path."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def replace_folder(new: Path, place: Path, *, overwrite: bool) -> None:
    """Rename a folder, and replace an existing one.

    new: The folder, beside the place.
    place: The place. Whenever the process may be killed, a whole folder is there, or none.
    overwrite: Whether a folder may be replaced that is not empty.
    RAISES: OSError if one exists that may not be replaced.
    """
    for path in new.rglob("*"):
        if path.is_file():
            with path.open("rb+") as file:
                # or else a machine that loses power might be left with the name and no content
                os.fsync(file.fileno())
    former = place.with_name(f".{place.name}.former")
    shutil.rmtree(former, ignore_errors=True)
    if overwrite and place.exists():
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
