"""Pairs of a text and its entities, as spaCy 2 was trained with, and the export of NER Annotator.

Read: lists of a text and an object with spans under `entities`, or of a text and its spans. Offsets
are code points, unless another unit is chosen. NER Annotator writes an object with such pairs under
`annotations`, and null for each text that was not saved; it counts UTF-16 units.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

from ..offsets import in_code_points
from ..read_settings import ReadSettings
from ..records import Annotation, NumberedRecord, RecordError, Skipped
from ..sources import Source
from .file_format import AnnotationFormat, Head
from .json_values import read_records, read_values, to_span
from .offset_units import to_code_points

NOT_SAVED = Skipped("not saved in NER Annotator")


def is_pair(value: Any) -> bool:
    """Whether a value is a text with its spans."""
    match value:
        case [str(), {"entities": list()}] | [str(), []]:
            return True
        case [str(), [[int(), int(), str()] | {"start": int(), "end": int()}, *_]]:
            return True
    return False


def is_export(value: Any) -> bool:
    """Whether a value is an export of NER Annotator."""
    match value:
        case {"classes": list(), "annotations": list(pairs)}:
            return all(pair is None or is_pair(pair) for pair in pairs)
    return False


def recognize(head: Head) -> bool:
    """Whether a file has pairs."""
    return any(is_pair(value) or is_export(value) for value in head.values)


def read(source: Source, settings: ReadSettings) -> Iterator[NumberedRecord]:
    """Read a file. The pairs of an export of NER Annotator are numbered in their order.

    A warning (W046) names the texts whose spans depend on the unit, if nothing tells it.
    """
    values = read_values(source)
    first = next(values, None)
    if first is None:
        return
    if is_export(first[1]):
        pairs = enumerate(first[1]["annotations"], start=1)
        yield from read_records(source, settings, read_saved, pairs)
    else:
        records = read_records(source, settings, read_value, chain([first], values))
        yield from to_code_points(
            records, source, settings, default="code-points", others=("utf-16",)
        )


def read_saved(value: Any, settings: ReadSettings) -> Iterator[Annotation | Skipped]:
    """Read a pair of an export of NER Annotator."""
    if value is None:
        yield NOT_SAVED
        return
    for own in read_value(value, settings):
        yield replace(own, spans=in_code_points(own.text, own.spans, settings.offsets or "utf-16"))


def read_value(value: Any, _: ReadSettings) -> tuple[Annotation]:
    """Read a pair, with spans in the unit of the file.

    RAISES: RecordError if it is none.
    """
    match value:
        case [str(text), {"entities": list(spans)}] | [str(text), list(spans)]:
            return (Annotation(text, tuple(map(to_span, spans))),)
    raise RecordError(
        """is not a text with its entities, like ["Rome", {"entities": [[0, 4, "CITY"]]}]"""
    )


PAIRS = AnnotationFormat(
    name="pairs",
    title=".json of pairs (text, entities)",
    suffixes=(".json", ".jsonl"),
    options=("--offsets",),
    recognize=recognize,
    read=read,
)
