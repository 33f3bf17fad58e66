"""From scores to distributions over the allowed tags, and the order of greedy decoding."""

import numpy as np
from thinc.api import Ops
from thinc.types import Floats2d, Ints1d

from ..types import Ints, TaggingBatch

BOUND = 1e30
"""Beyond every real score, and small enough that a few of them can be added up."""
UNKNOWN = -1
"""Stands for a tag that is not known."""


def constrained_softmax(
    ops: Ops, logits: Floats2d, previous_tags: Ints1d, batch: TaggingBatch
) -> Floats2d:
    """Normalize each word's scores over the tags that may stand there.

    ops: Where the arrays live.
    logits (n_words x n_tags, float32): The scores.
    previous_tags (n_words, int64): The tag before each word, or the start row.
    batch: The batch, for its constraints.
    RETURNS (n_words x n_tags, float32): p(tag | previous_tags, text); 0 where a tag is not allowed.
    """
    xp = ops.xp
    allowed = xp.asarray(batch.transitions)[previous_tags]
    if batch.allowed is not None:
        allowed = allowed & xp.asarray(batch.allowed)
    scores = xp.where(allowed, finite(ops, logits), -xp.inf)
    # tag by tag: numpy is several times slower where it reduces rows as short as these
    scores = xp.ascontiguousarray(scores.T)
    scores -= scores.max(axis=0)
    xp.exp(scores, out=scores)
    scores /= scores.sum(axis=0)
    return xp.ascontiguousarray(scores.T)


def finite(ops: Ops, scores: Floats2d) -> Floats2d:
    """Scores without infinities and NaN, which an overflow or broken weights leave behind.

    Otherwise an allowed tag could score like a forbidden one, and constraints would not hold.

    ops: Where the array lives.
    scores (n x n_tags, float32): Any scores.
    RETURNS (n x n_tags, float32): The same scores between -BOUND and BOUND.
    """
    # unlike `maximum` and `minimum`, these two drop NaN
    return ops.xp.fmin(ops.xp.fmax(scores, -BOUND), BOUND)


def greedy_order(lengths: Ints) -> tuple[Ints, list[int]]:
    """How to walk through sequences of different lengths side by side, one word of each at a time.

    lengths (n_sequences): The number of words of each sequence.
    RETURNS: The sequences from the longest to the shortest, and for each step how many of them
        still have a word; these are the first ones of that order.
    """
    steps = np.arange(int(lengths.max(initial=0)))
    n_active = len(lengths) - np.searchsorted(np.sort(lengths), steps, side="right")
    return np.argsort(-lengths, kind="stable"), n_active.tolist()
