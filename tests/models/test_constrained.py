"""Normalizing over the allowed tags, and the order of decoding."""

import numpy as np
from hypothesis import given
from strategies import (
    head_batches,
    history_of,
    legal_mask,
    normal,
    reference_softmax,
    seeds,
    text_lengths,
)
from thinc.api import NumpyOps

from spacy_halfree.models.constrained import constrained_softmax, greedy_order
from spacy_halfree.types import TaggingBatch

OPS = NumpyOps()


def legal_tags(batch: TaggingBatch, seed: int) -> np.ndarray:
    """Random tags that the batch allows."""
    random = np.random.default_rng(seed)
    tags = np.zeros(batch.n_words, dtype=np.int64)
    for i in range(batch.n_words):
        legal = legal_mask(batch, history_of(batch, tags))[i]
        tags[i] = random.choice(np.flatnonzero(legal))
    return tags


@given(head_batches(), seeds)
def test_softmax_equals_the_reference(batch: TaggingBatch, seed: int) -> None:
    previous_tags = history_of(batch, legal_tags(batch, seed))
    logits = normal(seed, batch.n_words, batch.n_tags, scale=5)
    found = constrained_softmax(OPS, logits, previous_tags, batch)
    expected = reference_softmax(logits, batch, previous_tags)
    assert np.allclose(found, expected, atol=1e-6)
    assert found.dtype == np.float32
    assert (found[~legal_mask(batch, previous_tags)] == 0).all()


@given(head_batches(), seeds)
def test_softmax_of_huge_scores_is_finite(batch: TaggingBatch, seed: int) -> None:
    previous_tags = history_of(batch, legal_tags(batch, seed))
    logits = normal(seed, batch.n_words, batch.n_tags, scale=1e30)
    found = constrained_softmax(OPS, logits, previous_tags, batch)
    assert np.isfinite(found).all()
    assert np.allclose(found.sum(axis=1), 1)


@given(text_lengths)
def test_greedy_order_visits_each_word_once(lengths: list[int]) -> None:
    order, n_active = greedy_order(np.array(lengths, dtype=np.int64))
    assert sorted(order.tolist()) == list(range(len(lengths)))
    visited = [(text, step) for step, n in enumerate(n_active) for text in order[:n].tolist()]
    expected = [(text, step) for text, length in enumerate(lengths) for step in range(length)]
    assert sorted(visited) == expected
