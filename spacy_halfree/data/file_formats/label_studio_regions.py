"""Regions of Label Studio: where they are in their text.

Its editor counts code points, as Python does. Scripts may write regions in UTF-16 units, in which
most emoji count as two; which unit it is shows the text that comes with each region.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..offsets import offset_table
from ..records import LabelledSpan, RecordError
from .json_values import show

LABELS = "labels"
"""The type of regions of plain texts, and the key of their labels."""
MOST_SHOWN = 40
"""How many characters of a text a message shows."""


@dataclass(frozen=True)
class Result:
    """A part of an annotation.

    name: What it belongs to: the object of the labelling interface (`to_name`), or the control if
        the export has only that.
    kind: Its type, such as "labels" or "choices".
    value: What was annotated.
    """

    name: str
    kind: str
    value: dict[str, Any]

    @property
    def is_region(self) -> bool:
        """Whether it is a region of a plain text."""
        return self.kind == LABELS and self.place is not None

    @property
    def is_other_region(self) -> bool:
        """Whether it is a labelled region of something else, or one that cannot be read."""
        return self.kind.endswith(LABELS) and not self.is_region

    @property
    def place(self) -> tuple[int, int] | None:
        """Where it is in a plain text; None if it belongs to no part of one."""
        start, end = self.value.get("start"), self.value.get("end")
        # not `isinstance`: true and false are numbers, too
        return (start, end) if type(start) is int and type(end) is int else None

    def stands_in(self, text: Any) -> bool:
        """Whether the text that comes with a region is found at its place in a text."""
        content = self.value.get("text")
        if not isinstance(content, str) or not isinstance(text, str):
            return False
        return place_region(text, self.value["start"], self.value["end"], content) is not None


def describe_other_region(result: Result) -> str:
    """Why a region cannot be read, see `Result.is_other_region`."""
    if result.kind != LABELS:
        return (
            f"has a region of the type '{result.kind}', but only regions of plain texts (`<Text>` "
            "with `<Labels>`) are read"
        )
    start = result.value.get("start")
    if isinstance(start, str):
        return (
            f"has a region that starts at {start[:MOST_SHOWN]!r}, which is not an offset: only "
            "regions of plain texts (`<Text>`) are read"
        )
    return f"has {show(result.value)}, which is not a region with a start, an end and labels"


def describe_unlabelled_region(result: Result) -> str:
    """Why a part of a text cannot be read that has no labels, but something else."""
    return (
        f"has {show(result.value)}, a part of the text with '{result.kind}', but without a label "
        "of `<Labels>`"
    )


def read_region(region: dict[str, Any], text: str) -> Iterator[LabelledSpan]:
    """Read the spans of a region of a plain text, one for each of its labels.

    region: An object with `start`, `end`, `labels` and usually the region's `text`.
    text: The text.
    YIELDS: The spans, in code points.
    RAISES: RecordError if it has no labels, or its text is not found there.
    """
    labels = region.get(LABELS)
    if not labels:
        # left by suggestions for other names than those of the labelling interface
        raise RecordError(f"has {show(region)}, which is a region without a label")
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise RecordError(
            f"has {show(region)}, which is not a region with a start, an end and labels"
        )
    bounds = find_region(text, region["start"], region["end"], region.get("text"))
    yield from (LabelledSpan(*bounds, label) for label in labels)


def find_region(text: str, start: int, end: int, content: Any) -> tuple[int, int]:
    """Find a region in its text.

    text: The text.
    start, end: The offsets of the export, in code points or UTF-16 units.
    content: The region's text. If it is no string, the offsets are taken as code points.
    RETURNS: Start and end, in code points.
    RAISES: RecordError if the region's text is found there in neither unit.
    """
    if not isinstance(content, str):
        return start, end
    place = place_region(text, start, end, content)
    if place is None:
        raise RecordError(
            f"has a region that is said to be {content[:MOST_SHOWN]!r}, but from {start} to {end} "
            f"stands {text[start:end][:MOST_SHOWN]!r}"
        )
    return place


def place_region(text: str, start: int, end: int, content: str) -> tuple[int, int] | None:
    """Find a region in its text; None if its text is not there, see `find_region`."""
    if not 0 <= start < end or text[start:end] == content:
        return start, end
    places = [(start, end)]
    if not text.isascii():
        converted = offset_table(text, "utf-16").to_code_points(start, end)
        places += [] if converted is None else [converted]
    for look in (str, escape_line_ends, without_line_ends):
        for place in places:
            if look(text[slice(*place)]) == look(content):
                return place
    return None


def escape_line_ends(text: str) -> str:
    """A text as the editor writes that of a region: "\\r" and "\\n" are a backslash and an n."""
    return re.sub("[\r\n]", r"\\n", text)


def without_line_ends(text: str) -> str:
    """A text without white space and escaped line ends.

    Tools between the editor and this file may have changed them.
    """
    return "".join(text.replace("\\n", " ").split())
