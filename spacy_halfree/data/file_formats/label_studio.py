"""Label Studio: JSON, with all about every annotation, and JSON-MIN, with the regions alone.

Written: a list of tasks with `data` and `predictions`, for a labelling interface with
`<Labels name="label" toName="text">` and `<Text name="text" value="$text"/>`, the names of its
template for named entities. Tasks are sorted by the score of their prediction there.

Label Studio's editor counts code points, as Python does. A script that has made a region may count
UTF-16 units, to which a character outside of Unicode's first plane (most emoji) is two: each region
comes with its own text, by which that is found out.
"""

import json
from collections.abc import Iterator
from typing import Any

from ..offsets import OffsetUnit, offset_table
from ..records import LabelledSpan, RecordError, Skipped, Suggestion
from .file_format import Annotation, Format, has_text


def is_task(value: Any) -> bool:
    """Whether an object is a task as in JSON exports."""
    return isinstance(value, dict) and isinstance(value.get("data"), dict)


def recognize(value: Any) -> bool:
    """Whether an object is a task as in JSON or JSON-MIN exports."""
    is_short = has_text(value) and "annotation_id" in value and "annotator" in value
    return is_task(value) or is_short


def read(value: Any, _: OffsetUnit) -> Iterator[Annotation | Skipped]:
    """Read a task.

    value: The task.
    YIELDS: Its annotations, of which those that are marked as ground truth are the only ones if
        there are such; or why there is none.
    RAISES: RecordError if there is no text, or a region is none of a text.
    """
    if not is_task(value):
        yield read_short_task(value)
        return
    # versions before 1.0 have another name for them
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
    """What was labelled: the field `text`, or the only one that is a string."""
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
    """The text and spans of a task, as it stands in a JSON-MIN export.

    Regions stand under the name of the control in the labelling interface; that key is missing if
    there are none.
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
    """The spans of a region, one for each of its labels.

    region: An object with `start`, `end`, `labels` and, as a rule, the region's `text`.
    text: The text it is a region of.
    YIELDS: The spans, in code points.
    RAISES: RecordError if it is no region of a text, or its text does not stand there.
    """
    start, end, labels = region.get("start"), region.get("end"), region.get("labels")
    named = isinstance(labels, list) and all(isinstance(label, str) for label in labels)
    # true and false are whole numbers, too
    if not (type(start) is int and type(end) is int and named):
        raise RecordError(
            f"has {json.dumps(region)[:80]}, which is no region with a start, an end and labels"
        )
    bounds = find_region(text, start, end, region.get("text"))
    yield from (LabelledSpan(*bounds, label) for label in labels or [])


def find_region(text: str, start: int, end: int, content: Any) -> tuple[int, int]:
    """Where a region stands, in code points.

    text: The text.
    start, end: Where the export says that it stands: in code points, or in UTF-16 units if a script
        has made it.
    content: What the export says that stands there; None if it does not say it, and code points
        are taken for granted.
    RETURNS: Start and end.
    RAISES: RecordError if that stands there in neither unit.
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
    """A task of Label Studio."""
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


LABEL_STUDIO = Format(
    *("label-studio", "Label Studio", (".json", ".jsonl"), read, recognize, write)
)
