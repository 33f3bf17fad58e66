"""Low-rank adapters (LoRA, Hu et al. 2021, arXiv 2106.09685) by the library peft."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel

from ...errors import Errors
from ...memory import check_memory
from .pretrained import embeddings, own_tensors


def inject_adapters(
    model: PreTrainedModel, settings: Mapping[str, Any], *, train_embeddings: bool
) -> None:
    """Freeze a model, but for adapters that are added to it.

    model: Changed in place.
    settings: Arguments of `peft.LoraConfig`, `r` and `lora_alpha` for instance.
    train_embeddings: Whether embeddings learn too, because some are of new tokens.
    RAISES: ImportError (H035) if peft is not installed, ValueError (H039) for settings that do not
        fit the model.
    """
    try:
        from peft import LoraConfig, inject_adapter_in_model
        from peft.tuners.lora import LoraLayer
    except ImportError as error:
        raise ImportError(Errors.H035) from error
    try:
        inject_adapter_in_model(LoraConfig(**settings), model)
    except Exception as error:  # peft has exceptions of its own
        check_memory(error, "the adapters")
        raise ValueError(Errors.H039.format(reason=error)) from error
    if isinstance(model.get_output_embeddings(), LoraLayer):
        raise ValueError(Errors.H039.format(reason="the output layer cannot have an adapter"))
    if train_embeddings:
        for matrix in embeddings(model):
            matrix.requires_grad_(True)


def merged_tensors(model: PreTrainedModel) -> dict[str, Tensor]:
    """A model's weights as if it never had adapters: what these learned is added to the rest."""
    try:
        from peft.tuners.lora import LoraLayer
    except ImportError:
        return own_tensors(model)
    tensors = own_tensors(model)
    with torch.no_grad():
        for name, module in model.named_modules():
            if not isinstance(module, LoraLayer):
                continue
            layer: Any = module
            for key in [key for key in tensors if key.startswith(f"{name}.")]:
                tensor = tensors.pop(key)
                if ".base_layer." in key[len(name) :]:
                    kind = key.rpartition(".")[2]
                    if kind == "weight":
                        tensor = tensor + sum(
                            layer.get_delta_weight(adapter) for adapter in layer.active_adapters
                        )
                    tensors[f"{name}.{kind}"] = tensor
    return tensors
