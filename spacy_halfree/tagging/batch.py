"""From docs to the words that get tags, and the tags that each may have."""

from collections.abc import Sequence

import numpy as np
from spacy.attrs import ENT_IOB, ENT_TYPE, IS_SPACE, TAG
from spacy.strings import StringStore
from spacy.tokens import Doc

from ..types import Hashes, Ints, TaggingBatch, Target
from .attributes import token_attributes
from .constraints import pinned_span_tags, word_mask
from .scheme import UNKNOWN, TagScheme


class LabelTags:
    """Looks up the tags of labels given by their hashes, many at once.

    strings: The string store in which the labels have their hashes.
    scheme: The tags.
    """

    def __init__(self, strings: StringStore, scheme: TagScheme) -> None:
        self.scheme = scheme
        hashes = np.array([strings.add(label) for label in scheme.labels], dtype=np.uint64)
        order = np.argsort(hashes)
        self._hashes = hashes[order]
        self._tags = order.astype(np.int64) + scheme.offset

    def __call__(self, hashes: Hashes) -> Ints:
        """RETURNS: The tag of each label, `UNKNOWN` where it is none of the scheme's."""
        if not len(self._hashes):
            return np.full(hashes.shape, UNKNOWN, dtype=np.int64)
        place = np.searchsorted(self._hashes, hashes).clip(max=len(self._hashes) - 1)
        return np.where(self._hashes[place] == hashes, self._tags[place], UNKNOWN)


def make_batch(docs: Sequence[Doc], label_tags: LabelTags, target: Target) -> TaggingBatch:
    """Gather the words of the docs and what their existing annotation forces on them.

    Entities on the docs are pinned when entities are tagged, tags when tags are; span groups are
    written anew and pin nothing.

    docs: The docs.
    label_tags: Looks up the tags of labels.
    target: What is tagged.
    RETURNS: The batch, in numpy arrays.
    """
    scheme = label_tags.scheme
    docs = list(docs)
    attributes = np.concatenate(
        [token_attributes(doc, [IS_SPACE, ENT_IOB, ENT_TYPE, TAG]) for doc in docs]
        or [np.zeros((0, 4), dtype=np.uint64)]
    )
    is_word = attributes[:, 0] == 0 if scheme.spans else np.ones(len(attributes), dtype=bool)
    words = np.flatnonzero(is_word)
    bounds = np.cumsum([0, *(len(doc) for doc in docs)])
    lengths = np.diff(np.searchsorted(words, bounds))
    allowed = None
    if target == "ents" and (attributes[:, 1] % 2).any():
        types = attributes[:, 2]
        forced, breaks = pinned_span_tags(
            attributes[:, 1].astype(np.int64), label_tags(types), types != 0, words
        )
        allowed = word_mask(forced, breaks, scheme)
    elif target == "tags" and attributes[:, 3].any():
        allowed = word_mask(label_tags(attributes[:, 3]), np.zeros(len(words), dtype=bool), scheme)
    return TaggingBatch(docs, words, lengths, scheme.transitions, scheme.labels, allowed)
