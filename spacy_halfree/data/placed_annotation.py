"""Annotation whose places do not depend on white space, so that equal texts can be compared."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from .records import Annotation, LabelledSpan

Place = tuple[int, int, str]
"""The start, the end and the label of a span, in characters that are not white space."""


class PlacedAnnotation:
    """An annotation, with places that are counted without white space.

    annotation: The annotation.
    span_at: Its spans by their places.
    places: The places of its spans.
    is_known: Whether each character that is not white space is annotated.
    """

    def __init__(self, annotation: Annotation) -> None:
        self.annotation = annotation
        text = annotation.text
        # where each character is that is not white space
        self._characters = np.array(
            [i for i, character in enumerate(text) if not character.isspace()], dtype=np.int64
        )
        self.span_at: dict[Place, LabelledSpan] = {
            self.place_of(span): span for span in annotation.spans
        }
        self.places = set(self.span_at)
        self.is_known = np.full(len(self._characters), not annotation.is_partial)
        for bounds in annotation.unknown:
            self.is_known[slice(*self.to_place(*bounds))] = False
        for start, end, _ in self.span_at:
            self.is_known[start:end] = True
        self._n_known = [0, *accumulate(self.is_known.tolist())]

    def to_place(self, start: int, end: int) -> tuple[int, int]:
        """A stretch of the text, counted without white space."""
        first, last = np.searchsorted(self._characters, [start, end])
        return int(first), int(last)

    def place_of(self, span: LabelledSpan) -> Place:
        """Where a span of the text is, counted without white space."""
        return (*self.to_place(span.start, span.end), span.label)

    def from_place(self, start: int, end: int) -> tuple[int, int]:
        """A stretch that was counted without white space, in characters of the text.

        It begins and ends with a character that is not white space, if it has any.
        """
        if start >= end:
            return 0, 0
        return int(self._characters[start]), int(self._characters[end - 1]) + 1

    def judges(self, place: Place) -> bool:
        """Whether anything is said here about a word of a span."""
        start, end, _ = place
        return place in self.span_at or self._n_known[max(start, end)] > self._n_known[start]

    def span_from(self, other: "PlacedAnnotation", place: Place) -> LabelledSpan:
        """A span of another annotation of this text, in characters of this text."""
        span = other.span_at[place]
        if other.annotation.text == self.annotation.text:
            return span
        start, end = self.from_place(*place[:2])
        return replace(span, start=start, end=end)

    def with_spans(
        self, spans: Sequence[LabelledSpan], is_known: npt.NDArray[np.bool_]
    ) -> Annotation:
        """Make an annotation of this text.

        spans: Its spans.
        is_known: Whether each character that is not white space is annotated.
        """
        unknown = [self.from_place(start, end) for start, end in find_stretches(~is_known)]
        return replace(
            self.annotation,
            spans=tuple(sorted(spans, key=lambda span: (span.start, span.end))),
            unknown=tuple(unknown),
            is_partial=False,
        )


def find_stretches(flags: npt.NDArray[np.bool_]) -> Iterable[tuple[int, int]]:
    """The starts and ends of stretches of a sequence that are true."""
    changes = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False]))))
    return zip(changes[::2].tolist(), changes[1::2].tolist(), strict=True)
