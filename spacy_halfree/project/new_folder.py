"""The folder of a new project: there whole or not at all, and written by one process alone."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..data.derived_files import CORPUS, PROJECT
from ..errors import Errors
from ..files import abandoned_folders, is_partial_folder, partial_folder

INSIDE = "project"
"""What a project is called that is made inside of its folder."""


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A folder to fill, whose content appears in its place once all of it is there.

    A new folder is made beside its place and renamed. An existing one, which may be where somebody
    stands or a disk of its own, stays: the project is made inside of it and moved up.

    folder: The place. Nothing may be there, or an empty folder.
    YIELDS: The folder to fill.
    RAISES: ValueError (H089) if the place holds something, (H076) if it is a file, (H147) if
        another process has written there meanwhile.
    """
    if folder.exists() and not folder.is_dir():
        raise ValueError(Errors.H076.format(path=folder))
    place = folder.resolve()
    if not place.exists():
        with partial_folder(place) as partial:
            yield partial
            _rename(partial, place)
        return
    _finish_stopped(place)
    if not _is_empty(place):
        raise ValueError(Errors.H089.format(path=folder))
    with partial_folder(place / INSIDE) as partial:
        yield partial
        if not _is_empty(place):
            raise ValueError(Errors.H147.format(path=folder))
        # of several processes, one can do this
        _rename(partial / CORPUS, place / CORPUS)
        try:
            _move_rest(partial, place)
        except BaseException:
            # also after Ctrl-C, the project is whole
            _move_rest(partial, place)
            raise


def _rename(folder: Path, place: Path) -> None:
    """Rename a folder that is not empty. No other one that is not empty is replaced.

    RAISES: ValueError (H147) if another process was faster.
    """
    try:
        folder.rename(place)
    except OSError as error:
        if place.exists():
            raise ValueError(Errors.H147.format(path=place)) from error
        raise


def _is_empty(place: Path) -> bool:
    """Whether a folder holds nothing but unfinished projects."""
    return all(is_partial_folder(path, place / INSIDE) for path in place.iterdir())


def _finish_stopped(place: Path) -> None:
    """Finish what a process has left that was killed after it had taken the folder."""
    for partial in abandoned_folders(place / INSIDE):
        if (partial / PROJECT).exists() and not (partial / CORPUS).exists():
            rest = [path.name for path in partial.iterdir()]
            if not any((place / name).exists() for name in rest):
                _move_rest(partial, place)
                shutil.rmtree(partial)


def _move_rest(partial: Path, place: Path) -> None:
    """Move everything but the texts, and last of all what makes a folder a project."""
    for path in sorted(partial.iterdir(), key=lambda path: path.name == PROJECT):
        path.rename(place / path.name)
