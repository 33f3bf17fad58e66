"""Values in JSON files: one a line, or a list of them."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ...errors import Errors
from ...printable import printable
from ..read_settings import ReadSettings
from ..records import (
    Annotation,
    InvalidRecord,
    LabelledSpan,
    NumberedRecord,
    RecordError,
    Skipped,
)
from ..sources import Source

LINES_SUFFIXES = (".jsonl", ".ndjson")
JSON_SUFFIXES = (".json", *LINES_SUFFIXES)
LINE_ENDS = ("\n", "\r\n", "")
SPAN_KEYS = ("spans", "label", "labels", "entities")
"""The keys of spans in JSON files."""
ValueReader = Callable[[Any, ReadSettings], Iterable[Annotation | Skipped]]
"""Reads the annotations of a value."""
UNEXPECTED = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
"""The errors that values of another shape cause. RecordError is one of them."""


def read_values(source: Source) -> Iterator[tuple[int, Any]]:
    """Read the values of a JSON file.

    source: A file with a value a line (`.jsonl`, `.ndjson`), or with a list of values or a single
        one (`.json`).
    YIELDS: The number of the line, or of the value in the list, and the value; an `InvalidRecord`
        for a line that is no JSON. Empty lines are skipped.
    RAISES: ValueError (H046) if the file cannot be read, or is no JSON.
    """
    if source.suffix in LINES_SUFFIXES:
        yield from _read_lines(source)
        return
    text = source.read_text()
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        # some tools call lines of JSON `.json`
        if "\n" in text.strip() and _is_json(text.strip().split("\n", 1)[0]):
            yield from _read_lines(source)
            return
        raise ValueError(Errors.H046.format(path=source.name, reason=error)) from error
    yield from enumerate(values if isinstance(values, list) else [values], start=1)


def _is_json(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict | list)
    except (ValueError, RecursionError):
        return False


def _read_lines(source: Source) -> Iterator[tuple[int, Any]]:
    number = 0
    # this runs for every line of large files: `raw_decode` takes half the time of `loads`
    decode = json.JSONDecoder().raw_decode
    with source.open() as file:
        for part in file:
            try:
                text = part.decode()
                value, end = decode(text)
                is_whole = text[end:] in LINE_ENDS
            except (ValueError, RecursionError):
                is_whole = False
            if is_whole:
                number += 1
                yield number, value
                continue
            # old files end their lines with a carriage return alone
            for line in part.splitlines():
                number += 1
                if line.strip():
                    yield number, _read_line(source, number, line)


def _read_line(source: Source, number: int, line: bytes) -> Any:
    try:
        # the first line may begin with a byte-order mark
        return json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
    except (ValueError, RecursionError) as error:
        return InvalidRecord(source.name, number, f"is not valid JSON: {error}")


def read_records(
    source: Source,
    settings: ReadSettings,
    read_value: ValueReader,
    values: Iterable[tuple[int, Any]] | None = None,
) -> Iterator[NumberedRecord]:
    """Read the records of a JSON file.

    source: The file.
    settings: How to read it.
    read_value: Reads a value. If it raises RecordError, the value cannot be used; so it is if it
        raises an error that a value of another shape causes.
    values: The values of the file, if they are not those of `read_values`.
    YIELDS: Numbers and records.
    RAISES: ValueError (H046) if the file cannot be read.
    """
    for number, value in read_values(source) if values is None else values:
        if isinstance(value, InvalidRecord):
            yield number, value
            continue
        try:
            # all of them, or none
            found = tuple(read_value(value, settings))
        except RecordError as error:
            yield number, InvalidRecord(source.name, number, str(error))
        except UNEXPECTED as error:
            reason = f"does not have the shape of its format ({error!r})"
            yield number, InvalidRecord(source.name, number, reason)
        else:
            for record in found:
                yield number, record


def show(value: Any) -> str:
    """The beginning of a value, for messages."""
    return printable(json.dumps(value, ensure_ascii=False)[:80])


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
    if isinstance(span, list):
        if len(span) == 3:
            start, end, label = span
    elif isinstance(span, dict):
        start = span.get("start", span.get("start_offset"))
        end, label = span.get("end", span.get("end_offset")), span.get("label")
    # not `isinstance`: true and false are numbers, too
    if type(start) is int and type(end) is int and isinstance(label, str):
        return LabelledSpan(start, end, label)
    if isinstance(span, str):
        raise RecordError(
            f"has {show(span)}, which is a label of the whole text and not a span; only "
            "spans with a start, an end and a label are read"
        )
    raise RecordError(f"has {show(span)}, which is not a span with a start, an end and a label")
