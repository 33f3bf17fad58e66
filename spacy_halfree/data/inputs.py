"""Where raw texts come from: files and folders, on this machine or wherever Arrow can read."""

import hashlib
import io
import logging
import os
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import urlsplit
from urllib.request import url2pathname

from ..errors import Errors, Warnings
from ..files import CHUNK
from .derived_files import (
    CORPUS,
    POOL,
    PROJECT,
    describe_lines,
    find_containing,
    find_derived,
    is_corpus,
    is_project,
)
from .file_formats import RAW_FILES
from .file_formats import RAW_SUFFIXES as SUFFIXES
from .text_encoding import NAME_NOT_UTF8, is_unicode

logger = logging.getLogger("spacy.halfree")
URI = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)


@dataclass(frozen=True)
class InputFile:
    """A file of texts.

    path: Its path, in the file system that it is in.
    name: What messages and manifests call it.
    uri: Of the file or folder that was asked for, if it is in one of Arrow's file systems.
    """

    path: str
    name: str
    uri: str | None = None

    def open(self) -> BinaryIO:
        """Open it for reading; it can be read from any place."""
        if self.uri is None:
            return Path(self.path).open("rb")
        filesystem, _ = open_filesystem(self.uri)
        # Arrow's own file cannot be read line by line
        return io.BufferedReader(cast(io.RawIOBase, filesystem.open_input_file(self.path)))

    def sha256(self) -> str:
        """The SHA-256 of its content, in hexadecimal digits."""
        digest = hashlib.sha256()
        with self.open() as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
        return digest.hexdigest()


def is_uri(location: str) -> bool:
    """Whether a location is a URI rather than a path."""
    return URI.match(location) is not None


def local_path(location: str) -> Path | None:
    """Where a location is on this machine, behind all links; None if it is elsewhere."""
    if not is_uri(location):
        return Path(location).resolve()
    parsed = urlsplit(location)
    return Path(url2pathname(parsed.path)).resolve() if parsed.scheme == "file" else None


def local_inputs(files: Iterable[InputFile]) -> list[Path]:
    """What is read on this machine, behind links in a folder, too.

    files: The files that `find_inputs` found.
    RETURNS: The files, and the folders to which links below the location lead.
    """
    paths, linked = [], set()
    for file in files:
        if file.uri is None:
            path = Path(file.path)
            paths.append(path)
            # the location itself may be a link, or have ".." in it
            location = Path(file.path.removesuffix(file.name)).resolve()
            folder = path.parent.resolve()
            if folder != (location / file.name).parent:
                linked.add(folder)
    return [*paths, *sorted(linked)]


def open_filesystem(uri: str) -> tuple[Any, str]:
    """Arrow's file system for a URI, and the path in it.

    RAISES: ImportError (H054) if pyarrow is not installed, ValueError (H019) if Arrow knows no
        such place.
    """
    try:
        from pyarrow.fs import FileSystem
    except ImportError as error:
        raise ImportError(
            Errors.H054.format(what=uri, package="pyarrow", extra="formats")
        ) from error
    try:
        filesystem, path = FileSystem.from_uri(uri)
    except (OSError, ValueError) as error:
        raise ValueError(Errors.H019.format(path=uri, reason=error)) from error
    return filesystem, path


def find_inputs(location: str) -> list[InputFile]:
    """The files of texts at a location.

    location: A file, or a folder with files in it and in folders below, as a path or a URI.
    RETURNS: The files, in the order of their names, which depends on nothing else. Of a folder's
        files these are all with a known ending, but for those whose names begin with "." or "_".
        The log says how many others there are.
        A folder to which links lead twice, or back, is read once. Projects, outputs of commands and
        models in a folder are left out, with a warning in the log (W047); such a file or a folder
        of shards is read if it is itself the location.
    RAISES: ValueError (H018) for a file of another kind, (H058) for a folder without such files,
        (H019) for a file whose name is not UTF-8; FileNotFoundError (H019) if there is nothing;
        OSError (H102) for a folder that cannot be listed; ValueError (H149) for a project.
    """
    if not is_unicode(location):
        raise ValueError(Errors.H019.format(path=location, reason=NAME_NOT_UTF8))
    uri = location if is_uri(location) else None
    path, is_file, names = _look_at(location) if uri is None else _look_at_uri(location)
    if names is not None:
        _refuse_projects(location, names)
        found = [InputFile(own, name, uri) for name, own in names.items() if is_text_file(name)]
        return _in_order(_leave_out_derived(found, names), location, len(names))
    if uri is None and not Path(path).exists():
        reason = "there is no file or folder"
        raise FileNotFoundError(Errors.H019.format(path=location, reason=reason))
    if not path.endswith(SUFFIXES):
        raise ValueError(Errors.H018.format(path=location, formats=RAW_FILES))
    if not is_file:
        raise FileNotFoundError(Errors.H019.format(path=location, reason="there is no file"))
    return _in_order([InputFile(path, path.rsplit("/", 1)[-1], uri)], location, 1)


def _refuse_projects(location: str, names: Collection[str]) -> None:
    """RAISES: ValueError (H149) if a folder is a project or its folder of texts."""
    path = local_path(location)
    is_below = path is not None and path.name == CORPUS and (path.parent / PROJECT).is_file()
    if is_project(set(names), {name.removeprefix(f"{CORPUS}/") for name in names}):
        pool = f"{CORPUS}/{POOL}"
    elif is_corpus(set(names)) or (is_below and is_project({PROJECT}, set(names))):
        pool = POOL
    else:
        return
    raise ValueError(Errors.H149.format(path=location, pool=f"{location.rstrip('/')}/{pool}"))


def _leave_out_derived(files: Sequence[InputFile], names: Mapping[str, str]) -> list[InputFile]:
    """Leave out what is no raw text, and warn of it (W047).

    files: The files of texts below a folder.
    names: The paths of all files below it, by their names.
    """
    derived = find_derived(names)
    left_out: dict[str, list[InputFile]] = defaultdict(list)
    kept = []
    for file in files:
        name = find_containing(file.name, derived)
        if name is None and (what := _describe_content(file)):
            name, derived[file.name] = file.name, what
        if name is None:
            kept.append(file)
        else:
            left_out[name].append(file)
    for name, own in sorted(left_out.items()):
        path = own[0].path.removesuffix(own[0].name) + name
        logger.warning(Warnings.W047.format(path=path, what=derived[name], n=len(own)))
    return kept


def _describe_content(file: InputFile) -> str | None:
    """What a file is if a command has written it, by its first line."""
    if file.uri is not None or not file.name.endswith(".jsonl") or not Path(file.path).is_file():
        return None
    try:
        with file.open() as opened:
            return describe_lines(opened)
    except OSError:
        # whoever reads it says why it cannot be read
        return None


Place = tuple[str, bool, dict[str, str] | None]
"""A path, whether it is a file, and of a folder the paths of its files by their names."""


def _look_at(location: str) -> Place:
    # on other machines, relative paths would mean something else
    path = Path(location).absolute()
    if path.is_dir():
        return str(path), False, {name: str(path / name) for name in _names_below(path)}
    return path.as_posix(), path.is_file(), None


def _names_below(path: Path) -> list[str]:
    names = []
    seen = {path.resolve()}

    def refuse(error: OSError) -> None:
        reason = error.strerror or str(error)
        message = Errors.H102.format(path=error.filename, reason=reason, location=path)
        raise OSError(message) from error

    for folder, folders, files in os.walk(path, followlinks=True, onerror=refuse):
        # what is in a hidden folder is no text, whether it can be listed or not
        folders[:] = [name for name in folders if not is_hidden(name)]
        for name in files:
            link = Path(folder) / name
            if link.is_symlink() and not is_hidden(name):
                try:
                    link.stat()
                except PermissionError as error:
                    # it may lead to a folder
                    refuse(error)
                except OSError:
                    # it leads nowhere, or in a circle: a file that cannot be opened
                    pass
        names += [(Path(folder) / name).relative_to(path).as_posix() for name in files]
        # which of two links is followed must not depend on the disk
        for name in sorted(folders):
            real = (Path(folder) / name).resolve()
            if real in seen:
                logger.warning(Warnings.W007.format(folder=Path(folder) / name, real=real))
                folders.remove(name)
            seen.add(real)
        folders.sort()
    return names


def _look_at_uri(uri: str) -> Place:
    filesystem, root = open_filesystem(uri)
    from pyarrow.fs import FileSelector, FileType

    try:
        kind = filesystem.get_file_info(root).type
        if kind != FileType.Directory:
            return root, kind == FileType.File, None
        infos = filesystem.get_file_info(FileSelector(root, recursive=True))
    except OSError as error:
        raise ValueError(Errors.H019.format(path=uri, reason=error)) from error
    files = [info.path for info in infos if info.type == FileType.File]
    return root, False, {path.removeprefix(root).lstrip("/"): path for path in files}


def is_text_file(name: str) -> bool:
    """Whether a folder's file is one of its texts.

    name: Its path below the folder, with "/".
    """
    return name.endswith(SUFFIXES) and not any(map(is_hidden, name.split("/")))


def is_hidden(name: str) -> bool:
    """Whether a file or folder of this name is passed over."""
    return name.startswith((".", "_"))


def _in_order(found: list[InputFile], location: str, n_files: int) -> list[InputFile]:
    for file in found:
        if not is_unicode(file.name):
            raise ValueError(Errors.H019.format(path=file.path, reason=NAME_NOT_UTF8))
    if not found:
        raise ValueError(Errors.H058.format(path=location, endings=", ".join(SUFFIXES)))
    if len(found) < n_files:
        logger.info(
            "%d of %d files in %s are no texts, and passed over",
            *(n_files - len(found), n_files, location),
        )
    return sorted(found, key=lambda file: file.name)
