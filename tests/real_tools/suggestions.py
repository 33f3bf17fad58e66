"""Suggestions for annotation tools, as this package writes them."""

from __future__ import annotations

from collections.abc import Iterable

from tool_exports import Example

from spacy_halfree import write_suggestions
from spacy_halfree.data.offsets import OffsetUnit
from spacy_halfree.data.records import LabelledSpan, Suggestion


def suggestions_for(
    tool: str, examples: Iterable[Example], offsets: OffsetUnit | None = None
) -> bytes:
    """The file that a user imports.

    tool: The tool.
    examples: Texts and the spans that are suggested.
    offsets: The unit of the spans.
    """
    found = [
        Suggestion(
            source="pool.txt:1",
            text=own.text,
            tokens=(),
            spans=tuple(LabelledSpan(*span) for span in own.spans),
            score=0.5,
            confidence=0.9,
            gain=0.5,
        )
        for own in examples
    ]
    return write_suggestions(found, tool, offsets=offsets)
