"""Texts as annotation tools export them: Prodigy, doccano and Label Studio."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc

from .entries import (
    BadLine,
    Entry,
    EntryError,
    LabelledSpan,
    LabelledText,
    LeftOut,
    is_whole,
)
from .label_studio import (
    has_annotation,
    is_short_task,
    is_task,
    read_short_task,
    read_task,
    text_of,
    was_cancelled,
)
from .offsets import UNITS, OffsetUnit, in_code_points, is_plain

SPAN_KEYS = ("spans", "label", "labels", "entities")
"""Where tools keep spans: Prodigy, doccano (three of its versions)."""
DOCCANO_UNIT: OffsetUnit = "utf-16"
"""How doccano's editor counts, unless its project counts grapheme clusters."""
REJECTED = "rejected or ignored in Prodigy"
CANCELLED = "skipped in Label Studio"
UNLABELLED = "not labelled in Label Studio"
OTHER_TASKS = ("label", "accept", "options")
"""Under these Prodigy keeps what was said of a whole text."""
BINARY = "ner"
"""Prodigy's interface in which one span of a text is accepted or rejected, and no more is said."""


def read_export(
    number: int, value: Any, nlp: Language, *, offsets: OffsetUnit | None = None
) -> Iterator[Entry]:
    """Read an object of an export.

    number: The line or place of the object in its file.
    value: The object: of Prodigy or doccano, with `text` and a list of spans under `spans`,
        `label`, `labels` or `entities`; or a task of Label Studio, as JSON or as JSON-MIN.
    nlp: Tokenizes the text.
    offsets: The unit in which an object of doccano counts; UTF-16 units if None, and texts with
        which the unit makes a difference are marked.
    YIELDS: The text; a text for each annotation if there are several; or why there is none.
    """
    try:
        left_out = why_left_out(number, value)
        if left_out is not None:
            yield left_out
            return
        unclear = offsets is None and depends_on_unit(value)
        for text, spans in annotations_of(value, offsets or DOCCANO_UNIT):
            doc = nlp.make_doc(text)
            missing = outside_of(doc, spans) if is_binary(value) else ()
            yield LabelledText(number, doc, spans, missing, unclear)
    except EntryError as error:
        yield BadLine(number, str(error))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        yield BadLine(number, f"it is of a shape that none of the known tools writes ({error!r})")


def why_left_out(number: int, value: Any) -> LeftOut | None:
    """Why nothing is to be learned from an object; None if something is."""
    if is_task(value):
        if has_annotation(value):
            return None
        if was_cancelled(value):
            return LeftOut(number, CANCELLED, text_of(value["data"]))
        return LeftOut(number, UNLABELLED)
    if isinstance(value, dict) and value.get("answer", "accept") != "accept":
        return LeftOut(number, REJECTED, str(value.get("text", "")))
    return None


def is_binary(value: Any) -> bool:
    """Whether Prodigy has asked about one span of a text alone."""
    return isinstance(value, dict) and value.get("_view_id") == BINARY


def outside_of(doc: Doc, spans: Sequence[LabelledSpan]) -> tuple[int, ...]:
    """The indices of the tokens that no span touches."""
    return tuple(
        token.i
        for token in doc
        if not any(own.start < token.idx + len(token) and token.idx < own.end for own in spans)
    )


def annotations_of(value: Any, unit: OffsetUnit) -> list[tuple[str, tuple[LabelledSpan, ...]]]:
    """The text and spans of an object, once for each annotation.

    value: The object.
    unit: How it counts, if it is one of doccano.
    RETURNS: Texts and spans, in code points.
    RAISES: EntryError if it is none that is known.
    """
    if is_task(value):
        return read_task(value)
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        raise EntryError(
            "it is not an object with a string under 'text', as "
            """{"text": "Rome", "spans": [{"start": 0, "end": 4, "label": "CITY"}]} is"""
        )
    if is_short_task(value):
        return [read_short_task(value)]
    return [(value["text"], _spans_of(value, unit))]


def depends_on_unit(value: Any) -> bool:
    """Whether the spans of an object depend on how it counts, which only doccano leaves open."""
    if is_task(value) or not isinstance(value, dict) or not isinstance(value.get("text"), str):
        return False
    if is_plain(value["text"]) or is_short_task(value):
        return False
    first, *others = (_spans_of(value, unit) for unit in UNITS)
    return any(spans != first for spans in others)


def _spans_of(entry: dict[str, Any], unit: OffsetUnit) -> tuple[LabelledSpan, ...]:
    keys = [key for key in SPAN_KEYS if isinstance(entry.get(key), list)]
    if not keys and "answer" in entry and not any(key in entry for key in OTHER_TASKS):
        # accepted in Prodigy without anything being marked
        return ()
    if not keys:
        raise EntryError(f"it has no list of spans under any of {', '.join(SPAN_KEYS)}")
    filled = next((key for key in keys if entry[key]), keys[0])
    spans = tuple(_span_of(span) for span in entry[filled])
    if is_of_doccano(filled, entry[filled]):
        return in_code_points(entry["text"], spans, unit)
    return spans


def is_of_doccano(key: str, spans: Sequence[Any]) -> bool:
    """Whether doccano writes spans in this form; other programs count code points."""
    if any(isinstance(span, dict) for span in spans):
        return all(isinstance(span, dict) and "start_offset" in span for span in spans)
    return key in ("label", "labels")


def _span_of(span: Any) -> LabelledSpan:
    """A span as an object with start, end and label, or as a list of these three."""
    if isinstance(span, dict):
        start = span.get("start", span.get("start_offset"))
        end, label = span.get("end", span.get("end_offset")), span.get("label")
    elif isinstance(span, list) and len(span) == 3:
        start, end, label = span
    else:
        start = end = label = None
    if not (is_whole(start) and is_whole(end) and isinstance(label, str)):
        raise EntryError(f"{json.dumps(span)[:80]} is no span with a start, an end and a label")
    return LabelledSpan(start, end, label)
