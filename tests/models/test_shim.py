"""The shim between thinc and torch in training: what it keeps, and that it changes no weight."""

from __future__ import annotations

import gc
from typing import Any

import pytest
from thinc.api import SGD, Adam, Optimizer, PyTorchShim, RAdam
from thinc.types import ArgsKwargs

torch = pytest.importorskip("torch")

from spacy_halfree.models.torch.shim import TorchShim  # noqa: E402


def make_shim(own: bool = True) -> Any:
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Linear(4, 2))
    if not own:
        return PyTorchShim(module)
    shim = TorchShim()
    shim.hold(module, [])
    return shim


def train(shim: Any, optimizer: Optimizer, n_steps: int) -> None:
    inputs = ArgsKwargs(args=(torch.eye(3),), kwargs={})
    for _ in range(n_steps):
        outputs, backprop = shim.begin_update(inputs)
        backprop(ArgsKwargs(args=((outputs,),), kwargs={"grad_tensors": (outputs.detach() - 1,)}))
        shim.finish_update(optimizer)


def n_kept(optimizer: Optimizer) -> tuple[int, int]:
    """Live tensors, and entries of the optimizer."""
    gc.collect()
    n_tensors = sum(issubclass(type(each), torch.Tensor) for each in gc.get_objects())
    entries = (optimizer.nr_update, optimizer.mom1, optimizer.mom2, optimizer.averages or {})
    return n_tensors, sum(map(len, entries))


@pytest.mark.parametrize("optimizer", [Adam(0.01), RAdam(0.01, use_averages=True), SGD(0.01)])
def test_training_steps_leave_nothing_behind(optimizer: Optimizer) -> None:
    shim = make_shim()
    train(shim, optimizer, 10)
    before = n_kept(optimizer)
    train(shim, optimizer, 40)
    assert n_kept(optimizer) == before


@pytest.mark.parametrize("make", [Adam, RAdam, SGD])
def test_weights_are_those_of_thincs_own_shim(make: Any) -> None:
    shims = [make_shim(own) for own in (True, False)]
    for shim in shims:
        train(shim, make(0.01), 30)
    own, thincs = (shim._model.state_dict() for shim in shims)
    assert all(torch.equal(own[name], thincs[name]) for name in thincs)
    assert not torch.equal(own["0.weight"], make_shim()._model[0].weight)


def test_nothing_to_update_without_a_module() -> None:
    TorchShim().finish_update(Adam(0.01))
