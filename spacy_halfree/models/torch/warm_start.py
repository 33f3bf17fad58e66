"""Starting a decoder's layers as copies of a pretrained encoder's last layers."""

import torch
from safetensors import SafetensorError
from torch import nn

from ...errors import Errors
from .aligned_decoder import AlignedDecoder
from .attention import Attention


def copy_last_layers(decoder: AlignedDecoder, source: str) -> None:
    """Copy the last layers of a BERT-like encoder into a decoder.

    Both kinds of attention start from the encoder's self-attention.

    decoder: Changed in place.
    source: A folder with the encoder, or its name on the hub.
    RAISES: ValueError (H015) if the encoder cannot be read or its layers have other shapes.
    """
    from transformers import AutoModel

    try:
        encoder = AutoModel.from_pretrained(source, use_safetensors=True)
        encoder_layers = list(encoder.encoder.layer)[-len(decoder.layers) :]
        if encoder.config.num_attention_heads != decoder.heads:
            raise ValueError(
                f"it has {encoder.config.num_attention_heads} attention heads, the decoder "
                f"{decoder.heads}"
            )
        if len(encoder_layers) < len(decoder.layers):
            raise ValueError(f"it has only {len(encoder_layers)} layers")
        with torch.no_grad():
            for layer, pretrained in zip(decoder.layers, encoder_layers, strict=True):
                for attention in (layer.self_attention, layer.cross_attention):
                    _copy_attention(pretrained.attention, attention)
                for norm in (layer.self_norm, layer.cross_norm):
                    _copy(pretrained.attention.output.LayerNorm, norm)
                _copy(pretrained.intermediate.dense, layer.expand)
                _copy(pretrained.output.dense, layer.contract)
                _copy(pretrained.output.LayerNorm, layer.output_norm)
    except (OSError, AttributeError, RuntimeError, ValueError, SafetensorError) as error:
        raise ValueError(Errors.H015.format(source=source, reason=error)) from error


def _copy_attention(pretrained: nn.Module, attention: Attention) -> None:
    _copy(pretrained.self.query, attention.query)
    _copy(pretrained.self.key, attention.key)
    _copy(pretrained.self.value, attention.value)
    _copy(pretrained.output.dense, attention.output)


def _copy(source: nn.Module, target: nn.Module) -> None:
    target.load_state_dict(source.state_dict())
