"""Labelling with fewer bits a number: faster on a CPU, and nearly the same."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Literal, get_args

from thinc.api import Model, PyTorchShim

from ..errors import Errors

Precision = Literal["float32", "bfloat16", "int8"]
PRECISIONS = get_args(Precision)


@contextmanager
def reduced_precision(models: Iterable[Model], precision: Precision) -> Iterator[None]:
    """Let the torch modules of models compute in another precision for a while.

    With "bfloat16", matrix products are computed in that type, by PyTorch's autocast. With "int8",
    the weights of linear layers are rounded to 8 bits, and their inputs as they come (dynamic
    quantization, CPU only); layers that a module names in `exact_layers` are left alone. What
    modules return is float32 in any case, and afterwards they are as they were.

    models: The models; those without torch modules stay as they are.
    precision: The type.
    RAISES: ValueError (H013) for another precision, (H042) for "int8" with a model on a GPU.
    """
    if precision not in PRECISIONS:
        raise ValueError(
            Errors.H013.format(setting="precision", expected=f"in {PRECISIONS}", value=precision)
        )
    shims = {id(shim): shim for model in models for shim in torch_shims(model)}
    if precision == "float32" or not shims:
        yield
        return
    from .torch.precision import compute_in_bfloat16, quantized

    modules = [(shim, shim._model) for shim in shims.values()]
    # a module may have a forward method of its own that stands before its class's
    forwards = [vars(module).get("forward") for _, module in modules]
    try:
        for shim, module in modules:
            if precision == "int8":
                shim._model = quantized(module)
            else:
                compute_in_bfloat16(module)
        yield
    finally:
        for (shim, module), forward in zip(modules, forwards, strict=True):
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
