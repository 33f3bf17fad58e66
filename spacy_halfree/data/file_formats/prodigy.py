"""Prodigy's JSON lines, and those of other programs.

Read: `text`, and a list of spans under `spans`, `label`, `labels` or `entities`. Written, for the
interfaces `ner_manual` and `spans_manual`: `text`, `tokens`, `spans` (with the first and the last
token, the last one included) and `meta`. Offsets are code points.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from ...printable import printable
from ..offsets import OffsetUnit
from ..read_settings import ReadSettings
from ..records import Annotation, NumberedRecord, RecordError, Skipped, Suggestion
from ..sources import Source
from .file_format import AnnotationFormat, Head, is_value_on_lines
from .json_values import (
    JSON_SUFFIXES,
    SPAN_KEYS,
    find_spans,
    has_text,
    read_records,
    to_span,
)

OTHER_TASKS = ("label", "accept", "options")
"""Keys of annotation of whole texts."""
OTHER_INTERFACES = (
    *("text", "html", "classification", "choice", "text_input", "diff", "compare", "dep"),
    *("image", "image_manual", "audio", "audio_manual"),
)
"""Interfaces in which no spans are marked. They may show those of patterns."""
BINARY = ("ner", "spans")
"""The interfaces in which a single span of a text is accepted or rejected."""
MOST_KEYS = 10
"""So many keys of an object without spans are told."""
MOST_SHOWN = 40
"""How many characters of a text a message shows."""
SCORES = {"score", "priority", "rank", "pattern"}
"""Keys of spans that a model or a pattern has suggested."""


def read_value(value: Any, _: ReadSettings) -> Iterator[Annotation | Skipped]:
    """Read an object of an export.

    value: The object.
    YIELDS: Its annotation.
    RAISES: RecordError if it has no text or no spans.
    """
    # raw texts may have other answers
    if isinstance(value, dict) and value.get("answer") in ("reject", "ignore"):
        yield Skipped("rejected or ignored in Prodigy", str(value.get("text", "")))
        return
    if not has_text(value):
        raise RecordError(
            "is not an object with a string under 'text', like "
            """{"text": "Rome", "spans": [{"start": 0, "end": 4, "label": "CITY"}]}"""
        )
    interface = value.get("_view_id")
    if interface in OTHER_INTERFACES:
        raise RecordError(
            f"was annotated in Prodigy's interface '{interface}', in which no spans are marked; "
            "remove `_view_id` if its spans are right anyway"
        )
    found = find_spans(value)
    if found is None and "answer" in value and not any(key in value for key in OTHER_TASKS):
        # accepted without anything being marked
        found = "spans", []
    if found is None:
        raise RecordError(
            f"has no list of spans under any of {', '.join(SPAN_KEYS)}; its keys are: "
            f"{printable(', '.join(islice(value, MOST_KEYS)))}"
        )
    text, spans = value["text"], tuple(map(to_span, found[1]))
    for own, span in zip(found[1], spans, strict=True):
        check_content(own, text[max(span.start, 0) : max(span.end, 0)])
    yield Annotation(text, spans, is_partial=is_binary(value, found[1]))


def check_content(span: Any, words: str) -> None:
    """Check the text that comes with a span. White space may differ.

    span: The span.
    words: What stands at its place.
    RAISES: RecordError if it is another text.
    """
    content = span.get("text") if isinstance(span, dict) else None
    if isinstance(content, str) and content.split() != words.split():
        raise RecordError(
            f"has a span that is said to be {content[:MOST_SHOWN]!r}, but from {span['start']} to "
            f"{span['end']} stands {words[:MOST_SHOWN]!r}; offsets are code points, as Python "
            "counts"
        )


def is_binary(value: dict[str, Any], spans: list[Any]) -> bool:
    """Whether a single span of a text was accepted, and other words are not annotated.

    value: The object.
    spans: Its spans.
    """
    if "_view_id" in value:
        return value["_view_id"] in BINARY
    # early versions do not name the interface; those in which spans are marked need tokens
    return (
        value.get("answer") == "accept"
        and "tokens" not in value
        and len(spans) == 1
        and isinstance(spans[0], dict)
        and not SCORES.isdisjoint(spans[0])
    )


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


OWN_KEYS = (*SPAN_KEYS, "answer", "_view_id", "options", "accept")
"""The keys of annotation."""


def recognize(head: Head) -> bool:
    """Whether a file has texts with annotation, or only lines that are no JSON, which are named.

    What no other format recognizes is read as this.
    """
    if head.suffix not in JSON_SUFFIXES or is_value_on_lines(head):
        return False
    return not head.values or any(map(is_example, head.values))


def is_example(value: Any) -> bool:
    """Whether an object has a text and, under any key of these programs, something about it."""
    return has_text(value) and any(key in value for key in OWN_KEYS)


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
