"""From docs to the words that get tags, and the tags that each may have."""

from collections.abc import Sequence

import numpy as np
from spacy.attrs import ENT_IOB, ENT_TYPE, IS_SPACE, TAG
from spacy.tokens import Doc

from ..types import TaggingBatch
from .attributes import token_attributes
from .label_tags import LabelTags
from .layers import Layer

ATTRIBUTES = (IS_SPACE, ENT_IOB, ENT_TYPE, TAG)


def make_batch(docs: Sequence[Doc], label_tags: LabelTags, layer: Layer) -> TaggingBatch:
    """Gather the words of docs, and what existing annotation pins.

    docs: The docs.
    label_tags: Looks up the tags of labels.
    layer: The annotation layer.
    RETURNS: The batch, in numpy arrays.
    """
    scheme = label_tags.scheme
    docs = list(docs)
    attributes = np.concatenate(
        [token_attributes(doc, ATTRIBUTES) for doc in docs]
        or [np.zeros((0, len(ATTRIBUTES)), dtype=np.uint64)]
    )
    is_word = attributes[:, 0] == 0 if scheme.spans else np.ones(len(attributes), dtype=bool)
    words = np.flatnonzero(is_word)
    bounds = np.cumsum([0, *(len(doc) for doc in docs)])
    lengths = np.diff(np.searchsorted(words, bounds))
    allowed = layer.pinned(attributes, words, label_tags)
    return TaggingBatch(docs, words, lengths, scheme.transitions, scheme.labels, allowed)
