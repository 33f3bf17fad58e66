"""What an annotated text says of what a tagger predicts, and where it says nothing."""

from bisect import bisect_left
from collections.abc import Sequence

from spacy.tokens import Doc

from ..types import Target

Found = tuple[int, int, str]
"""A stretch of a text, in characters, and its label."""


def has_annotation(doc: Doc, target: Target, spans_key: str) -> bool:
    """Whether a text is annotated with what is tagged, be it in part.

    doc: The annotated text.
    target: What is tagged.
    spans_key: The span group, if the target is "spans".
    """
    if target == "spans":
        return spans_key in doc.spans
    return bool(doc.has_annotation("ENT_IOB" if target == "ents" else "TAG"))


def annotation_of(doc: Doc, target: Target, spans_key: str) -> set[Found]:
    """All that an annotated text has of what is tagged; see `has_annotation`."""
    if target == "tags":
        return {(token.idx, token.idx + len(token), token.tag_) for token in doc}
    spans = doc.ents if target == "ents" else doc.spans[spans_key]
    return {(span.start_char, span.end_char, span.label_) for span in spans}


def unannotated(doc: Doc, target: Target) -> list[tuple[int, int]]:
    """Where nothing is known about a partly annotated text, in characters."""
    if target == "spans":
        return []
    return [
        (token.idx, token.idx + len(token))
        for token in doc
        if (token.ent_iob == 0 if target == "ents" else not token.tag)
    ]


def touches(start: int, end: int, places: Sequence[tuple[int, int]]) -> bool:
    """Whether a stretch of a text has a character in common with one of some places, in order."""
    before = bisect_left(places, (end,)) - 1
    return before >= 0 and places[before][1] > start
