"""Likeness against counts of n-grams without hashing, and the choice against a plain loop."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_halfree.active_learning import diversity
from spacy_halfree.active_learning.diversity import (
    EPSILON,
    N_GRAMS,
    WIDTH,
    choose_diverse,
    embed_texts,
    expected_gains,
    greatest_similarities,
    normalize,
)

SENTENCES = [
    "play music from 2014",
    "play music from 2015",
    "book a table for two in Berlin",
    "book a table for four in Rome",
    "will it rain tomorrow in the north of Scotland",
    "rate this novel five out of six points",
    "地点はどこですか",
    "地点はどこでしたか",
]


def cosine_by_hand(first: str, second: str) -> float:
    counts = []
    for text in (first, second):
        padded = f" {normalize(text)} "
        grams = [padded[i : i + n] for n in N_GRAMS for i in range(len(padded) - n + 1)]
        counts.append({gram: math.sqrt(k) for gram, k in Counter(grams).items()})
    dot = sum(counts[0][gram] * counts[1].get(gram, 0.0) for gram in counts[0])
    return dot / math.prod(math.sqrt(sum(v * v for v in own.values())) for own in counts)


def test_cosines_are_those_of_ngrams() -> None:
    found = embed_texts(SENTENCES) @ embed_texts(SENTENCES).T
    expected = [[cosine_by_hand(first, second) for second in SENTENCES] for first in SENTENCES]
    # hashed to few columns, they are met up to a few hundredths
    np.testing.assert_allclose(found, expected, atol=0.15)
    assert np.abs(found - expected).mean() < 0.03


@given(st.lists(st.text(max_size=12), min_size=1, max_size=8), st.integers(1, 4))
def test_vectors_have_length_one_and_depend_on_their_text_alone(
    texts: list[str], at_a_time: int
) -> None:
    vectors = embed_texts(texts)
    assert vectors.shape == (len(texts), WIDTH)
    lengths = np.linalg.norm(vectors, axis=1)
    for text, length in zip(texts, lengths.tolist(), strict=True):
        # counts of a very short text may cancel each other out
        assert length == pytest.approx(1, abs=1e-5) or (length == 0 and len(normalize(text)) < 4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(diversity, "TEXTS_AT_A_TIME", at_a_time)
        np.testing.assert_array_equal(embed_texts(texts), vectors)
    np.testing.assert_array_equal(embed_texts(texts[::-1])[::-1], vectors)


@pytest.mark.parametrize(
    "other", ["PLAY  Music\tfrom 2014", " play music from 2014\n", "play music from \uff12014"]
)
def test_case_and_white_space_make_no_difference(other: str) -> None:
    first, second = embed_texts(["play music from 2014", other])
    np.testing.assert_array_equal(first, second)


def test_texts_of_half_characters_and_of_nothing() -> None:
    vectors = embed_texts(["", " \n", "\ud800 lonely", "a"])
    assert not vectors[:2].any()
    assert vectors[2:].any(axis=1).all()
    assert embed_texts([]).shape == (0, WIDTH)


def test_without_others_nothing_is_alike() -> None:
    assert not greatest_similarities(embed_texts(SENTENCES), embed_texts([])).any()


def test_many_others_are_compared_in_parts() -> None:
    generator = np.random.default_rng(0)
    others = generator.normal(size=(2 * WIDTH + 3, 8)).astype(np.float32)
    others /= np.linalg.norm(others, axis=1, keepdims=True)
    found = greatest_similarities(others[:5], others[5:])
    np.testing.assert_allclose(found, (others[:5] @ others[5:].T).max(axis=1), rtol=1e-6)


@given(
    st.integers(1, 25),
    st.integers(0, 4),
    st.integers(1, 30),
    st.sampled_from([0.0, 0.5, 1.0, 3.0]),
    st.sampled_from([0.3, 0.8, 1.0]),
    st.integers(0, 1000),
)
def test_choice_equals_a_plain_loop(
    n_texts: int, n_known: int, n: int, weight: float, limit: float, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    # few directions, so that many are alike or equal
    vectors = generator.integers(0, 2, size=(n_texts + n_known, 4)).astype(np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    texts, known = vectors[:n_texts], vectors[n_texts:]
    scores = generator.random(n_texts)
    left, taken, expected = list(range(n_texts)), list(known), []
    while left and len(expected) < n:
        nearest = [max([0.0, *(float(texts[i] @ other) for other in taken)]) for i in left]
        gains = [
            (scores[i] * (1 - min(near, 1)) ** weight, i)
            for i, near in zip(left, nearest, strict=True)
            if near < min(limit, 1 - EPSILON)
        ]
        if not gains:
            break
        best = max(gains)
        expected.append(best)
        left.remove(best[1])
        taken.append(texts[best[1]])
    chosen, gains_found = choose_diverse(
        scores, texts, known, n, diversity=weight, max_similarity=limit
    )
    assert chosen.tolist() == [i for _, i in expected]
    np.testing.assert_allclose(gains_found, [gain for gain, _ in expected], atol=1e-5)


@given(st.integers(0, 1000))
def test_no_two_that_are_chosen_are_near_duplicates(seed: int) -> None:
    generator = np.random.default_rng(seed)
    scores = generator.random(len(SENTENCES))
    vectors = embed_texts(SENTENCES)
    chosen, _ = choose_diverse(scores, vectors, vectors[:0], 8, diversity=1.0, max_similarity=0.7)
    assert len({0, 1} & set(chosen.tolist())) == 1
    cosines = vectors[chosen] @ vectors[chosen].T - np.eye(len(chosen))
    assert cosines.max() < 0.7


def test_of_equal_gains_the_first_is_taken() -> None:
    chosen, gains = choose_diverse(
        np.array([0.0, 2.0, 2.0, 0.0]),
        embed_texts(SENTENCES[2:6]),
        embed_texts([]),
        4,
        diversity=0.0,
        max_similarity=1.0,
    )
    assert (chosen.tolist(), gains.tolist()) == ([1, 2, 0, 3], [2.0, 2.0, 0.0, 0.0])


def test_gains() -> None:
    found = expected_gains(np.array([2.0, 2.0, 2.0]), np.array([0, 0.5, 1], dtype=np.float32), 2.0)
    assert found.tolist() == [2.0, 0.5, 0.0]
