"""What entities and span groups have in common."""

from abc import abstractmethod
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from spacy.attrs import IS_SPACE
from spacy.tokens import Doc, Span
from spacy.training import Example

from ...types import Bools, Doubles, Hashes, Ints, TaggingBatch
from ..attributes import token_attributes
from ..confidence import (
    confidence_in,
    expected_calibration_error,
    span_confidences,
    store_confidences,
)
from ..label_tags import LabelTags
from ..scheme import spans_from_tags, tags_from_iob
from .base import Annotation, Decoded, Layer, PredictedSpan, check_labels, with_shared_names

INSIDE, OUTSIDE, BEGINNING = 1, 2, 3
"""spaCy's codes of `Token.ent_iob`; 0 is missing annotation."""


class SpanLayer(Layer):
    """A layer of spans that do not overlap."""

    has_spans: ClassVar[bool] = True

    @abstractmethod
    def gold_iob(self, example: Example, name: str) -> tuple[Ints, Hashes]:
        """spaCy's codes and the label of each token of the predicted doc, by the reference.

        example: The example.
        name: The component's name, for messages.
        RETURNS: The codes (n_tokens, int64) and the labels' hashes (n_tokens, uint64).
        """

    @abstractmethod
    def write_spans(
        self, doc: Doc, spans: list[Span], confidences: list[float], *, name: str, has_pinned: bool
    ) -> tuple[list[Span], list[float]]:
        """Write the spans of a doc.

        doc: The doc.
        spans: The spans, none of which overlaps another.
        confidences: Their probabilities.
        name: The component's name.
        has_pinned: Whether existing annotation was pinned in the doc's batch.
        RETURNS: The spans that were new, and their probabilities.
        """

    def check_others(self, doc: Doc, name: str) -> None:
        """Check that nothing of another component will be lost; layers that keep it need not.

        doc: A doc to be written to.
        name: The component's name.
        RAISES: ValueError (H159) if something would be.
        """

    @abstractmethod
    def score_spans(self, examples: Sequence[Example]) -> tuple[dict[str, Any], str]:
        """spaCy's scores of the spans, and what their names begin with."""

    def annotations(self, doc: Doc) -> set[Annotation]:
        """See `Layer`."""
        return {(span.start_char, span.end_char, span.label_) for span in self.spans(doc)}

    def labels(self, doc: Doc) -> set[str]:
        """See `Layer`."""
        return {span.label_ for span in self.spans(doc)}

    def gold_tags(self, example: Example, label_tags: LabelTags, name: str) -> Ints:
        """See `Layer`."""
        iob, types = self.gold_iob(example, name)
        check_labels(example, types[iob == BEGINNING], label_tags, name)
        is_space = token_attributes(example.predicted, [IS_SPACE])[:, 0] != 0
        return tags_from_iob(begin_at_words(iob, is_space), label_tags(types))

    def write(self, decoded: Decoded, threshold: float) -> None:
        """See `Layer`. The confidence of each new span is stored for `span._.confidence`."""
        batch, tags = decoded.batch, decoded.tags
        for doc in batch.docs:
            self.check_others(doc, decoded.name)
        first, last, labels = spans_from_tags(tags, batch.lengths)
        confidences = span_confidences(tags, decoded.probabilities, batch.lengths, first, last)
        if threshold > 0:
            sure = confidences >= threshold
            first, last, labels = first[sure], last[sure], labels[sure]
            confidences = confidences[sure]
        has_pinned = batch.allowed is not None
        by_doc = spans_by_doc(batch, first, last, decoded.label_hashes[labels], confidences)
        for doc, spans, of_doc in by_doc:
            spans, of_doc = self.write_spans(
                doc, spans, of_doc, name=decoded.name, has_pinned=has_pinned
            )
            store_confidences(doc, spans, of_doc, self.place)

    def predictions(self, doc: Doc) -> list[PredictedSpan]:
        """See `Layer`."""
        return [
            PredictedSpan(
                span.start_char, span.end_char, span.label_, confidence_in(span, self.place)
            )
            for span in self.spans(doc)
        ]

    def score(self, examples: Sequence[Example]) -> dict[str, Any]:
        """See `Layer`. `halfree_calibration_error` is the distance of the spans' confidence from
        the share of them that is right."""
        scores, prefix = self.score_spans(examples)
        return {
            **with_shared_names(scores, prefix),
            "halfree_calibration_error": self._score_confidence(examples),
        }

    def _score_confidence(self, examples: Sequence[Example]) -> float | None:
        confidences, is_right = [], []
        for example in examples:
            if not self.is_annotated(example.reference):
                continue
            gold, unknown = self.annotations(example.reference), self.unknown(example.reference)
            for found in self.predictions(example.predicted):
                # of another component, or where the annotation is missing
                if found.confidence is None or touches(found.start, found.end, unknown):
                    continue
                confidences.append(found.confidence)
                is_right.append(found.annotation in gold)
        if not confidences:
            return None
        return expected_calibration_error(np.array(confidences), np.array(is_right))


def begin_at_words(iob: Ints, is_space: Bools) -> Ints:
    """Let every span that begins on white space begin at its first word instead.

    iob (n_tokens): spaCy's codes.
    is_space (n_tokens): Whether a token is white space.
    RETURNS (n_tokens): spaCy's codes.
    """
    if not is_space[iob == BEGINNING].any():
        return iob
    annotated = (iob == INSIDE) | (iob == BEGINNING)
    words = np.flatnonzero(annotated & ~is_space)
    _, first = np.unique(np.cumsum(iob == BEGINNING)[words], return_index=True)
    moved = np.where(annotated, INSIDE, iob)
    moved[words[first]] = BEGINNING
    return moved


def spans_by_doc(
    batch: TaggingBatch, first: Ints, last: Ints, hashes: Hashes, confidences: Doubles
) -> Iterator[tuple[Doc, list[Span], list[float]]]:
    """Yield every doc with its spans, and how probable each is.

    batch: The docs and their words.
    first, last (n_spans, int64): The spans' first and last words.
    hashes (n_spans, uint64): The hashes of their labels.
    confidences (n_spans, float64): Their probabilities.
    """
    starts, ends = batch.words[first], batch.words[last] + 1
    token_bounds = np.cumsum([0, *map(len, batch.docs)])
    span_bounds = np.searchsorted(starts, token_bounds)
    offsets = np.repeat(token_bounds[:-1], np.diff(span_bounds))
    # lists at once: a small array for every doc would cost more than the spans themselves
    places = list(
        zip((starts - offsets).tolist(), (ends - offsets).tolist(), hashes.tolist(), strict=True)
    )
    all_confidences = confidences.tolist()
    for doc, (begin, end) in zip(batch.docs, pairwise(span_bounds.tolist()), strict=True):
        spans = [Span(doc, *place) for place in places[begin:end]]
        yield doc, spans, all_confidences[begin:end]


def touches(start: int, end: int, places: Sequence[tuple[int, int]]) -> bool:
    """Whether a stretch of text shares a character with one of several, which are in order."""
    before = bisect_left(places, (end,)) - 1
    return before >= 0 and places[before][1] > start
