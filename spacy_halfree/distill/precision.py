"""Labelling with fewer bits a number: faster on a CPU, and nearly the same."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, get_args

from spacy.language import Language
from thinc.api import Model, PyTorchShim

from ..errors import Errors

if TYPE_CHECKING:
    from torch import nn

Precision = Literal["float32", "bfloat16", "int8"]
PRECISIONS = get_args(Precision)


@contextmanager
def reduced_precision(pipelines: Sequence[Language], precision: Precision) -> Iterator[None]:
    """Let the torch models of pipelines compute in another precision for a while.

    With "bfloat16", matrix products are computed in that type, by PyTorch's autocast. With "int8",
    the weights of linear layers are rounded to 8 bits, and their inputs as they come (dynamic
    quantization, CPU only); layers that a module names in `exact_layers` are left alone. What
    models return is float32 in any case, and afterwards they are as they were.

    pipelines: The pipelines; those without torch models stay as they are.
    precision: The type.
    RAISES: ValueError (H013) for another precision, (H042) for "int8" with a model on a GPU.
    """
    if precision not in PRECISIONS:
        raise ValueError(
            Errors.H013.format(setting="precision", expected=f"in {PRECISIONS}", value=precision)
        )
    shims = {id(shim): shim for nlp in pipelines for shim in torch_shims(nlp)}
    if precision == "float32" or not shims:
        yield
        return
    modules = [(shim, shim._model) for shim in shims.values()]
    try:
        for shim, module in modules:
            if precision == "int8":
                shim._model = quantized(module)
            else:
                compute_in_bfloat16(module)
        yield
    finally:
        for shim, module in modules:
            shim._model = module
            # the method of its class stands behind it
            vars(module).pop("forward", None)


def torch_shims(nlp: Language) -> Iterator[PyTorchShim]:
    """The torch models of a pipeline's components."""
    for _, component in nlp.pipeline:
        model = getattr(component, "model", None)
        if isinstance(model, Model):
            for node in model.walk():
                for shim in node.shims:
                    if isinstance(shim, PyTorchShim) and shim._model is not None:
                        yield shim


def compute_in_bfloat16(module: "nn.Module") -> None:
    """Put PyTorch's autocast around a module's own forward method."""
    import torch

    device = next(module.parameters()).device.type
    forward = module.forward

    def forward_in_bfloat16(*args: Any, **kwargs: Any) -> Any:
        with torch.autocast(device, dtype=torch.bfloat16):
            return in_float32(forward(*args, **kwargs))

    module.forward = forward_in_bfloat16


def in_float32(output: Any) -> Any:
    """A module's output with all bfloat16 tensors in it as float32."""
    import torch

    if isinstance(output, torch.Tensor):
        return output.float() if output.dtype == torch.bfloat16 else output
    if isinstance(output, dict):
        # Hugging Face's outputs are dicts that know their keys as attributes, too
        for key, value in list(output.items()):
            output[key] = in_float32(value)
        return output
    if isinstance(output, tuple):
        return tuple(in_float32(value) for value in output)
    return output


def quantized(module: "nn.Module") -> "nn.Module":
    """A copy of a module whose linear layers compute with 8 bits.

    RAISES: ValueError (H042) if it is on a GPU.
    """
    from torch import nn
    from torch.ao.quantization import default_dynamic_qconfig, quantize_dynamic

    device = next(module.parameters()).device.type
    if device != "cpu":
        raise ValueError(Errors.H042.format(device=device))
    exact: tuple[str, ...] = getattr(module, "exact_layers", ())
    names = [
        name
        for name, layer in module.named_modules()
        if type(layer) is nn.Linear and name not in exact
    ]
    with warnings.catch_warnings():
        # PyTorch announces that this is to move to another package, which is none of the user's
        # concern as long as it is here
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.filterwarnings("ignore", "torch.quantize_per_tensor", UserWarning)
        settings = dict.fromkeys(names, default_dynamic_qconfig)
        return quantize_dynamic(module.eval(), settings)
