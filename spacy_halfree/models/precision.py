"""Labelling with fewer bits a number: faster on a CPU, and nearly the same."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Literal, get_args
from weakref import WeakKeyDictionary

from thinc.api import Model, PyTorchShim

from ..errors import Errors
from ..ranges import check_choice

Precision = Literal["float32", "bfloat16", "int8"]
PRECISIONS = get_args(Precision)
IN_USE: WeakKeyDictionary[PyTorchShim, Counter[Precision]] = WeakKeyDictionary()
"""How many contexts have modules compute in a precision at the moment."""
LOCK = Lock()


@contextmanager
def reduced_precision(models: Iterable[Model], precision: Precision) -> Iterator[None]:
    """Let the torch modules of models compute in another precision for a while.

    With "bfloat16", PyTorch's autocast computes matrix products in that type. With "int8", the
    weights of linear layers are rounded to 8 bits, and their inputs as they come (dynamic
    quantization, CPU only), except for layers that a module names in `exact_layers`. Modules
    return float32 in any case. Meanwhile, other callers of these models get the same precision.

    models: The models; those without torch modules stay as they are.
    precision: The type.
    RAISES: ValueError (H013) for another precision, (H042) for "int8" with a model on a GPU,
        (H094) if such a context is open already, and not both are "float32".
    """
    check_choice(PRECISIONS, precision=precision)
    shims = list({id(shim): shim for model in models for shim in torch_shims(model)}.values())
    with held(shims, precision), computing(shims, precision):
        yield


@contextmanager
def held(shims: Sequence[PyTorchShim], precision: Precision) -> Iterator[None]:
    """Keep others from changing the precision of modules: they would undo each other's changes,
    and labels that others are producing would be of two kinds."""
    with LOCK:
        for shim in shims:
            others = set(IN_USE.get(shim, ()))
            if others - {"float32"} or (others and precision != "float32"):
                raise ValueError(Errors.H094.format(precision=precision, other=others.pop()))
        for shim in shims:
            IN_USE.setdefault(shim, Counter())[precision] += 1
    try:
        yield
    finally:
        with LOCK:
            for shim in shims:
                IN_USE[shim] -= Counter([precision])


@contextmanager
def computing(shims: Sequence[PyTorchShim], precision: Precision) -> Iterator[None]:
    """Let modules compute in a precision, and put back what they were."""
    if precision == "float32" or not shims:
        yield
        return
    from .torch.reduced_precision import compute_in_bfloat16, quantized

    # a module may have a forward method of its own that stands before its class's
    modules = [(shim, shim._model, vars(shim._model).get("forward")) for shim in shims]
    try:
        for shim, module, _ in modules:
            if precision == "int8":
                shim._model = quantized(module)
            else:
                compute_in_bfloat16(module)
        yield
    finally:
        for shim, module, forward in modules:
            shim._model = module
            vars(module).pop("forward", None)
            if forward is not None:
                module.forward = forward


def torch_shims(model: Model) -> Iterator[PyTorchShim]:
    """The torch modules of a model's layers."""
    for node in model.walk():
        for shim in node.shims:
            if isinstance(shim, PyTorchShim) and shim._model is not None:
                yield shim
