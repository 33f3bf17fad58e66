"""The classes of formats."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, BinaryIO

from ..offsets import OffsetUnit
from ..read_settings import ReadSettings
from ..records import InvalidRecord, Numbered, NumberedRecord, Suggestion
from ..sources import HEAD, Source
from .json_values import JSON_SUFFIXES, LINES_SUFFIXES, read_values

N_SAMPLE = 100
"""How many values of a JSON file are looked at to recognize its format."""


@dataclass(frozen=True)
class RawFormat:
    """A format of files of raw texts.

    title: Its name in help texts and messages.
    suffixes: The suffixes of its files.
    read: Reads an open file. Arguments: the file, and its name.
    """

    title: str
    suffixes: tuple[str, ...]
    read: Callable[[BinaryIO, str], Iterator[Numbered]]


@dataclass(frozen=True)
class Head:
    """The beginning of a file, by which its format is recognized.

    source: The file.
    """

    source: Source

    @property
    def suffix(self) -> str:
        """The file's suffix, in lower case."""
        return self.source.suffix

    @cached_property
    def text(self) -> str:
        """The first 64 KiB as text; "" of a folder."""
        return self.source.head()

    @property
    def is_empty(self) -> bool:
        """Whether it is a file of nothing but white space."""
        return not (self.source.is_folder or len(self.text) == HEAD or self.text.strip())

    @cached_property
    def values(self) -> list[Any]:
        """The first values of a JSON file; none of another one."""
        if self.suffix not in JSON_SUFFIXES:
            return []
        sample = islice(read_values(self.source), N_SAMPLE)
        return [value for _, value in sample if not isinstance(value, InvalidRecord)]


def is_value_on_lines(head: Head) -> bool:
    """Whether a file called one of JSON lines has a list or an object on several lines."""
    return head.suffix in LINES_SUFFIXES and head.text.split("\n", 1)[0].strip() in ("[", "{")


@dataclass(frozen=True, kw_only=True)
class AnnotationFormat:
    """A format of files of annotated texts.

    name: Its name in options.
    title: Its name in help texts and messages.
    suffixes: The usual suffixes of its files. The first one is for files that are written.
    options: The options of commands that it has; see `ReadSettings.given`.
    recognize: Tells whether a file has this format.
    read: Reads a file, record by record.
    write: Makes an object of a suggestion with offsets in a unit; None if it is only read.
    describe_setup: Says what the tool must be set to for suggestions with some labels; None if
        there is nothing to set.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    options: tuple[str, ...] = ()
    recognize: Callable[[Head], bool]
    read: Callable[[Source, ReadSettings], Iterator[NumberedRecord]]
    write: Callable[[Suggestion, OffsetUnit], dict[str, Any]] | None = None
    describe_setup: Callable[[Sequence[str]], str] | None = None

    @property
    def has_any_unit(self) -> bool:
        """Whether offsets may be in any unit, and the file does not say in which."""
        return "--offsets" in self.options
