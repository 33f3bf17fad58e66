"""What a format is, and what readers of several formats have in common."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Generic, TypeVar

from spacy.language import Language

from ...errors import Errors
from ..offsets import OffsetUnit
from ..records import AnnotatedRecord, LabelledSpan, Numbered, RecordError, Skipped, Suggestion


@dataclass(frozen=True)
class Annotation:
    """What an object of a JSON file says about its text.

    text: The text.
    spans: Its spans, in code points.
    is_partial: Whether it says nothing about what is in no span.
    """

    text: str
    spans: tuple[LabelledSpan, ...]
    is_partial: bool = False


RawReader = Callable[[BinaryIO, str], Iterator[Numbered]]
"""Reads raw texts from an open file of a name."""
FileReader = Callable[[Path, Language, str | None], Iterator[AnnotatedRecord]]
"""Reads a file of annotated texts; of `.spacy` files, a span group or (None) the entities."""
ObjectReader = Callable[[Any, OffsetUnit], Iterable[Annotation | Skipped]]
"""Reads an object of a JSON file that counts in a unit: each of its annotations."""
Read = TypeVar("Read")
SPAN_KEYS = ("spans", "label", "labels", "entities")
"""Where programs keep spans."""


@dataclass(frozen=True)
class Format(Generic[Read]):
    """A format of files.

    name: What `--format` calls it.
    title: What help and messages call it.
    suffixes: How its files end; those that are written end in the first one.
    read: Reads a file, or an object of a JSON file.
    recognize: Whether an object of a JSON file has this format.
    write: Makes an object of a suggestion, in a unit; None if it is only read.
    leaves_unit_open: Whether its files do not say in which unit they count.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    read: Read
    recognize: Callable[[Any], bool] = bool
    write: Callable[[Suggestion, OffsetUnit], dict[str, Any]] | None = None
    leaves_unit_open: bool = False


def read_bytes(path: Path) -> bytes:
    """The content of a file.

    RAISES: ValueError (H046) if it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise ValueError(Errors.H046.format(path=path, reason=error)) from error


def has_text(value: Any) -> bool:
    """Whether a value is an object with a string under the key `text`."""
    return isinstance(value, dict) and isinstance(value.get("text"), str)


def find_spans(value: Any) -> tuple[str, list[Any]] | None:
    """The spans of an object with a text, and their key: the first list that is not empty."""
    if not has_text(value):
        return None
    found = [(key, value[key]) for key in SPAN_KEYS if isinstance(value.get(key), list)]
    return next((own for own in found if own[1]), found[0] if found else None)


def to_span(span: Any) -> LabelledSpan:
    """A span that stands in a file as an object, or as a list of start, end and label.

    RAISES: RecordError if it has another form.
    """
    start = end = label = None
    if isinstance(span, dict):
        start = span.get("start", span.get("start_offset"))
        end, label = span.get("end", span.get("end_offset")), span.get("label")
    elif isinstance(span, list) and len(span) == 3:
        start, end, label = span
    # true and false are whole numbers, too
    if type(start) is int and type(end) is int and isinstance(label, str):
        return LabelledSpan(start, end, label)
    raise RecordError(
        f"has {json.dumps(span)[:80]}, which is no span with a start, an end and a label"
    )
