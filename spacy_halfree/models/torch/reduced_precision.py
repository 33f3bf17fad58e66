"""Torch modules that compute with fewer bits a number."""

import warnings
from typing import Any

import torch
from torch import nn

from ...errors import Errors


def compute_in_bfloat16(module: nn.Module) -> None:
    """Put PyTorch's autocast around a module's own forward method."""
    device = device_type(module)
    forward = module.forward

    def forward_in_bfloat16(*args: Any, **kwargs: Any) -> Any:
        with torch.autocast(device, dtype=torch.bfloat16):
            return in_float32(forward(*args, **kwargs))

    module.forward = forward_in_bfloat16


def in_float32(output: Any) -> Any:
    """A module's output with all bfloat16 tensors in it as float32."""
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


def quantized(module: nn.Module) -> nn.Module:
    """A copy of a module whose linear layers compute with 8 bits.

    RAISES: ValueError (H042) if it is on a GPU.
    """
    # PyTorch is to drop this one day, and bfloat16 must not go with it
    from torch.ao.quantization import default_dynamic_qconfig, quantize_dynamic

    device = device_type(module)
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


def device_type(module: nn.Module) -> str:
    """Where a module is; one without parameters counts as on the CPU."""
    for parameter in module.parameters():
        return parameter.device.type
    return "cpu"
