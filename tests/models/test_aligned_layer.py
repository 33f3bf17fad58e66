"""The aligned decoder as a thinc layer: bytes, dropout and gradients."""

from __future__ import annotations

import json
import os
import pickle
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import srsly
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import check_prediction, head_batches, make_head_batch, normal, seeds
from thinc.api import set_dropout_rate

torch = pytest.importorskip("torch")

from spacy_halfree.models.aligned_layer import DecoderShim, aligned_decoder  # noqa: E402
from spacy_halfree.tagging.scheme import TagScheme  # noqa: E402
from spacy_halfree.types import TaggingBatch  # noqa: E402

WIDTH = 8
SIZES = {"layers": 1, "heads": 2, "hidden_factor": 2, "window": 5, "margin": 1}


def new_layer(dropout: float | None = None, share_label_words: bool = True) -> Any:
    return aligned_decoder(SIZES, dropout=dropout, share_label_words=share_label_words)


def make_layer(n_tags: int, seed: int = 0, width: int = WIDTH, **settings: Any) -> Any:
    layer = new_layer(**settings)
    layer.set_dim("nI", width)
    layer.set_dim("nO", n_tags)
    torch.manual_seed(seed % 2**31)
    layer.initialize()
    randomize(module_of(layer), seed)
    return layer


def make_named_layer(labels: tuple[str, ...], **settings: Any) -> Any:
    layer = new_layer(**settings)
    layer.attrs["labels"] = labels
    layer.set_dim("nI", WIDTH)
    layer.set_dim("nO", len(labels) + 2)
    layer.initialize()
    return layer


def test_labels_share_what_their_names_share() -> None:
    """A new layer has not learned anything of the shared words; one step teaches all of them."""
    labels = ("toloc.city_name", "fromloc.city_name", "price")
    layer = make_named_layer(labels)
    module = module_of(layer)
    assert module.shared.membership.tolist() == [[0, 0], [0, 0], [1, 1], [1, 1], [0, 0], [0, 0]]
    assert not module.shared.outputs.any()
    batch = make_head_batch(TagScheme(labels, spans=True), [1])
    _, backprop = layer.begin_update((normal(0, 1, WIDTH), batch, np.array([batch.start])))
    d_logits = np.zeros((1, 5), dtype="f")
    d_logits[0, 2] = 1.0
    backprop(d_logits)
    gradients = module.shared.outputs.grad
    # "city" and "name" get the gradient of the one label that was scored
    assert torch.equal(gradients[0], module.output.weight.grad[2])
    assert torch.equal(gradients[0], gradients[1])


@pytest.mark.parametrize(
    ("labels", "settings"),
    [
        (("city", "price"), {}),
        (("a_city", "b_city"), {"share_label_words": False}),
    ],
)
def test_nothing_is_shared_without_need(labels: tuple[str, ...], settings: dict[str, Any]) -> None:
    assert module_of(make_named_layer(labels, **settings)).shared is None


def test_shared_words_are_saved() -> None:
    layer = make_named_layer(("a_city", "b_city"))
    randomize(module_of(layer), 1)
    loaded = new_layer().from_bytes(layer.to_bytes())
    batch = make_head_batch(TagScheme(("a_city", "b_city"), spans=True), [3])
    vectors = normal(0, 3, WIDTH)
    np.testing.assert_array_equal(
        layer.predict((vectors, batch, None)).probabilities,
        loaded.predict((vectors, batch, None)).probabilities,
    )


def module_of(layer: Any) -> Any:
    """thinc's shims have no public name for the module that they hold."""
    return layer.shims[0]._model


def randomize(module: Any, seed: int) -> None:
    torch.manual_seed(seed % 2**31)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.normal_(std=0.7)


@pytest.fixture
def layer() -> Any:
    return make_layer(4)


@pytest.fixture
def batch() -> TaggingBatch:
    return make_head_batch(TagScheme(("A", "B"), spans=True), [4, 0, 9])


# -- contract


@given(head_batches(max_length=12, min_words=1), seeds)
def test_predictions_are_legal(batch: TaggingBatch, seed: int) -> None:
    layer = make_layer(batch.n_tags, seed)
    vectors = normal(seed, batch.n_words, WIDTH)
    check_prediction(batch, layer.predict((vectors, batch, None)))


def test_backprop_gives_the_gradient_of_the_logits(layer: Any, batch: TaggingBatch) -> None:
    vectors, d_logits = normal(0, 13, WIDTH), normal(1, 13, 4)
    previous_tags = np.array([batch.start, *[0, 2, 1], batch.start, *[0, 0, 3, 1, 1, 2, 0, 0]])
    _, backprop = layer.begin_update((vectors, batch, previous_tags))
    found = backprop(d_logits)
    module = module_of(layer)
    gradients = {name: p.grad.clone() for name, p in module.named_parameters()}
    module.zero_grad()
    inputs = torch.as_tensor(vectors).requires_grad_()
    logits, _, _ = module(
        inputs,
        lengths=batch.lengths,
        transitions=torch.as_tensor(batch.transitions),
        allowed=None,
        previous_tags=torch.as_tensor(previous_tags),
    )
    logits.backward(torch.as_tensor(d_logits))
    assert np.allclose(found, inputs.grad.numpy(), atol=1e-5)
    assert np.abs(found).max() > 0
    for name, parameter in module.named_parameters():
        assert torch.allclose(gradients[name], parameter.grad, atol=1e-5), name


def test_heads_must_divide_the_width() -> None:
    with pytest.raises(ValueError, match="H014"):
        make_layer(4, width=9)


@pytest.mark.parametrize("bias", [[1e-9, 1.0, 2e-9], [np.nan, np.inf, -np.inf], [0.0, np.inf, 0.0]])
def test_nearly_equal_and_broken_scores_break_no_constraint(bias: list[float]) -> None:
    """`exp` makes ties of what was no tie when the tag was chosen."""
    scheme = TagScheme(("LOC",), spans=True)
    batch = make_head_batch(scheme, [6, 1])
    layer = make_layer(scheme.n_tags)
    state = layer.shims[0]._model.output
    with torch.no_grad():
        state.weight.zero_()
        state.bias.copy_(torch.tensor(bias))
    prediction = layer.predict((normal(0, batch.n_words, WIDTH), batch, None))
    before = [scheme.start, *prediction.tags.tolist()[:5], scheme.start]
    assert scheme.transitions[before, prediction.tags].all()
    assert np.isfinite(prediction.probabilities).all()


# -- dropout


@pytest.mark.parametrize("fixed", [None, 0.5])
def test_dropout_reaches_torch(batch: TaggingBatch, fixed: float | None) -> None:
    layer = make_layer(4, dropout=fixed)
    inputs = (normal(0, 13, WIDTH), batch, np.full(13, batch.start))

    def two_runs() -> tuple[Any, Any]:
        return tuple(layer.begin_update(inputs)[0].probabilities for _ in range(2))

    set_dropout_rate(layer, 0.5)
    first, second = two_runs()
    assert not np.allclose(first, second)
    set_dropout_rate(layer, 0.0)
    first, second = two_runs()
    assert np.array_equal(first, second) == (fixed is None)


def test_no_dropout_in_prediction(batch: TaggingBatch) -> None:
    layer = make_layer(4, dropout=0.5)
    vectors = normal(0, 13, WIDTH)
    expected = make_layer(4).predict((vectors, batch, None)).probabilities
    layer.begin_update((vectors, batch, np.full(13, batch.start)))
    for _ in range(2):
        found = layer.predict((vectors, batch, None)).probabilities
        assert np.allclose(found, expected, atol=1e-6)


# -- bytes


def test_bytes_round_trip(layer: Any, batch: TaggingBatch) -> None:
    vectors = normal(0, 13, WIDTH)
    loaded = new_layer().from_bytes(layer.to_bytes())
    assert loaded.get_dim("nO") == 4
    expected = layer.predict((vectors, batch, None))
    found = loaded.predict((vectors, batch, None))
    assert np.array_equal(found.probabilities, expected.probabilities)
    assert found.tags.tolist() == expected.tags.tolist()
    assert loaded.to_bytes() == layer.to_bytes()


def test_bytes_of_a_layer_without_module() -> None:
    loaded = new_layer().from_bytes(new_layer().to_bytes())
    assert module_of(loaded) is None


def test_weights_are_safetensors(layer: Any) -> None:
    from safetensors.torch import load

    message = srsly.msgpack_loads(layer.shims[0].to_bytes())
    state = load(message["state"])
    expected = module_of(layer).state_dict()
    assert state.keys() == expected.keys()
    assert all(torch.equal(state[name], expected[name]) for name in state)
    assert json.loads(message["sizes"])["width"] == WIDTH


@lru_cache
def saved_decoder() -> bytes:
    return make_layer(4).shims[0].to_bytes()


@settings(max_examples=40)
@given(st.floats(0, 1, exclude_max=True))
def test_truncated_bytes(share: float) -> None:
    data = saved_decoder()
    with pytest.raises(ValueError, match="H017"):
        DecoderShim().from_bytes(data[: int(share * len(data))])


@settings(max_examples=40)
@given(st.floats(0, 1, exclude_max=True))
def test_truncated_weights(share: float) -> None:
    message = srsly.msgpack_loads(saved_decoder())
    cut = int(share * len(message["state"]))
    message["state"] = message["state"][: max(cut, 1)]
    with pytest.raises(ValueError, match="H017"):
        DecoderShim().from_bytes(srsly.msgpack_dumps(message))


@pytest.mark.parametrize(
    "message",
    [
        [],
        3,
        None,
        "text",
        {},
        {"state": b"x"},
        {"state": "text", "sizes": "{}"},
        {"state": 5, "sizes": "{}"},
        {"sizes": "[]", "state": b"x"},
        {"sizes": "nothing", "state": b"x"},
        {"sizes": '{"width": 8}', "state": b"x"},
    ],
)
def test_bytes_of_something_else(message: Any) -> None:
    with pytest.raises(ValueError, match="H017"):
        DecoderShim().from_bytes(srsly.msgpack_dumps(message))


@pytest.mark.parametrize("change", [{"width": 16}, {"n_tags": 5}, {"layers": 2}])
def test_weights_of_other_sizes(layer: Any, change: dict[str, int]) -> None:
    message = srsly.msgpack_loads(layer.shims[0].to_bytes())
    message["sizes"] = json.dumps({**json.loads(message["sizes"]), **change})
    with pytest.raises(ValueError, match="H017"):
        DecoderShim().from_bytes(srsly.msgpack_dumps(message))


class Touch:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


def test_a_pickle_is_not_executed(layer: Any, tmp_path: Path) -> None:
    trap = tmp_path / "executed"
    payload = pickle.dumps(Touch(trap))
    message = srsly.msgpack_loads(layer.shims[0].to_bytes())
    for data in (payload, srsly.msgpack_dumps({**message, "state": payload})):
        with pytest.raises(ValueError, match="H017"):
            DecoderShim().from_bytes(data)
    assert not trap.exists()
    pickle.loads(payload)
    assert trap.exists()
