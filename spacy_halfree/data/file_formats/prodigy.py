"""Prodigy's JSON lines, and those of other programs.

Read: `text`, and a list of spans under `spans`, `label`, `labels` or `entities`. Written, for the
interfaces `ner_manual` and `spans_manual`: `text`, `tokens`, `spans` (with the first and the last
token, the last one included) and `meta`. Offsets are code points.
"""

from collections.abc import Iterator
from typing import Any

from ..offsets import OffsetUnit
from ..read_settings import ReadSettings
from ..records import Annotation, NumberedRecord, RecordError, Skipped, Suggestion
from ..sources import Source
from .file_format import AnnotationFormat, Head
from .json_values import JSON_SUFFIXES, SPAN_KEYS, find_spans, has_text, read_records, to_span

OTHER_TASKS = ("label", "accept", "options")
"""Keys of annotation of whole texts."""
BINARY = "ner"
"""The interface in which a single span of a text is accepted or rejected."""


def read_value(value: Any, _: ReadSettings) -> Iterator[Annotation | Skipped]:
    """Read an object of an export.

    value: The object.
    YIELDS: Its annotation.
    RAISES: RecordError if it has no text or no spans.
    """
    if isinstance(value, dict) and value.get("answer", "accept") != "accept":
        yield Skipped("rejected or ignored in Prodigy", str(value.get("text", "")))
        return
    if not has_text(value):
        raise RecordError(
            "is not an object with a string under 'text', as "
            """{"text": "Rome", "spans": [{"start": 0, "end": 4, "label": "CITY"}]} is"""
        )
    found = find_spans(value)
    if found is None and "answer" in value and not any(key in value for key in OTHER_TASKS):
        # accepted without anything being marked
        found = "spans", []
    if found is None:
        raise RecordError(f"has no list of spans under any of {', '.join(SPAN_KEYS)}")
    spans = tuple(map(to_span, found[1]))
    yield Annotation(value["text"], spans, is_partial=value.get("_view_id") == BINARY)


def write(suggestion: Suggestion, _: OffsetUnit) -> dict[str, Any]:
    """Make a task."""
    first = {token.start: i for i, token in enumerate(suggestion.tokens)}
    last = {token.end: i for i, token in enumerate(suggestion.tokens)}
    tokens = [
        {"text": token.text, "start": token.start, "end": token.end, "id": i, "ws": token.space}
        for i, token in enumerate(suggestion.tokens)
    ]
    spans = [
        {
            "start": span.start,
            "end": span.end,
            "token_start": first[span.start],
            "token_end": last[span.end],
            "label": span.label,
        }
        for span in suggestion.spans
    ]
    return {"text": suggestion.text, "tokens": tokens, "spans": spans, "meta": suggestion.meta}


def recognize(head: Head) -> bool:
    """Whether a file has objects with texts, or only lines that are no JSON, which are named.

    What no other format recognizes is read as this.
    """
    return head.suffix in JSON_SUFFIXES and (not head.values or any(map(has_text, head.values)))


def read(source: Source, settings: ReadSettings) -> Iterator[NumberedRecord]:
    """Read a file, see `read_value`."""
    return read_records(source, settings, read_value)


PRODIGY = AnnotationFormat(
    name="prodigy",
    title=".jsonl of Prodigy",
    suffixes=(".jsonl", ".json"),
    recognize=recognize,
    read=read,
    write=write,
)
