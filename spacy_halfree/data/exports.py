"""Texts as annotation tools export them: Prodigy, doccano and Label Studio."""

import json
from collections.abc import Iterator
from typing import Any

from spacy.language import Language

from .entries import BadLine, Entry, LabelledSpan, LabelledText, LeftOut, is_whole
from .label_studio import has_annotation, is_short_task, is_task, read_short_task, read_task

SPAN_KEYS = ("spans", "label", "labels", "entities")
"""Where tools keep spans: Prodigy, doccano (three of its versions)."""
REJECTED = "rejected or ignored in Prodigy"
UNLABELLED = "not labelled in Label Studio"


def read_export(number: int, value: Any, nlp: Language) -> Iterator[Entry]:
    """Read an object of an export.

    number: The line or place of the object in its file.
    value: The object: of Prodigy or doccano, with `text` and a list of spans under `spans`,
        `label`, `labels` or `entities`; or a task of Label Studio, as JSON or as JSON-MIN.
    nlp: Tokenizes the text.
    YIELDS: The text; a text for each annotation if there are several; or why there is none.
    """
    try:
        if isinstance(value, dict):
            reason = why_left_out(value)
            if reason is not None:
                yield LeftOut(number, reason)
                return
        for text, spans in annotations_of(value):
            yield LabelledText(number, nlp.make_doc(text), spans)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        yield BadLine(number, str(error) or repr(error))


def why_left_out(value: dict[str, Any]) -> str | None:
    """Why nothing is to be learned from an object; None if something is."""
    if value.get("answer", "accept") != "accept":
        return REJECTED
    if is_task(value) and not has_annotation(value):
        return UNLABELLED
    return None


def annotations_of(value: Any) -> list[tuple[str, tuple[LabelledSpan, ...]]]:
    """The text and spans of an object, once for each annotation.

    RAISES: KeyError, TypeError if it is none that is known.
    """
    if is_task(value):
        return read_task(value)
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        raise TypeError("it is not an object with a string under 'text'")
    if is_short_task(value):
        return [read_short_task(value)]
    return [(value["text"], _spans_of(value))]


def _spans_of(entry: dict[str, Any]) -> tuple[LabelledSpan, ...]:
    keys = [key for key in SPAN_KEYS if isinstance(entry.get(key), list)]
    if not keys and "answer" in entry:
        # accepted in Prodigy without anything being marked
        return ()
    if not keys:
        raise KeyError(f"it has no list of spans under any of {', '.join(SPAN_KEYS)}")
    filled = next((key for key in keys if entry[key]), keys[0])
    return tuple(_span_of(span) for span in entry[filled])


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
        raise TypeError(f"{json.dumps(span)[:80]} is no span with a start, an end and a label")
    return LabelledSpan(start, end, label)
