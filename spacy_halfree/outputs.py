"""Where a command may write: one rule for all of them.

An output is never an input, never inside of an input folder, and never part of a pipeline. An
existing file is replaced only with `--overwrite`. Links are followed: what counts is the file or
folder that they lead to.
"""

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import Errors
from .files import lock_path, write_at_once

PIPELINE = ("meta.json", "config.cfg")
"""The files by which a folder is known as a spaCy pipeline."""


def check_output_file(output: Path, *, inputs: Iterable[Path | None] = (), overwrite: bool) -> Path:
    """Check that a file may be written, before any work is done for it.

    output: The file.
    inputs: The files and folders that are read; None for one that is on no local disk.
    overwrite: Whether an existing file may be replaced.
    RETURNS: The file that is to be written, behind all links.
    RAISES: ValueError, OSError (H024, H052, H065, H088, H098 to H100) if it may not.
    """
    place = check_place(output, inputs=inputs)
    if place.is_dir():
        raise IsADirectoryError(Errors.H052.format(path=output))
    if place.exists() and not place.is_file():
        raise ValueError(Errors.H099.format(path=output))
    if place.exists() and not overwrite:
        raise FileExistsError(Errors.H024.format(path=output))
    return place


def check_place(output: Path, *, inputs: Iterable[Path | None] = ()) -> Path:
    """Check that a file or folder at a place would not change what is read.

    output: The place.
    inputs: The files and folders that are read; None for one that is on no local disk.
    RETURNS: The place behind all links.
    RAISES: ValueError (H065) if it is an input or inside of one, (H088) if an input is inside of
        it, (H098) if it is part of a pipeline; OSError (H100) if it cannot be looked at.
    """
    try:
        place = behind_links(output)
        for source in inputs:
            if source is None or not source.exists():
                continue
            real = source.resolve()
            is_same = place == real or (place.exists() and place.samefile(real))
            if is_same or real in place.parents:
                raise ValueError(Errors.H065.format(path=output, input=source))
            if place in real.parents:
                raise ValueError(Errors.H088.format(path=output, input=source))
        for folder in (place, *place.parents):
            if all((folder / name).is_file() for name in PIPELINE):
                raise ValueError(Errors.H098.format(path=output, pipeline=folder))
    except (OSError, RuntimeError) as error:
        raise OSError(Errors.H100.format(path=output, reason=reason_of(error))) from error
    return place


def behind_links(path: Path) -> Path:
    """The path behind all links.

    RAISES: RuntimeError or OSError if links lead in a circle: before Python 3.13 and from it on.
    """
    place = path.resolve()
    if place.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    return place


def write_output(output: Path, *content: bytes, overwrite: bool) -> None:
    """Write a file that `check_output_file` has allowed, and its folder if need be.

    output: The file; a link stays, and the file that it leads to is replaced.
    content: What it is to hold, one after another.
    overwrite: Whether an existing file may be replaced. Checked again, because another process may
        have written it since.
    RAISES: OSError (H024) if a file exists that may not be replaced, (H100) if writing fails. The
        existing file is then unchanged.
    """
    try:
        place = behind_links(output)
        if overwrite or not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            write_at_once(place, *content, overwrite=overwrite)
            return
    except FileExistsError as error:
        # or else its folder cannot be made
        if not place.is_file():
            raise OSError(Errors.H100.format(path=output, reason=reason_of(error))) from error
    except (OSError, RuntimeError) as error:
        raise OSError(Errors.H100.format(path=output, reason=reason_of(error))) from error
    raise FileExistsError(Errors.H024.format(path=output))


@contextmanager
def hold(path: Path) -> Iterator[None]:
    """Let one process at a time change what is at a path.

    path: An existing file or folder. Where the system cannot lock it, nothing is held.
    RAISES: OSError (H147) if another process holds it.
    """
    try:
        descriptor = lock_path(path)
    except BlockingIOError as error:
        raise FileExistsError(Errors.H147.format(path=path)) from error
    except OSError:
        yield
        return
    try:
        yield
    finally:
        os.close(descriptor)


def reason_of(error: BaseException) -> str:
    """Why the system refuses something, without number and path."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
