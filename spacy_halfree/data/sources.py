"""Files of annotated texts, on disk or in an archive."""

import gzip
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from ..errors import Errors
from .text_encoding import NAME_NOT_UTF8, OTHER_MARKS, decode, is_unicode

MOST_NAMES = 20
"""The most files of an archive that a message names."""
HEAD = 1 << 16
"""How many bytes of a file are looked at to recognize its format."""
UNREADABLE = (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)
"""The errors of files and archives that cannot be read, are damaged, or need a password."""
TYPE_SYSTEM = "typesystem.xml"
"""The file, in any case, that has the types of UIMA's documents beside it. It is no document."""
ARCHIVE = ".zip"
STANDOFF = ".ann"
"""The suffix of annotations whose texts are other files."""
OF_STANDOFF = (STANDOFF, ".txt", ".conf")
"""The suffixes of files in an archive of such documents. It is read as a folder."""


@dataclass(frozen=True)
class Source:
    """A file of annotated texts.

    path: The file, a folder, or an archive.
    member: The file's name in the archive; "" if it is none, or if the archive is read as a folder.
    """

    path: Path
    member: str = ""

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"{self.path}: {self.member}" if self.member else str(self.path)

    @property
    def suffix(self) -> str:
        """The suffix of its name, without that of a compression. Some systems write upper case."""
        name = PurePosixPath((self.member or self.path.name).lower())
        return name.with_suffix("").suffix if name.suffix == ".gz" else name.suffix

    @property
    def is_gzipped(self) -> bool:
        """Whether its name ends in `.gz`."""
        return (self.member or self.path.name).lower().endswith(".gz")

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder, or an archive that is read as one."""
        return self.path.is_dir() or (not self.member and self.path.suffix.lower() == ARCHIVE)

    def files(self) -> "Iterator[Source]":
        """The files of a folder and of its folders.

        RAISES: ValueError (H046) if it is an archive that cannot be read.
        """
        if self.path.is_dir():
            yield from (Source(path) for path in self.path.rglob("*") if path.is_file())
        else:
            yield from (Source(self.path, name) for name in list_members(self.path))

    def with_suffix(self, suffix: str) -> "Source | None":
        """The file of the same name with another suffix, not compressed, if there is one.

        RAISES: ValueError (H046) if it is in an archive that cannot be read.
        """
        own = PurePosixPath(self.member or self.path.name)
        name = str((own.with_suffix("") if self.is_gzipped else own).with_suffix(suffix))
        if self.member:
            return Source(self.path, name) if name in list_members(self.path) else None
        path = self.path.with_name(name)
        return Source(path) if path.is_file() else None

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open it for reading. Files `.gz` are unpacked.

        RAISES: ValueError (H046) if it cannot be opened.
        """
        try:
            if self.member:
                with zipfile.ZipFile(self.path) as archive:
                    if self.member not in archive.namelist():
                        raise FileNotFoundError("the archive has no such file")
                    with archive.open(self.member) as member:
                        if self.is_gzipped:
                            with gzip.open(member, "rb") as unpacked:
                                yield cast(BinaryIO, unpacked)
                        else:
                            yield cast(BinaryIO, member)
            elif self.is_gzipped:
                with gzip.open(self.path, "rb") as unpacked:
                    yield cast(BinaryIO, unpacked)
            else:
                with self.path.open("rb") as file:
                    yield file
        except UNREADABLE as error:
            raise ValueError(Errors.H046.format(path=self.name, reason=error)) from error

    def read_bytes(self) -> bytes:
        """Its content.

        RAISES: ValueError (H046) if it cannot be read.
        """
        with self.open() as file:
            return file.read()

    def read_text(self) -> str:
        """Its content as text.

        RAISES: ValueError (H046) if it cannot be read, or is not UTF-8.
        """
        try:
            return decode(self.read_bytes())
        except UnicodeDecodeError as error:
            raise ValueError(Errors.H046.format(path=self.name, reason=error)) from error

    def head(self) -> str:
        """Its first characters; "" if it is a folder. What is not UTF-8 is replaced."""
        if self.is_folder:
            return ""
        with self.open() as file:
            start = file.read(HEAD)
        if start.startswith(OTHER_MARKS):
            reason = "it is UTF-16 or UTF-32; save it as UTF-8"
            raise ValueError(Errors.H046.format(path=self.name, reason=reason))
        return start.decode("utf-8-sig", errors="replace")


def find_sources(path: Path, members: Sequence[str] = ()) -> list[Source]:
    """Find the files of annotated texts at a path.

    path: A file, or a zip archive.
    members: The files in archives to read, if there are several.
    RETURNS: The file, or the chosen members of the archive. An archive of documents of brat is read
        as a folder is.
    RAISES: ValueError (H046) if the archive cannot be read, (H109) if it has no such file, or
        several and none is chosen.
    """
    if not is_unicode(str(path)):
        # names are written to reports, and read by other programs
        raise ValueError(Errors.H046.format(path=path, reason=NAME_NOT_UTF8))
    if path.is_dir() or path.suffix.lower() != ARCHIVE:
        return [Source(path)]
    names = list_members(path)
    if not members and is_standoff(names):
        return [Source(path)]
    if not members and len(names) == 1:
        return [Source(path, names[0])]
    chosen = [member for member in members if member in names]
    if chosen:
        return [Source(path, member) for member in chosen]
    if not names:
        raise ValueError(Errors.H046.format(path=path, reason="the archive has no files"))
    raise ValueError(ask_for_member(path, names, members))


def list_members(path: Path) -> list[str]:
    """The names of the files of texts in an archive.

    RAISES: ValueError (H046) if the archive cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return [info.filename for info in archive.infolist() if is_data(info)]
    except UNREADABLE as error:
        raise ValueError(Errors.H046.format(path=path, reason=error)) from error


def ask_for_member(path: Path, names: Sequence[str], missing: Sequence[str]) -> str:
    """A message (H109) with the names of an archive's files.

    path: The archive.
    names: The names of its files.
    missing: The files that were chosen, but are not there.
    """
    quoted = " or ".join(f"'{member}'" for member in missing)
    reason = f"without a file called {quoted}" if missing else "of several files"
    found = ", ".join(sorted(names)[:MOST_NAMES])
    found += f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return Errors.H109.format(path=path, reason=reason, names=found)


def is_standoff(names: Sequence[str]) -> bool:
    """Whether files are documents of brat, and nothing else."""
    suffixes = {PurePosixPath(name).suffix for name in names}
    return STANDOFF in suffixes and suffixes.issubset(OF_STANDOFF)


def is_data(info: zipfile.ZipInfo) -> bool:
    """Whether a file in an archive may be one of texts: systems add hidden ones of their own."""
    # damaged archives have files without a name
    parts = PurePosixPath(info.filename).parts
    is_hidden = any(part.startswith((".", "__MACOSX")) for part in parts)
    return bool(parts) and not (info.is_dir() or is_hidden or parts[-1].lower() == TYPE_SYSTEM)
