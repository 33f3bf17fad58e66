"""Tasks of Label Studio: JSON, with all about every annotation, and JSON-MIN, with the regions.

Label Studio's editor counts code points, as Python does. A script that has made a region may count
UTF-16 units, to which a character outside of Unicode's first plane (most emoji) is two: each region
comes with its own text, by which that is found out.
"""

import json
from collections.abc import Iterator
from typing import Any

from .entries import EntryError, LabelledSpan, is_whole
from .offsets import offset_table


def is_task(value: Any) -> bool:
    """Whether an object is a task as in JSON exports (`completions` in versions before 1.0)."""
    return isinstance(value, dict) and isinstance(value.get("data"), dict)


def is_short_task(value: dict[str, Any]) -> bool:
    """Whether an object is a task as in JSON-MIN exports."""
    return "annotation_id" in value and "annotator" in value


def has_annotation(task: dict[str, Any]) -> bool:
    """Whether a task has an annotation that was not cancelled."""
    return bool(_annotations(task))


def was_cancelled(task: dict[str, Any]) -> bool:
    """Whether somebody has looked at a task, and skipped it."""
    return bool(task.get("annotations", task.get("completions"))) and not _annotations(task)


def _annotations(task: dict[str, Any]) -> list[dict[str, Any]]:
    """A task's annotations; of those that are marked as ground truth, these alone."""
    found = task.get("annotations", task.get("completions")) or []
    kept = [annotation for annotation in found if not annotation.get("was_cancelled")]
    return [annotation for annotation in kept if annotation.get("ground_truth")] or kept


def read_task(task: dict[str, Any]) -> list[tuple[str, tuple[LabelledSpan, ...]]]:
    """The text of a task, with the spans of each annotation.

    task: The task, as it stands in a JSON export.
    RETURNS: A text and its spans for each annotation.
    RAISES: EntryError if there is no text, or a region is none of a text.
    """
    text = text_of(task["data"])
    return [(text, tuple(_spans_of(annotation, text))) for annotation in _annotations(task)]


def text_of(data: dict[str, Any]) -> str:
    """What was labelled: the field `text`, or the only one that is a string."""
    strings = {key: value for key, value in data.items() if isinstance(value, str)}
    if "text" in strings:
        return strings["text"]
    if len(strings) != 1:
        raise EntryError("its 'data' has no string under 'text', and not exactly one other string")
    return next(iter(strings.values()))


def _spans_of(annotation: dict[str, Any], text: str) -> Iterator[LabelledSpan]:
    for region in annotation["result"]:
        kind = region.get("type", "")
        if kind == "labels":
            yield from read_region(region["value"], text)
        elif kind.endswith("labels"):
            raise EntryError(f"it has a region of the type '{kind}', not 'labels' of a text")


def read_short_task(task: dict[str, Any]) -> tuple[str, tuple[LabelledSpan, ...]]:
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
    return text, tuple(span for region in regions for span in read_region(region, text))


def read_region(region: dict[str, Any], text: str) -> Iterator[LabelledSpan]:
    """The spans of a region, one for each of its labels.

    region: An object with `start`, `end`, `labels` and, as a rule, the region's `text`.
    text: The text it is a region of.
    YIELDS: The spans, in code points.
    RAISES: EntryError if it is no region of a text, or its text does not stand there.
    """
    start, end, labels = region.get("start"), region.get("end"), region.get("labels")
    named = isinstance(labels, list) and all(isinstance(label, str) for label in labels)
    if not (is_whole(start) and is_whole(end) and named):
        raise EntryError(f"{json.dumps(region)[:80]} is no region with a start, an end and labels")
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
    RAISES: EntryError if that stands there in neither unit.
    """
    if not isinstance(content, str) or not 0 <= start < end or text[start:end] == content:
        return start, end
    places = [(start, end)]
    if not text.isascii():
        converted = offset_table(text, "utf-16").to_code_points(start, end)
        places += [] if converted is None else [converted]
    # the editor writes the end of a line as a backslash and an n
    for alike in (str.__eq__, _same_lines, _same_words):
        for place in places:
            if alike(text[slice(*place)], content):
                return place
    raise EntryError(
        f"it has a region that is said to be {content[:40]!r}, but from {start} to {end} stands "
        f"{text[start:end][:40]!r}"
    )


def _same_lines(text: str, content: str) -> bool:
    """Whether a text is the content of a region in which the ends of lines are escaped."""
    return text == _unescaped(content)


def _same_words(text: str, content: str) -> bool:
    """Whether a text and the content of a region differ in nothing but white space."""
    return text.split() in (content.split(), _unescaped(content).split())


def _unescaped(content: str) -> str:
    return content.replace("\\n", "\n")
