"""Label Studio's JSON, and JSON-MIN, which has the regions alone.

Written: a list of tasks with `data` and `predictions`, for a labelling interface with
`<Labels name="label" toName="text">` and `<Text name="text" value="$text"/>`, the names of its
template for named entities. Label Studio sorts tasks by the score of their prediction.

Its editor counts code points, as Python does. Scripts may write regions in UTF-16 units, in which
most emoji count as two; which unit it is shows the text that comes with each region.
"""

import json
from collections.abc import Iterator
from typing import Any

from ..offsets import OffsetUnit, offset_table
from ..read_settings import ReadSettings
from ..records import Annotation, LabelledSpan, NumberedRecord, RecordError, Skipped, Suggestion
from ..sources import Source
from .file_format import AnnotationFormat, Head
from .json_values import has_text, read_records


def is_task(value: Any) -> bool:
    """Whether an object is a task as in JSON exports."""
    return isinstance(value, dict) and isinstance(value.get("data"), dict)


def is_own(value: Any) -> bool:
    """Whether an object is a task as in JSON or JSON-MIN exports."""
    is_short = has_text(value) and "annotation_id" in value and "annotator" in value
    return is_task(value) or is_short


def read_value(value: Any, _: ReadSettings) -> Iterator[Annotation | Skipped]:
    """Read a task.

    value: The task.
    YIELDS: Its annotations (only those marked as ground truth if there are any), or why it has
        none.
    RAISES: RecordError if it has no text, or a region that is not of a text.
    """
    if not is_task(value):
        yield read_short_task(value)
        return
    # the name of annotations before version 1.0
    found = value.get("annotations", value.get("completions")) or []
    kept = [annotation for annotation in found if not annotation.get("was_cancelled")]
    if not found:
        yield Skipped("not labelled in Label Studio")
        return
    text = find_text(value["data"])
    if not kept:
        yield Skipped("skipped in Label Studio", text)
    for annotation in [own for own in kept if own.get("ground_truth")] or kept:
        yield Annotation(text, tuple(_spans_of(annotation, text)))


def find_text(data: dict[str, Any]) -> str:
    """The text of a task: the field `text`, or the only field that is a string."""
    strings = {key: value for key, value in data.items() if isinstance(value, str)}
    if "text" in strings:
        return strings["text"]
    if len(strings) != 1:
        raise RecordError(
            "has no string under 'text' in its 'data', and not exactly one other string"
        )
    return next(iter(strings.values()))


def _spans_of(annotation: dict[str, Any], text: str) -> Iterator[LabelledSpan]:
    for region in annotation["result"]:
        kind = region.get("type", "")
        if kind == "labels":
            yield from read_region(region["value"], text)
        elif kind.endswith("labels"):
            raise RecordError(f"has a region of the type '{kind}', not 'labels' of a text")


def read_short_task(task: dict[str, Any]) -> Annotation:
    """Read a task of a JSON-MIN export.

    The key of its regions is the name of the labelling interface's control. It is missing if there
    are none.
    """
    text: str = task["text"]
    regions = [
        region
        for value in task.values()
        if isinstance(value, list)
        for region in value
        if isinstance(region, dict) and "labels" in region
    ]
    return Annotation(text, tuple(span for region in regions for span in read_region(region, text)))


def read_region(region: dict[str, Any], text: str) -> Iterator[LabelledSpan]:
    """Read the spans of a region, one for each of its labels.

    region: An object with `start`, `end`, `labels` and usually the region's `text`.
    text: The text of the task.
    YIELDS: The spans, in code points.
    RAISES: RecordError if it is not a region of a text, or its text is not found there.
    """
    start, end, labels = region.get("start"), region.get("end"), region.get("labels")
    named = isinstance(labels, list) and all(isinstance(label, str) for label in labels)
    # not `isinstance`: true and false are numbers, too
    if not (type(start) is int and type(end) is int and named):
        raise RecordError(
            f"has {json.dumps(region)[:80]}, which is no region with a start, an end and labels"
        )
    bounds = find_region(text, start, end, region.get("text"))
    yield from (LabelledSpan(*bounds, label) for label in labels or [])


def find_region(text: str, start: int, end: int, content: Any) -> tuple[int, int]:
    """Find a region in its text.

    text: The text.
    start, end: The offsets of the export, in code points or UTF-16 units.
    content: The region's text. If it is no string, the offsets are taken as code points.
    RETURNS: Start and end, in code points.
    RAISES: RecordError if the region's text is found there in neither unit.
    """
    if not isinstance(content, str) or not 0 <= start < end or text[start:end] == content:
        return start, end
    places = [(start, end)]
    if not text.isascii():
        converted = offset_table(text, "utf-16").to_code_points(start, end)
        places += [] if converted is None else [converted]
    # the editor writes the end of a line as a backslash and an n
    unescaped = content.replace("\\n", "\n")
    words = (content.split(), unescaped.split())
    found = [
        *(place for place in places if text[slice(*place)] == content),
        *(place for place in places if text[slice(*place)] == unescaped),
        *(place for place in places if text[slice(*place)].split() in words),
    ]
    if found:
        return found[0]
    raise RecordError(
        f"has a region that is said to be {content[:40]!r}, but from {start} to {end} stands "
        f"{text[start:end][:40]!r}"
    )


def write(suggestion: Suggestion, _: OffsetUnit) -> dict[str, Any]:
    """Make a task."""
    result = [
        {
            "id": str(number),
            "from_name": "label",
            "to_name": "text",
            "type": "labels",
            "value": {
                "start": span.start,
                "end": span.end,
                "text": suggestion.text[span.start : span.end],
                "labels": [span.label],
            },
        }
        for number, span in enumerate(suggestion.spans, start=1)
    ]
    meta = suggestion.meta
    prediction = {"model_version": "spacy-halfree", "score": meta["confidence"], "result": result}
    return {"data": {"text": suggestion.text, **meta}, "predictions": [prediction]}


def recognize(head: Head) -> bool:
    """Whether a file has tasks."""
    return any(map(is_own, head.values))


def read(source: Source, settings: ReadSettings) -> Iterator[NumberedRecord]:
    """Read a file, see `read_value`."""
    return read_records(source, settings, read_value)


LABEL_STUDIO = AnnotationFormat(
    name="label-studio",
    title=".json of Label Studio",
    suffixes=(".json", ".jsonl"),
    recognize=recognize,
    read=read,
    write=write,
)
