"""A bridge between thinc and torch: the aligned decoder as a thinc layer."""

import json
from typing import Any

import srsly
import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from thinc.api import Model, get_torch_default_device, torch2xp, xp2torch
from thinc.types import ArgsKwargs, Floats2d

from ..errors import Errors
from ..types import Prediction
from .constrained import constrained_softmax
from .label_names import shared_words
from .tagger_model import HeadInput, HeadModel, HeadOutput
from .torch.aligned_decoder import AlignedDecoder
from .torch.shim import TorchShim
from .torch.threads import set_up_threads


class DecoderShim(TorchShim):
    """Holds the module, which exists only once its sizes are known: initialized or loaded.

    Weights are written as safetensors, with the module's sizes beside them, and are read without
    running any code from the file.
    """

    def build(self, sizes: dict[str, Any]) -> AlignedDecoder:
        """Make a new module. sizes: The arguments of `AlignedDecoder`."""
        self.cfg = dict(sizes)
        self._model = AlignedDecoder(**sizes).to(get_torch_default_device())
        return self._model

    def set_dropout(self, rate: float) -> None:
        """rate: Share of values that the module drops in training."""
        self._model.dropout = rate

    def finish_update(self, optimizer: Any) -> None:
        if self._model is not None:
            super().finish_update(optimizer)

    def to_bytes(self) -> bytes:
        state = (
            b""
            if self._model is None
            else save(
                {name: value.cpu().contiguous() for name, value in self._model.state_dict().items()}
            )
        )
        return srsly.msgpack_dumps({"sizes": json.dumps(self.cfg), "state": state})

    def from_bytes(self, bytes_data: bytes) -> "DecoderShim":
        try:
            message = srsly.msgpack_loads(bytes_data)
            if message["state"]:
                module = self.build(json.loads(message["sizes"]))
                module.load_state_dict(load(message["state"]))
        except (SafetensorError, ValueError, TypeError, KeyError, RuntimeError) as error:
            raise ValueError(Errors.H017.format(reason=error)) from error
        return self


def aligned_decoder(
    *,
    layers: int,
    heads: int,
    hidden_factor: int,
    dropout: float | None,
    window: int,
    margin: int,
    share_label_words: bool,
) -> HeadModel:
    """The head of `halfree.AlignedSeq2Seq.v1`, where its settings are explained."""
    set_up_threads()
    attrs: dict[str, Any] = {
        "sizes": {
            "layers": layers,
            "heads": heads,
            "hidden_factor": hidden_factor,
            "window": window,
            "margin": margin,
        },
        "share_label_words": share_label_words,
        # set before initializing
        "labels": (),
        "fixed_dropout": dropout,
        "dropout_rate": 0.0,
    }
    return Model(
        "aligned_decoder",
        forward,
        init=init,
        dims={"nI": None, "nO": None},
        attrs=attrs,
        shims=[DecoderShim()],
    )


def init(model: HeadModel, X: HeadInput | None = None, Y: object = None) -> None:
    sizes = dict(
        model.attrs["sizes"], width=model.get_dim("nI"), n_tags=model.get_dim("nO"), draft=True
    )
    if sizes["width"] % sizes["heads"]:
        raise ValueError(Errors.H014.format(width=sizes["width"], heads=sizes["heads"]))
    if model.attrs["share_label_words"]:
        sizes["label_words"] = shared_words(model.attrs["labels"])
    model.shims[0].build(sizes)


def forward(model: HeadModel, X: HeadInput, is_train: bool) -> HeadOutput:
    vectors, batch, history = X
    shim = model.shims[0]
    if is_train:
        fixed = model.attrs["fixed_dropout"]
        shim.set_dropout(model.attrs["dropout_rate"] if fixed is None else fixed)
    device = shim.device

    def on_device(array: Any) -> Any:
        return None if array is None else torch.as_tensor(array, device=device)

    inputs = ArgsKwargs(
        args=(xp2torch(vectors, requires_grad=is_train, device=device),),
        kwargs={
            "lengths": batch.lengths,
            "transitions": on_device(batch.transitions),
            "allowed": on_device(batch.allowed),
            "history": on_device(history),
        },
    )
    (logits, used_history, decoded), backprop_torch = shim(inputs, is_train)
    probabilities = constrained_softmax(model.ops, torch2xp(logits), torch2xp(used_history), batch)

    def backprop(d_logits: Floats2d) -> Floats2d:
        gradients = ArgsKwargs(
            args=((logits,),), kwargs={"grad_tensors": (xp2torch(d_logits, device=device),)}
        )
        return torch2xp(backprop_torch(gradients).args[0])

    # nearly equal scores can have equal probabilities, so what was decoded is not asked for twice
    tags = probabilities.argmax(axis=1) if decoded is None else torch2xp(decoded)
    return Prediction(tags, probabilities), backprop
