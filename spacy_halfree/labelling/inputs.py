"""Where raw texts come from: files and folders, on this machine or wherever Arrow can read."""

import hashlib
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from ..errors import Errors
from ..files import CHUNK

SUFFIXES = (".txt", ".jsonl", ".jsonl.gz", ".spacy", ".parquet")
URI = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)


@dataclass(frozen=True)
class InputFile:
    """A file of texts.

    location: Its path, or its URI (`s3://bucket/folder/file`).
    name: What messages and manifests call it.
    """

    location: str
    name: str

    def open(self) -> BinaryIO:
        """Open it for reading; it can be read from any place."""
        if not is_uri(self.location):
            return Path(self.location).open("rb")
        filesystem, path = open_filesystem(self.location)
        # Arrow's own file cannot be read line by line
        return io.BufferedReader(cast(io.RawIOBase, filesystem.open_input_file(path)))

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


def open_filesystem(uri: str) -> tuple[Any, str]:
    """Arrow's file system for a URI, and the path in it.

    RAISES: ImportError (H054) if pyarrow is not installed, ValueError (H019) if Arrow knows no
        such place.
    """
    try:
        from pyarrow.fs import FileSystem
    except ImportError as error:
        raise ImportError(Errors.H054.format(what=uri, package="pyarrow")) from error
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
    RAISES: ValueError (H018) for a file of another kind, (H058) for a folder without such files;
        FileNotFoundError (H019) if there is nothing.
    """
    if is_uri(location):
        return _find_at_uri(location)
    path = Path(location)
    if path.is_dir():
        found = [
            InputFile(str(file), file.relative_to(path).as_posix())
            for file in path.rglob("*")
            if file.is_file() and is_text_file(file.relative_to(path).as_posix())
        ]
        return _in_order(found, location)
    if not path.name.endswith(SUFFIXES):
        raise ValueError(Errors.H018.format(path=location))
    if not path.is_file():
        raise FileNotFoundError(Errors.H019.format(path=location, reason="there is no file"))
    return [InputFile(location, path.name)]


def _find_at_uri(uri: str) -> list[InputFile]:
    filesystem, root = open_filesystem(uri)
    from pyarrow.fs import FileSelector, FileType

    kind = filesystem.get_file_info(root).type
    if kind == FileType.Directory:
        infos = filesystem.get_file_info(FileSelector(root, recursive=True))
        names = [
            info.path.removeprefix(root).lstrip("/") for info in infos if info.type == FileType.File
        ]
        found = [
            InputFile(f"{uri.rstrip('/')}/{name}", name) for name in names if is_text_file(name)
        ]
        return _in_order(found, uri)
    if not root.endswith(SUFFIXES):
        raise ValueError(Errors.H018.format(path=uri))
    if kind != FileType.File:
        raise FileNotFoundError(Errors.H019.format(path=uri, reason="there is no file"))
    return [InputFile(uri, root.rsplit("/", 1)[-1])]


def is_text_file(name: str) -> bool:
    """Whether a folder's file is one of its texts.

    name: Its path below the folder, with "/".
    """
    hidden = any(part.startswith((".", "_")) for part in name.split("/"))
    return name.endswith(SUFFIXES) and not hidden


def _in_order(found: list[InputFile], location: str) -> list[InputFile]:
    if not found:
        raise ValueError(Errors.H058.format(path=location, endings=", ".join(SUFFIXES)))
    return sorted(found, key=lambda file: file.name)
