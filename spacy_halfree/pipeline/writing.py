"""From predicted tags to annotation on docs; what stood there before stays."""

from collections.abc import Iterator, Sequence

import numpy as np
from spacy.attrs import ENT_IOB, ENT_TYPE, TAG
from spacy.tokens import Doc, Span, SpanGroup

from ..tagging.attributes import token_attributes
from ..tagging.scheme import spans_from_tags
from ..types import Hashes, Ints, TaggingBatch, Target


def write_predictions(
    batch: TaggingBatch, tags: Ints, label_hashes: Hashes, target: Target, spans_key: str
) -> None:
    """Write predicted tags where a component is to write them.

    batch: The docs and their words.
    tags (n_words, int64): A legal sequence of tags for each doc.
    label_hashes (n_labels, uint64): The labels' hashes in the string store.
    target: Where to write.
    spans_key: The span group, if the target is "spans".
    """
    if target == "tags":
        bounds = np.cumsum(batch.lengths)[:-1]
        for doc, own in zip(batch.docs, np.split(tags, bounds), strict=True):
            write_tags(doc, label_hashes[own])
        return
    keep_existing = batch.allowed is not None
    for doc, spans in spans_by_doc(batch, tags, label_hashes):
        if target == "spans":
            write_span_group(doc, spans, spans_key)
        else:
            write_entities(doc, spans, keep_existing=keep_existing)


def spans_by_doc(
    batch: TaggingBatch, tags: Ints, label_hashes: Hashes
) -> Iterator[tuple[Doc, list[Span]]]:
    """Yield every doc with the spans that its tags spell.

    batch: The docs and their words.
    tags (n_words, int64): A legal sequence of tags for each doc.
    label_hashes (n_labels, uint64): The labels' hashes in the string store.
    """
    first, last, labels = spans_from_tags(tags, batch.lengths)
    starts, ends = batch.words[first], batch.words[last] + 1
    hashes = label_hashes[labels].tolist()
    token_bounds = np.cumsum([0, *(len(doc) for doc in batch.docs)])
    span_bounds = np.searchsorted(starts, token_bounds).tolist()
    for i, doc in enumerate(batch.docs):
        own = slice(span_bounds[i], span_bounds[i + 1])
        offset = int(token_bounds[i])
        bounds = zip(
            (starts[own] - offset).tolist(), (ends[own] - offset).tolist(), hashes[own], strict=True
        )
        yield doc, [Span(doc, start, end, label=label) for start, end, label in bounds]


def write_entities(doc: Doc, spans: Sequence[Span], *, keep_existing: bool) -> None:
    """Set a doc's entities.

    doc: The doc.
    spans: The entities to add; those that repeat existing ones are left out.
    keep_existing: Whether the doc may have entities or blocked tokens to keep.
    """
    if not keep_existing:
        doc.set_ents(list(spans))
        return
    iob, types = token_attributes(doc, [ENT_IOB, ENT_TYPE]).T
    taken = (iob == 3) | ((iob == 1) & (types != 0))
    blocked = [doc[i : i + 1] for i in np.flatnonzero((iob == 3) & (types == 0)).tolist()]
    new = [span for span in spans if not taken[span.start : span.end].any()]
    doc.set_ents([*doc.ents, *new], blocked=blocked)


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
