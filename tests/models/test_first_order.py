"""The first-order head against plain loops and numerical differentiation."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from strategies import (
    check_prediction,
    head_batches,
    history_of,
    legal_mask,
    make_head_batch,
    normal,
    reference_softmax,
    seeds,
)
from thinc.api import CupyOps, NumpyOps
from thinc.util import has_cupy_gpu

from spacy_halfree.models.first_order import first_order_head, greedy_decode
from spacy_halfree.tagging.scheme import TagScheme
from spacy_halfree.types import TaggingBatch

OPS = NumpyOps()
WIDTH = 3


def random_head(n_tags: int, seed: int, ops: Any = OPS) -> Any:
    head = first_order_head()
    head.ops = ops
    head.set_dim("nI", WIDTH)
    head.set_dim("nO", n_tags)
    head.initialize()
    for name in ("W", "b", "A"):
        values = normal(seed, *head.get_param(name).shape, scale=2)
        head.set_param(name, ops.asarray(values))
    return head


def loop_decode(
    emissions: NDArray[np.float32], transition_scores: NDArray[np.float32], batch: TaggingBatch
) -> tuple[list[int], list[int]]:
    tags: list[int] = []
    previous_tags: list[int] = []
    position = 0
    for length in batch.lengths.tolist():
        previous = batch.start
        for i in range(position, position + length):
            best, best_score = -1, -np.inf
            for tag in range(batch.n_tags):
                if not batch.transitions[previous, tag]:
                    continue
                if batch.allowed is not None and not batch.allowed[i, tag]:
                    continue
                score = emissions[i, tag] + transition_scores[previous, tag]
                if score > best_score:
                    best, best_score = tag, score
            previous_tags.append(previous)
            tags.append(best)
            previous = best
        position += length
    return tags, previous_tags


@given(head_batches(), seeds)
def test_greedy_decode_equals_a_loop(batch: TaggingBatch, seed: int) -> None:
    emissions = normal(seed, batch.n_words, batch.n_tags)
    scores = normal(seed + 1, batch.n_tags + 1, batch.n_tags)
    tags, previous_tags = greedy_decode(OPS, emissions, scores, batch)
    expected_tags, expected_history = loop_decode(emissions, scores, batch)
    assert tags.tolist() == expected_tags
    assert previous_tags.tolist() == expected_history
    assert tags.dtype == previous_tags.dtype == np.int64


@given(head_batches(), seeds)
def test_probabilities_equal_the_reference(batch: TaggingBatch, seed: int) -> None:
    head = random_head(batch.n_tags, seed)
    vectors = normal(seed + 1, batch.n_words, WIDTH)
    prediction = head.predict((vectors, batch, None))
    check_prediction(batch, prediction)
    previous_tags = history_of(batch, prediction.tags)
    W, b, A = (head.get_param(name).astype(np.float64) for name in ("W", "b", "A"))
    logits = vectors.astype(np.float64) @ W.T + b + A[previous_tags]
    assert np.allclose(
        prediction.probabilities, reference_softmax(logits, batch, previous_tags), atol=1e-5
    )
    given_history, _ = head.begin_update((vectors, batch, previous_tags))
    assert np.allclose(given_history.probabilities, prediction.probabilities, atol=1e-6)


@given(head_batches(max_length=4, min_words=1), seeds)
def test_gradients_equal_numerical_ones(batch: TaggingBatch, seed: int) -> None:
    head = random_head(batch.n_tags, seed)
    random = np.random.default_rng(seed)
    vectors = normal(seed + 1, batch.n_words, WIDTH)
    previous_tags = history_of(batch, head.predict((vectors, batch, None)).tags)
    targets = np.where(
        legal_mask(batch, previous_tags), random.random((batch.n_words, batch.n_tags)) + 0.1, 0
    )
    targets /= targets.sum(axis=1, keepdims=True)

    values = {name: head.get_param(name).astype(np.float64) for name in ("W", "b", "A")}
    values["vectors"] = vectors.astype(np.float64)

    def loss(values: dict[str, NDArray[np.float64]]) -> float:
        logits = values["vectors"] @ values["W"].T + values["b"] + values["A"][previous_tags]
        probabilities = reference_softmax(logits, batch, previous_tags)
        return float(-(targets * np.log(np.where(targets > 0, probabilities, 1))).sum())

    prediction, backprop = head.begin_update((vectors, batch, previous_tags))
    d_vectors = backprop((prediction.probabilities - targets).astype(np.float32))
    found = {name: head.get_grad(name) for name in ("W", "b", "A")}
    found["vectors"] = d_vectors
    step = 1e-5
    for name, gradient in found.items():
        assert gradient.shape == values[name].shape
        for place in np.ndindex(*gradient.shape):
            shifted = []
            for sign in (1, -1):
                moved = dict(values, **{name: values[name].copy()})
                moved[name][place] += sign * step
                shifted.append(loss(moved))
            expected = (shifted[0] - shifted[1]) / (2 * step)
            assert abs(gradient[place] - expected) < 1e-3 * max(1, abs(expected))


@given(st.data(), head_batches(min_words=1), seeds)
def test_texts_do_not_depend_on_their_neighbours(
    data: st.DataObject, batch: TaggingBatch, seed: int
) -> None:
    head = random_head(batch.n_tags, seed)
    vectors = normal(seed + 1, batch.n_words, WIDTH)
    together = head.predict((vectors, batch, None))
    bounds = np.cumsum([0, *batch.lengths])
    order = data.draw(st.permutations(range(len(batch.lengths))))
    order = order[: data.draw(st.integers(1, len(order)))]
    rows = np.concatenate([np.arange(bounds[i], bounds[i + 1]) for i in order])
    smaller = TaggingBatch(
        docs=[],
        words=np.arange(len(rows)),
        lengths=batch.lengths[list(order)],
        transitions=batch.transitions,
        labels=batch.labels,
        allowed=None if batch.allowed is None else batch.allowed[rows],
    )
    apart = head.predict((vectors[rows], smaller, None))
    assert apart.tags.tolist() == together.tags[rows].tolist()
    assert np.allclose(apart.probabilities, together.probabilities[rows], atol=1e-5)


def test_an_untrained_head_gives_even_distributions() -> None:
    head = first_order_head()
    head.set_dim("nI", WIDTH)
    head.set_dim("nO", 4)
    head.initialize()
    batch = make_head_batch(TagScheme(("A", "B"), spans=True), [2])
    previous_tags = np.array([batch.start, 2])
    prediction, _ = head.begin_update((normal(0, 2, WIDTH), batch, previous_tags))
    assert np.allclose(prediction.probabilities, [[1 / 3, 0, 1 / 3, 1 / 3], [0.25] * 4])


@pytest.mark.gpu
@pytest.mark.skipif(not has_cupy_gpu, reason="needs CUDA")
def test_the_same_on_a_gpu() -> None:
    scheme = TagScheme(("A", "B"), spans=True)
    allowed = np.ones((9, 4), dtype=bool)
    allowed[3] = [False, False, True, False]
    batch = make_head_batch(scheme, [4, 0, 5], allowed)
    vectors = normal(1, 9, WIDTH)
    expected = random_head(4, 0).predict((vectors, batch, None))
    ops = CupyOps()
    found = random_head(4, 0, ops).predict((ops.asarray(vectors), batch, None))
    assert ops.to_numpy(found.tags).tolist() == expected.tags.tolist()
    assert np.allclose(ops.to_numpy(found.probabilities), expected.probabilities, atol=1e-5)


@given(head_batches(), st.sampled_from([np.inf, -np.inf, np.nan, 3e38, -3e38]), seeds)
def test_overflowing_weights_break_no_constraint(batch: Any, value: float, seed: int) -> None:
    head = random_head(batch.n_tags, seed)
    generator = np.random.default_rng(seed)
    for name in ("W", "b", "A"):
        values = head.get_param(name).copy()
        values[generator.random(values.shape) < 0.4] = value
        head.set_param(name, values)
    vectors = normal(seed, batch.n_words, WIDTH)
    with np.errstate(all="ignore"):
        check_prediction(batch, head.predict((vectors, batch, None)))
