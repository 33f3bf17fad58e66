"""Scores against sums that are written out."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_halfree.active_learning.uncertainty import (
    disagreements,
    entropies,
    score_texts,
    surprisals,
)
from spacy_halfree.types import Doubles, Floats, Ints

LENGTHS = st.lists(st.integers(0, 5), min_size=1, max_size=6)


def draw_distributions(seed: int, n_words: int, n_tags: int) -> Floats:
    """Distributions in which some tags are not allowed."""
    generator = np.random.default_rng(seed)
    weights = generator.gamma(0.3, size=(n_words, n_tags)) + 1e-9
    weights[generator.random(weights.shape) < 0.3] = 0
    weights[:, 0] += weights.sum(axis=1) == 0
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def entropy_by_hand(row: Floats) -> float:
    return -sum(float(p) * math.log(float(p)) for p in row if p > 0)


@given(LENGTHS, st.integers(1, 6), st.integers(0, 10_000))
def test_entropies_of_texts(lengths: list[int], n_tags: int, seed: int) -> None:
    rows = draw_distributions(seed, sum(lengths), n_tags)
    texts = np.split(rows, np.cumsum(lengths)[:-1])
    expected = [sum(map(entropy_by_hand, text)) for text in texts]
    found = score_texts(entropies(rows), np.array(lengths), "text")
    np.testing.assert_allclose(found, expected, atol=1e-6)
    means = [total / max(length, 1) for total, length in zip(expected, lengths, strict=True)]
    found = score_texts(entropies(rows), np.array(lengths), "word")
    np.testing.assert_allclose(found, means, atol=1e-6)
    assert (entropies(rows) <= math.log(n_tags) + 1e-6).all()


@given(LENGTHS, st.integers(2, 6), st.integers(0, 10_000))
def test_confidence_is_the_probability_of_all_tags(
    lengths: list[int], n_tags: int, seed: int
) -> None:
    rows = draw_distributions(seed, sum(lengths), n_tags)
    tags: Ints = rows.argmax(axis=1) if len(rows) else np.zeros(0, dtype=np.int64)
    chosen = rows[np.arange(len(rows)), tags].astype(np.float64)
    expected = [math.prod(own) for own in np.split(chosen, np.cumsum(lengths)[:-1])]
    found = score_texts(surprisals(rows, tags), np.array(lengths), "text")
    np.testing.assert_allclose(np.exp(-found), expected, rtol=1e-5)


@given(st.integers(1, 5), st.integers(1, 4), st.integers(2, 5), st.integers(0, 10_000))
def test_disagreement_is_the_mutual_information_of_tag_and_model(
    n_words: int, n_models: int, n_tags: int, seed: int
) -> None:
    members = [draw_distributions(seed + i, n_words, n_tags) for i in range(n_models)]
    expected = []
    for word in range(n_words):
        joint = np.array([own[word] for own in members], dtype=np.float64) / n_models
        joint /= joint.sum()
        tag, model = joint.sum(axis=0), joint.sum(axis=1)
        pairs = np.argwhere(joint > 0)
        expected.append(
            sum(joint[m, t] * math.log(joint[m, t] / (tag[t] * model[m])) for m, t in pairs)
        )
    found = disagreements(members)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert (found <= math.log(n_models) + 1e-5).all()


def test_models_that_say_the_same_do_not_disagree_however_unsure_they_are() -> None:
    rows = np.full((3, 4), 0.25, dtype=np.float32)
    np.testing.assert_allclose(disagreements([rows, rows, rows]), 0, atol=1e-12)
    np.testing.assert_allclose(entropies(rows), math.log(4))
    sure: list[Floats] = [np.eye(2, dtype=np.float32)[[0]], np.eye(2, dtype=np.float32)[[1]]]
    np.testing.assert_allclose(disagreements(sure), math.log(2))


@pytest.mark.parametrize("unit", ["text", "word"])
def test_texts_without_words_are_worth_nothing(unit: str) -> None:
    words: Doubles = np.array([1.0, 3.0])
    found = score_texts(words, np.array([0, 2, 0]), unit)  # type: ignore[arg-type]
    assert found.tolist() == [0, 4 if unit == "text" else 2, 0]
    assert score_texts(np.zeros(0), np.array([0]), unit).tolist() == [0]  # type: ignore[arg-type]
