"""From predicted tags to annotation on docs; what stood there before stays."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from spacy.attrs import ENT_IOB, ENT_TYPE, TAG
from spacy.tokens import Doc, Span, SpanGroup

from ..tagging.attributes import token_attributes
from ..tagging.scheme import TagScheme, spans_from_tags
from ..types import Doubles, Floats, Hashes, Ints, TaggingBatch, Target
from .confidence import calibrate, span_confidences, store_confidences, store_tag_probabilities


@dataclass(frozen=True)
class Writer:
    """Writes what was predicted to where a component is to write it.

    scheme: The tags.
    label_hashes (n_labels, uint64): The labels' hashes in the string store.
    target: Where to write.
    spans_key: The span group, if the target is "spans".
    calibration: The temperature of the probabilities.
    threshold: The least probability of a span that is written.
    store_probs: Whether to keep all distributions for `token._.tag_probs`.
    """

    scheme: TagScheme
    label_hashes: Hashes
    target: Target
    spans_key: str
    calibration: float
    threshold: float
    store_probs: bool

    def __call__(self, batch: TaggingBatch, tags: Ints, probabilities: Floats) -> None:
        """Write a batch's annotation.

        batch: The docs and their words.
        tags (n_words, int64): A legal sequence of tags for each doc.
        probabilities (n_words x n_tags, float32): The distributions they were taken from.
        """
        probabilities = calibrate(probabilities, self.calibration)
        if self.target == "tags":
            bounds = np.cumsum(batch.lengths)[:-1]
            for doc, own in zip(batch.docs, np.split(tags, bounds), strict=True):
                write_tags(doc, self.label_hashes[own])
        else:
            self._write_spans(batch, tags, probabilities)
        if self.store_probs:
            store_tag_probabilities(batch, self.scheme, probabilities)

    def _write_spans(self, batch: TaggingBatch, tags: Ints, probabilities: Floats) -> None:
        first, last, labels = spans_from_tags(tags, batch.lengths)
        confidences = span_confidences(tags, probabilities, batch.lengths, first, last)
        if self.threshold > 0:
            sure = confidences >= self.threshold
            first, last, labels = first[sure], last[sure], labels[sure]
            confidences = confidences[sure]
        keep_existing = self.target == "ents" and batch.allowed is not None
        for doc, spans, own in spans_by_doc(
            batch, first, last, self.label_hashes[labels], confidences
        ):
            if keep_existing:
                spans, own = new_spans(doc, spans, own)
            if self.target == "spans":
                write_span_group(doc, spans, self.spans_key)
            else:
                write_entities(doc, spans, keep_existing=keep_existing)
            spans_key = self.spans_key if self.target == "spans" else None
            store_confidences(doc, spans, own, spans_key)


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
    # lists at once, as every small array per doc would cost more than the spans themselves
    places = list(
        zip((starts - offsets).tolist(), (ends - offsets).tolist(), hashes.tolist(), strict=True)
    )
    all_confidences = confidences.tolist()
    for doc, (begin, end) in zip(batch.docs, pairwise(span_bounds.tolist()), strict=True):
        spans = [Span(doc, *place) for place in places[begin:end]]
        yield doc, spans, all_confidences[begin:end]


def entity_codes(doc: Doc) -> tuple[Ints, Hashes]:
    """The IOB code and the entity type of each token."""
    iob, types = token_attributes(doc, [ENT_IOB, ENT_TYPE]).T
    return iob, types


def new_spans(
    doc: Doc, spans: Sequence[Span], confidences: Sequence[float]
) -> tuple[list[Span], list[float]]:
    """The spans that do not repeat entities which the doc has already, with their probabilities."""
    iob, types = entity_codes(doc)
    taken = (iob == 3) | ((iob == 1) & (types != 0))
    pairs = zip(spans, confidences, strict=True)
    new = [(span, own) for span, own in pairs if not taken[span.start : span.end].any()]
    return [span for span, _ in new], [own for _, own in new]


def write_entities(doc: Doc, spans: Sequence[Span], *, keep_existing: bool) -> None:
    """Add entities to a doc.

    doc: The doc.
    spans: The entities; none overlaps an existing one.
    keep_existing: Whether the doc may have entities or blocked tokens to keep.
    """
    if not keep_existing:
        doc.set_ents(list(spans))
        return
    iob, types = entity_codes(doc)
    blocked = [doc[i : i + 1] for i in np.flatnonzero((iob == 3) & (types == 0)).tolist()]
    doc.set_ents([*doc.ents, *spans], blocked=blocked)


def write_span_group(doc: Doc, spans: Sequence[Span], spans_key: str) -> None:
    """Set a doc's span group, replacing what an earlier run left under the same key."""
    doc.spans[spans_key] = SpanGroup(doc, name=spans_key, spans=list(spans))


def write_tags(doc: Doc, hashes: Hashes) -> None:
    """Set the tags of those tokens that have none.

    doc: The doc.
    hashes (n_tokens, uint64): The tags' hashes in the string store.
    """
    existing = token_attributes(doc, [TAG])[:, 0]
    doc.from_array([TAG], np.where(existing == 0, hashes, existing))


def without_annotation(doc: Doc, target: Target) -> Doc:
    """A copy of a doc on which nothing is set of what is tagged; all else is there."""
    copied = doc.copy()
    if target == "ents":
        copied.set_ents([], default="missing")
    elif target == "tags":
        copied.from_array([TAG], np.zeros(len(copied), dtype=np.uint64))
    return copied
