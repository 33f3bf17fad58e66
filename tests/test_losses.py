"""Cross-entropy and its gradient, as seen from the logits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from strategies import normal, seeds
from thinc.api import NumpyOps

from spacy_halfree.losses import cross_entropy
from spacy_halfree.pipeline.settings import LEAST_TEMPERATURE, MOST_TEMPERATURE
from spacy_halfree.types import Targets

OPS = NumpyOps()
temperatures = st.sampled_from([0.5, 1.0, 1.7, 4.0])


def masked_softmax(logits: NDArray[np.float64], legal: NDArray[np.bool_]) -> NDArray[np.float64]:
    scores = np.where(legal, logits, -np.inf)
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def random_case(
    seed: int, n_words: int, n_tags: int, kinds: list[str]
) -> tuple[NDArray[np.float64], NDArray[np.bool_], Targets]:
    """Logits, masks, and targets: gold, soft, or unknown (weight 0)."""
    random = np.random.default_rng(seed)
    logits = normal(seed, n_words, n_tags, scale=2).astype(np.float64)
    legal = random.random((n_words, n_tags)) < 0.7
    legal[np.arange(n_words), random.integers(n_tags, size=n_words)] = True
    distributions = np.zeros((n_words, n_tags))
    for i, kind in enumerate(kinds):
        if kind == "gold":
            distributions[i, random.choice(np.flatnonzero(legal[i]))] = 1
        elif kind == "soft":
            distributions[i] = masked_softmax(normal(seed + i, 1, n_tags), legal[i : i + 1])[0]
    weights = [0.0 if kind == "unknown" else random.uniform(0.2, 2) for kind in kinds]
    targets = Targets(
        tags=np.zeros(n_words, dtype=np.int64),
        previous_tags=np.zeros(n_words, dtype=np.int64),
        distributions=distributions.astype(np.float32),
        weights=np.array(weights, dtype=np.float32),
        is_soft=np.array([kind == "soft" for kind in kinds], dtype=bool),
    )
    return logits, legal, targets


def reference_loss(
    logits: NDArray[np.float64], legal: NDArray[np.bool_], targets: Targets, temperature: float
) -> float:
    """Word by word; a softened softmax is that of the logits divided by the temperature."""
    total = 0.0
    n_known = 0
    for i, weight in enumerate(targets.weights.tolist()):
        if not weight:
            continue
        n_known += 1
        t = temperature if targets.is_soft[i] else 1.0
        wanted = targets.distributions[i].astype(np.float64) ** (1 / t)
        wanted /= wanted.sum()
        found = masked_softmax(logits[i : i + 1] / t, legal[i : i + 1])[0]
        own = sum(-w * np.log(f) for w, f in zip(wanted, found, strict=True) if w > 0)
        total += own * t**2 * weight
    return total / max(n_known, 1)


kinds_of_words = st.lists(st.sampled_from(["gold", "soft", "unknown"]), min_size=1, max_size=5)


@given(seeds, st.integers(1, 5), kinds_of_words, temperatures)
def test_value_and_gradient(seed: int, n_tags: int, kinds: list[str], temperature: float) -> None:
    logits, legal, targets = random_case(seed, len(kinds), n_tags, kinds)
    probabilities = masked_softmax(logits, legal).astype(np.float32)
    loss, gradient = cross_entropy(OPS, probabilities, targets, temperature)
    expected = reference_loss(logits, legal, targets, temperature)
    assert loss == pytest.approx(expected, rel=1e-4, abs=1e-5)
    assert gradient.shape == logits.shape
    assert gradient.dtype == np.float32
    step = 1e-5
    for place in np.ndindex(*logits.shape):
        moved = []
        for sign in (1, -1):
            shifted = logits.copy()
            shifted[place] += sign * step
            moved.append(reference_loss(shifted, legal, targets, temperature))
        slope = (moved[0] - moved[1]) / (2 * step)
        assert gradient[place] == pytest.approx(slope, rel=1e-3, abs=1e-4)
    assert (gradient[~legal] == 0).all()


@given(seeds, temperatures)
def test_unknown_words_give_no_gradient(seed: int, temperature: float) -> None:
    kinds = ["gold", "unknown", "soft", "unknown"]
    logits, legal, targets = random_case(seed, 4, 3, kinds)
    probabilities = masked_softmax(logits, legal).astype(np.float32)
    _, gradient = cross_entropy(OPS, probabilities, targets, temperature)
    assert (gradient[[1, 3]] == 0).all()
    targets.weights[:] = 0
    loss, gradient = cross_entropy(OPS, probabilities, targets, temperature)
    assert loss == 0
    assert (gradient == 0).all()


@given(seeds, temperatures)
def test_a_perfect_student_has_no_gradient(seed: int, temperature: float) -> None:
    _, _, targets = random_case(seed, 3, 4, ["soft", "gold", "soft"])
    _, gradient = cross_entropy(OPS, targets.distributions.copy(), targets, temperature)
    assert np.allclose(gradient, 0, atol=1e-6)


def test_certain_and_wrong_is_finite() -> None:
    targets = Targets(
        tags=np.zeros(1, dtype=np.int64),
        previous_tags=np.zeros(1, dtype=np.int64),
        distributions=np.array([[0, 1]], dtype=np.float32),
        weights=np.ones(1, dtype=np.float32),
        is_soft=np.zeros(1, dtype=bool),
    )
    loss, gradient = cross_entropy(OPS, np.array([[1, 0]], dtype=np.float32), targets)
    assert 80 < loss < 100
    assert gradient.tolist() == [[1, -1]]


def test_no_words() -> None:
    empty = np.zeros((0, 3), dtype=np.float32)
    none = np.zeros(0, dtype=np.float32)
    no_tags = none.astype(np.int64)
    targets = Targets(no_tags, no_tags, empty, none, none.astype(bool))
    for temperature in (1.0, 2.0):
        loss, gradient = cross_entropy(OPS, empty, targets, temperature)
        assert loss == 0
        assert gradient.shape == (0, 3)


@pytest.mark.parametrize("temperature", [LEAST_TEMPERATURE, MOST_TEMPERATURE])
@given(seed=seeds, n_tags=st.integers(1, 5), kinds=kinds_of_words)
def test_temperatures_at_the_edge(
    temperature: float, seed: int, n_tags: int, kinds: list[str]
) -> None:
    """Finite, and the gradient has the digits that float32 has."""
    logits, legal, targets = random_case(seed, len(kinds), n_tags, kinds)
    probabilities = masked_softmax(logits, legal).astype(np.float32)
    loss, gradient = cross_entropy(OPS, probabilities, targets, temperature)
    assert 0 <= loss < 1e5
    t = np.where(targets.is_soft, temperature, 1.0)[:, None]
    logs = [
        np.log(np.where(rows > 0, rows, 1), dtype=np.float64) / t
        for rows in (probabilities, targets.distributions)
    ]
    found, wanted = (
        masked_softmax(scores, rows > 0)
        for scores, rows in zip(logs, (probabilities, with_any(targets)), strict=True)
    )
    n_known = max((targets.weights > 0).sum(), 1)
    expected = (found - wanted) * t * targets.weights[:, None] / n_known
    np.testing.assert_allclose(gradient, expected, atol=1e-4)


def with_any(targets: Targets) -> NDArray[np.float32]:
    """The distributions, with any in the place of those that are not known."""
    known = targets.distributions.any(axis=1, keepdims=True)
    return np.where(known, targets.distributions, 1)
