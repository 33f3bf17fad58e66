"""The class of formats, and what several readers use."""

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
    """An annotation of a text in a JSON file.

    text: The text.
    spans: Its spans, in code points.
    is_partial: Whether tokens outside of spans are not annotated.
    """

    text: str
    spans: tuple[LabelledSpan, ...]
    is_partial: bool = False


RawReader = Callable[[BinaryIO, str], Iterator[Numbered]]
"""Reads raw texts. Arguments: an open file, and its name."""
FileReader = Callable[[Path, Language, str | None], Iterator[AnnotatedRecord]]
"""Reads annotated texts. Arguments: a file, the tokenizing pipeline, and a span group or None."""
ObjectReader = Callable[[Any, OffsetUnit], Iterable[Annotation | Skipped]]
"""Reads the annotations of an object. Arguments: the object, and the unit of its offsets."""
Read = TypeVar("Read", covariant=True)
SPAN_KEYS = ("spans", "label", "labels", "entities")
"""The keys of spans in JSON files."""


@dataclass(frozen=True)
class Format(Generic[Read]):
    """A format of files.

    name: Its name in options.
    title: Its name in help texts and messages.
    suffixes: The suffixes of its files. The first one is for files that are written.
    read: Reads a file, or an object of a JSON file.
    recognize: Tells whether an object of a JSON file has this format.
    write: Makes an object of a suggestion with offsets in a unit; None if it is only read.
    has_any_unit: Whether offsets may be in any unit, and the file does not say in which.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    read: Read
    recognize: Callable[[Any], bool] = bool
    write: Callable[[Suggestion, OffsetUnit], dict[str, Any]] | None = None
    has_any_unit: bool = False


def read_bytes(path: Path) -> bytes:
    """Read a file.

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
    """The key and the list of an object's spans; None if it has no text or no list.

    If several keys have lists, the first one that is not empty counts.
    """
    if not has_text(value):
        return None
    found = [(key, value[key]) for key in SPAN_KEYS if isinstance(value.get(key), list)]
    return next((own for own in found if own[1]), found[0] if found else None)


def to_span(span: Any) -> LabelledSpan:
    """Read a span: an object, or a list of start, end and label.

    RAISES: RecordError if it is neither.
    """
    start = end = label = None
    if isinstance(span, dict):
        start = span.get("start", span.get("start_offset"))
        end, label = span.get("end", span.get("end_offset")), span.get("label")
    elif isinstance(span, list) and len(span) == 3:
        start, end, label = span
    # not `isinstance`: true and false are numbers, too
    if type(start) is int and type(end) is int and isinstance(label, str):
        return LabelledSpan(start, end, label)
    raise RecordError(
        f"has {json.dumps(span)[:80]}, which is no span with a start, an end and a label"
    )
