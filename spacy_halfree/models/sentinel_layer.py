"""A bridge between thinc and torch: a pretrained encoder-decoder as a thinc layer."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from spacy.attrs import ORTH
from thinc.api import Model, torch2xp, xp2torch
from thinc.types import ArgsKwargs, Floats2d
from torch import nn
from transformers import PreTrainedTokenizerBase

from ..errors import Errors
from ..types import Prediction, TaggingBatch
from .constrained import constrained_softmax
from .sentinel.ragged import Ragged
from .sentinel.target_texts import Vocabulary
from .sentinel.wording import TagStyle
from .tagger_model import TaggerInput, TaggerModel, to_batch
from .torch.adapters import inject_adapters, merged_tensors
from .torch.language_model import LanguageModel
from .torch.prepare import prepare
from .torch.pretrained import (
    Pretrained,
    config_to_json,
    load_pretrained,
    model_from_bytes,
)
from .torch.pretrained_tokenizer import special_ids, tokenizer_from_files, tokenizer_to_files
from .torch.saved_sample import SavedSample, check_release, check_sample
from .torch.sentinel_tagger import InputSettings, Objective, SentinelTagger, TaggerOutput
from .torch.shim import TorchShim, weights_to_bytes
from .torch.threads import set_up_threads
from .torch.word_pieces import split_words


@dataclass(frozen=True)
class Source:
    """Where to load the pretrained model from; see `halfree.SentinelSeq2Seq.v1`."""

    name: str
    revision: str | None
    local_files_only: bool


@dataclass(frozen=True)
class Training:
    """How the model is trained; see `halfree.SentinelSeq2Seq.v1`."""

    objective: Objective
    mixed_precision: bool
    gradient_checkpointing: bool
    lora: Mapping[str, Any] | None


class SentinelShim(TorchShim):
    """Holds the tagger and its tokenizer.

    input_settings: How texts are read.
    style: How tags are written.
    training: How the model is trained.
    """

    def __init__(self, input_settings: InputSettings, style: TagStyle, training: Training) -> None:
        super().__init__()
        self.input_settings = input_settings
        self.style = style
        self.training = training
        self.tokenizer: PreTrainedTokenizerBase = None
        self._has_adapters = False

    @property
    def tagger(self) -> SentinelTagger:
        """The module.

        RAISES: ValueError (H038) if there is none yet.
        """
        if self._model is None:
            raise ValueError(Errors.H038)
        return self._model

    def build(self, pretrained: Pretrained, vocabulary: Vocabulary) -> None:
        """Take a model and its tokenizer."""
        self.tokenizer = pretrained.tokenizer
        language_model, one_token = LanguageModel(pretrained.model), self.style.one_token
        model = SentinelTagger(language_model, vocabulary, self.input_settings, one_token=one_token)
        model.objective = self.training.objective
        model.mixed_precision = self.training.mixed_precision
        self._has_adapters = False
        if self.training.gradient_checkpointing:
            pretrained.model.gradient_checkpointing_enable({"use_reentrant": False})
        self.hold(model, find_dropout(model))

    def split_words(self, words: list[str]) -> Ragged:
        """The pieces of words."""
        vocabulary = self.tagger.vocabulary
        specials = np.array(sorted(special_ids(self.tokenizer)), dtype=np.int64)
        reserved = np.union1d(vocabulary.sentinels, specials)
        limit = vocabulary.longest_word(self.input_settings.target_format)
        return split_words(self.tokenizer, words, reserved, limit)

    def begin_update(self, inputs: ArgsKwargs) -> tuple[TaggerOutput, Callable]:
        if self.training.lora is not None and not self._has_adapters:
            inject_adapters(
                self.tagger.language_model.pretrained,
                self.training.lora,
                train_embeddings=self.tagger.vocabulary.has_new,
            )
            self._has_adapters = True
        return super().begin_update(inputs)

    def to_message(self) -> dict[str, Any]:
        if self._model is None:
            return {}
        language_model, vocabulary = self.tagger.language_model, self.tagger.vocabulary
        pretrained = language_model.pretrained
        sample = SavedSample.take(self.tokenizer, language_model, vocabulary)
        return {
            "config": config_to_json(pretrained),
            "tokenizer": tokenizer_to_files(self.tokenizer),
            "vocabulary": json.dumps(vocabulary.to_dict()),
            "one_token": self.tagger.one_token,
            "format": type(self.input_settings.target_format).__name__,
            "state": weights_to_bytes(merged_tensors(pretrained)),
            "sample": sample.to_message(),
        }

    def from_message(self, message: Any) -> None:
        if not message:
            return
        if message["one_token"] != self.style.one_token:
            raise ValueError("it was trained with another `label_style`")
        if message["format"] != type(self.input_settings.target_format).__name__:
            raise ValueError(f"it was trained with another `format`: {message['format']}")
        model = model_from_bytes(message["config"], message["state"])
        tokenizer = tokenizer_from_files(message["tokenizer"])
        vocabulary = Vocabulary.from_dict(json.loads(message["vocabulary"]))
        self.build(Pretrained(model, tokenizer), vocabulary)
        if "sample" in message:
            sample = SavedSample.from_message(message["sample"])
            check_sample(sample, tokenizer, self.tagger.language_model, vocabulary)
        else:
            check_release(json.loads(message["config"]).get("transformers_version"), tokenizer)


def find_dropout(model: nn.Module) -> list[tuple[nn.Module, str]]:
    """A model's modules with dropout, and the attributes that hold the rates.

    All those with a rate above 0 (values, activations, attention, layers); all dropout modules if
    there are none.
    """
    modules = [(module, "p") for module in model.modules() if isinstance(module, nn.Dropout)]
    rates = [
        (module, name)
        for module in model.modules()
        for name, value in vars(module).items()
        if "drop" in name and isinstance(value, float)
    ]
    used = [(module, name) for module, name in [*modules, *rates] if getattr(module, name) > 0]
    return used or modules


def sentinel_tagger(
    *,
    source: Source,
    style: TagStyle,
    input_settings: InputSettings,
    training: Training,
    dropout: float | None,
) -> TaggerModel:
    """The model of `halfree.SentinelSeq2Seq.v1`, where its settings are explained."""
    set_up_threads()
    model: TaggerModel = Model(
        "sentinel_seq2seq",
        forward,
        init=init,
        dims={"nO": None},
        attrs={"source": source, "fixed_dropout": dropout, "dropout_rate": 0.0},
        shims=[SentinelShim(input_settings, style, training)],
    )
    return model


def init(model: TaggerModel, X: tuple[TaggingBatch, None] | None = None, Y: object = None) -> None:
    if X is None:
        raise ValueError(Errors.H038)
    batch, _ = X
    source, shim = model.attrs["source"], model.shims[0]
    pretrained = load_pretrained(source.name, source.revision, source.local_files_only)
    spans = batch.n_tags > len(batch.labels)
    vocabulary = prepare(pretrained, batch.labels, spans=spans, style=shim.style)
    # says so now if there is no room for any
    vocabulary.longest_word(shim.input_settings.target_format)
    shim.build(pretrained, vocabulary)
    # last, because it says that all parameters are there
    model.set_dim("nO", batch.n_tags)


def forward(
    model: TaggerModel, X: TaggerInput, is_train: bool
) -> tuple[Prediction, Callable[[Floats2d | None], TaggingBatch]]:
    batch, targets = to_batch(model, X)
    shim = model.shims[0]
    inputs = ArgsKwargs(args=(batch, word_pieces(shim, batch), targets), kwargs={})
    output, backprop_torch = shim.run(model, inputs, is_train)

    def backprop(d_logits: Floats2d | None) -> TaggingBatch:
        tensors, gradients = [], []
        if output.scores is not None and d_logits is not None:
            tensors.append(output.scores)
            gradients.append(xp2torch(d_logits, device=shim.device))
        if output.text_loss is not None:
            tensors.append(output.text_loss)
            gradients.append(torch.ones_like(output.text_loss))
        backprop_torch(ArgsKwargs(args=(tensors,), kwargs={"grad_tensors": gradients}))
        return batch

    previous_tags = torch2xp(output.previous_tags)
    probabilities = None
    tags = previous_tags
    if output.scores is not None:
        logits = torch2xp(output.scores.detach())
        probabilities = constrained_softmax(model.ops, logits, previous_tags, batch)
        tags = probabilities.argmax(axis=1) if output.tags is None else torch2xp(output.tags)
    text_loss = 0.0 if output.text_loss is None else float(output.text_loss.detach())
    return Prediction(tags, probabilities, text_loss), backprop


def word_pieces(shim: SentinelShim, batch: TaggingBatch) -> Ragged:
    """The pieces of a batch's words; a word that occurs twice is split once."""
    keys = np.concatenate([doc.to_array([ORTH]).reshape(-1) for doc in batch.docs])
    unique, positions = np.unique(keys[batch.words], return_inverse=True)
    strings = batch.docs[0].vocab.strings
    pieces = shim.split_words([strings[int(key)] for key in unique])
    return pieces.take(positions.reshape(-1))
