"""A bridge between thinc and torch: the aligned decoder as a thinc layer."""

import json
from typing import Any

import torch
from safetensors.torch import load
from thinc.api import Model, torch2xp, xp2torch
from thinc.types import ArgsKwargs, Floats2d

from ..errors import Errors
from ..types import Prediction
from .constrained import constrained_softmax
from .label_names import shared_words
from .tagger_model import HeadInput, HeadModel, HeadOutput
from .torch.aligned_decoder import AlignedDecoder, DecoderSizes
from .torch.shim import TorchShim, weights_to_bytes
from .torch.threads import set_up_threads


class DecoderShim(TorchShim):
    """Holds the decoder. Weights are saved as safetensors, beside the decoder's sizes."""

    def build(self, sizes: dict[str, Any]) -> None:
        """Make a new decoder. sizes: The fields of `DecoderSizes`, and `draft`."""
        self.cfg = dict(sizes)
        fields = dict(sizes)
        draft = fields.pop("draft", False)
        module = AlignedDecoder(DecoderSizes(**fields), draft=draft)
        self.hold(module, [(module, "dropout")])

    def to_message(self) -> dict[str, Any]:
        state = b"" if self._model is None else weights_to_bytes(self._model.state_dict())
        return {"sizes": json.dumps(self.cfg), "state": state}

    def from_message(self, message: Any) -> None:
        if message["state"]:
            self.build(json.loads(message["sizes"]))
            self._model.load_state_dict(load(message["state"]))


def aligned_decoder(
    sizes: dict[str, int], *, dropout: float | None, share_label_words: bool
) -> HeadModel:
    """The head of `halfree.AlignedSeq2Seq.v1`, where its settings are explained.

    sizes: The fields of `DecoderSizes` that are known before initializing.
    """
    set_up_threads()
    attrs: dict[str, Any] = {
        "sizes": sizes,
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
    vectors, batch, previous_tags = X
    shim = model.shims[0]
    device = shim.device
    inputs = ArgsKwargs(
        args=(xp2torch(vectors, requires_grad=is_train, device=device),),
        kwargs={
            "lengths": batch.lengths,
            "transitions": batch.transitions,
            "allowed": batch.allowed,
            "previous_tags": None
            if previous_tags is None
            else torch.as_tensor(previous_tags, device=device),
        },
    )
    (logits, used_tags, decoded), backprop_torch = shim.run(model, inputs, is_train)
    probabilities = constrained_softmax(model.ops, torch2xp(logits), torch2xp(used_tags), batch)

    def backprop(d_logits: Floats2d) -> Floats2d:
        gradients = ArgsKwargs(
            args=((logits,),), kwargs={"grad_tensors": (xp2torch(d_logits, device=device),)}
        )
        return torch2xp(backprop_torch(gradients).args[0])

    # nearly equal scores can have equal probabilities, so what was decoded is not asked for twice
    tags = probabilities.argmax(axis=1) if decoded is None else torch2xp(decoded)
    return Prediction(tags, probabilities), backprop
