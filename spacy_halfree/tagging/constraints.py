"""Which tags each word may have, whatever its neighbours are: annotation that is already there.

Together with `TagScheme.transitions` this is all that decoding obeys. Both are applied to the
scores before they are normalized, in training as in decoding.
"""

import numpy as np

from ..types import Bools, Ints
from .scheme import INSIDE, OUTSIDE, UNKNOWN, TagScheme


def pinned_span_tags(
    iob: Ints,
    label_tags: Ints,
    has_label: Bools,
    words: Ints,
) -> tuple[Ints, Bools]:
    """The tags that existing entities pin on the words.

    A label that is not in the scheme, or none (spaCy's blocked tokens), forces `O`: the model is
    told that nothing of its own stands there.

    iob (n_tokens): spaCy's codes of all tokens: 0 missing, 1 inside, 2 outside, 3 beginning.
    label_tags (n_tokens): The tag of each token's entity label, or `UNKNOWN`.
    has_label (n_tokens): Whether the token's entity has a label at all.
    words (n_words): The token index of each word.
    RETURNS: The pinned tag of each word, `UNKNOWN` where it is free (n_words), and whether a
        pinned token stands directly before the word, or between it and the word before, so that
        no span may run on from there (n_words).
    """
    pinned = (iob == 3) | ((iob == 1) & has_label)
    entity = np.cumsum(iob == 3)[words]
    is_pinned = pinned[words]
    # white space at an entity's edge is no word, so its first word need not be its beginning
    begins = (
        is_pinned & np.append(True, (entity[1:] != entity[:-1]) | ~is_pinned[:-1])[: len(words)]
    )
    pinned_tags = np.full(len(words), UNKNOWN, dtype=np.int64)
    pinned_tags[is_pinned] = np.where(label_tags[words[is_pinned]] == UNKNOWN, OUTSIDE, INSIDE)
    known_begins = begins & (label_tags[words] != UNKNOWN)
    pinned_tags[known_begins] = label_tags[words[known_begins]]
    pinned_before = np.append(0, np.cumsum(pinned))
    breaks = np.zeros(len(words), dtype=bool)
    breaks[1:] = pinned_before[words[1:]] > pinned_before[words[:-1]]
    return pinned_tags, breaks & (pinned_tags == UNKNOWN)


def word_mask(pinned_tags: Ints, breaks: Bools, scheme: TagScheme) -> Bools:
    """Which tags each word may have.

    pinned_tags (n_words): The pinned tag of a word, or `UNKNOWN`.
    breaks (n_words): Whether no span may run on into the word.
    RETURNS (n_words x n_tags): Whether the word may have the tag.
    """
    has_tag = pinned_tags != UNKNOWN
    allowed = np.ones((len(pinned_tags), scheme.n_tags), dtype=bool)
    if scheme.spans:
        allowed[breaks, INSIDE] = False
    allowed[has_tag] = np.arange(scheme.n_tags) == pinned_tags[has_tag, None]
    return allowed
