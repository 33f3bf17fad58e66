"""A sample of what a pretrained model does, saved with it, to see whether it still does the same.

Another release of `transformers` can split texts otherwise or compute other scores from the same
weights, without any error.
"""

import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
import transformers
from transformers import PreTrainedTokenizerBase

from ...errors import Errors, OtherResultsError, Warnings
from ..sentinel.target_texts import Vocabulary
from .language_model import LanguageModel
from .pretrained_tokenizer import split_texts

TEXTS = (
    *(" word", " Words", "don't", " 1,234.5", " U.S.A.", " e-mail@example.org"),
    *(" \u00c5ngstr\u00f6m",),
    # full width, ligatures, composed and decomposed, case that changes lengths
    *(" \uff21\uff22\uff11\uff12", " \ufb01ne", " caf\u00e9", " cafe\u0301"),
    *(" \u0130stanbul \u00df", " \u00bd \u2460 \u2122"),
    # white space of several kinds, and what has no width
    *("  two  spaces ", " a\tb", " a\nb", " a\u00a0b", " a\u3000b", " a\u200bb", " a\u00adb"),
    *(" \ufeff",),
    # scripts
    *(" \u041c\u043e\u0441\u043a\u0432\u0430", " \u0391\u03b8\u03ae\u03bd\u03b1"),
    *(" \u05e9\u05dc\u05d5\u05dd", " \u0645\u0631\u062d\u0628\u0627"),
    *(" \u0928\u092e\u0938\u094d\u0924\u0947", " \u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35"),
    *(" \u6771\u4eac", " \u304b\u306a \u30ab\u30ca \uff76\uff85", " \uc11c\uc6b8", " \U0001f642"),
    *(" \U0001f468\u200d\U0001f469\u200d\U0001f467", " \U00020bb7", " \ufffd"),
    # what looks like special tokens
    *(" <extra_id_0>", " </s>", " <pad>", " <halfree_tag_0>", " \u2581x", " ##x", " \u0120x"),
)
"""What the sample splits: the kinds of characters that tokenizers treat differently."""
N_TOKENS = 32
"""How many tokens are scored at most."""
TOLERANCE = 0.01
"""How far scores may lie apart, as a share of their standard deviation: float32 on another device
stays far below."""


@dataclass(frozen=True)
class SavedSample:
    """What a model and its tokenizer did when they were saved.

    transformers: The release of `transformers`.
    tokens: The strings of the tokens that targets consist of, by their numbers.
    texts: Texts.
    pieces: The pieces of each.
    scores: The logits of the first tokens after each token of a short target.
    scale: By what the states before the output layer are multiplied.
    """

    transformers: str
    tokens: dict[str, str]
    texts: list[str]
    pieces: list[list[int]]
    scores: list[list[float]]
    scale: float

    @classmethod
    def take(
        cls,
        tokenizer: PreTrainedTokenizerBase,
        language_model: LanguageModel,
        vocabulary: Vocabulary,
        texts: Sequence[str] = TEXTS,
    ) -> "SavedSample":
        """Split texts and score tokens now.

        tokenizer, language_model: The tokenizer and the model.
        vocabulary: The tokens that targets consist of.
        texts: What to split.
        """
        ids = target_tokens(vocabulary)
        strings = tokenizer.convert_ids_to_tokens(ids)
        return cls(
            transformers=transformers.__version__,
            tokens={str(id): str(string) for id, string in zip(ids, strings, strict=True)},
            texts=list(texts),
            pieces=split_texts(tokenizer, texts),
            scores=sample_scores(language_model, vocabulary),
            scale=language_model.scale,
        )

    @classmethod
    def from_message(cls, message: Any) -> "SavedSample":
        """From what `to_message` returned."""
        return cls(**message)

    def to_message(self) -> dict[str, Any]:
        """For msgpack."""
        return asdict(self)

    def other_tokens(self, now: "SavedSample") -> list[str]:
        """The tokens of targets that mean something else now, as they were."""
        return [token for id, token in self.tokens.items() if now.tokens.get(id) != token]

    def other_texts(self, now: "SavedSample") -> list[str]:
        """The texts that have other pieces now."""
        found = zip(self.texts, self.pieces, now.pieces, strict=True)
        return [text for text, before, after in found if before != after]

    def difference(self, now: "SavedSample") -> float:
        """The largest difference of scores, as a share of their standard deviation.

        Infinite if they are not of one shape.
        """
        before, after = np.array(self.scores), np.array(now.scores)
        if before.shape != after.shape:
            return float("inf")
        finite = np.isfinite(before) & np.isfinite(after)
        if not np.array_equal(np.isfinite(before), np.isfinite(after)):
            return float("inf")
        if not finite.any():
            return 0.0
        spread = max(float(before[finite].std()), 1e-6)
        return float(np.abs(before - after)[finite].max()) / spread


def target_tokens(vocabulary: Vocabulary) -> list[int]:
    """All tokens of tags and sentinels, those that start and pad, and those around a text."""
    found = [
        *(vocabulary.tags.data, vocabulary.sentinels, vocabulary.before, vocabulary.after),
        np.array([vocabulary.start, vocabulary.padding]),
    ]
    return [int(token) for token in np.unique(np.concatenate(found))]


def sample_scores(language_model: LanguageModel, vocabulary: Vocabulary) -> list[list[float]]:
    """Score tokens after a short target, without dropout; the model is left like that.

    RETURNS: The logits of at most `N_TOKENS` tokens after each token of the target.
    """
    tokens = np.array(target_tokens(vocabulary)[-N_TOKENS:])
    words = tokens[: vocabulary.max_length // 4]
    inputs = np.concatenate([vocabulary.before, words, vocabulary.after])[None]
    target = np.concatenate([[vocabulary.start], words[:3]])[None]
    language_model.eval()
    device_type = language_model.device.type
    with torch.no_grad(), torch.autocast(device_type, enabled=False):
        states, _ = language_model.encode(
            inputs, np.ones_like(inputs), target, np.array([target.shape[1]]), remember=False
        )
        scores: list[list[float]] = language_model.logits(states[0], tokens).cpu().tolist()
    return scores


def check_sample(
    saved: SavedSample,
    tokenizer: PreTrainedTokenizerBase,
    language_model: LanguageModel,
    vocabulary: Vocabulary,
) -> None:
    """Compare what a loaded model does with what it did, and take over its scale.

    Warns (W060) if the tokenizer splits texts otherwise.

    saved: What it did.
    tokenizer, language_model: The tokenizer and the model; its scale is set.
    vocabulary: The tokens that targets consist of.
    RAISES: OtherResultsError (H176) if tokens of targets mean something else, (H177) if scores
        differ.
    """
    # releases differ in whether they multiply where the output layer is not tied
    language_model.scale = saved.scale
    now = SavedSample.take(tokenizer, language_model, vocabulary, saved.texts)
    releases = {"saved": saved.transformers, "installed": now.transformers}
    if tokens := saved.other_tokens(now):
        raise OtherResultsError(Errors.H176.format(tokens=shorten(tokens), **releases))
    if (difference := saved.difference(now)) > TOLERANCE:
        raise OtherResultsError(Errors.H177.format(difference=difference, **releases))
    if texts := saved.other_texts(now):
        message = Warnings.W060.format(
            n=len(texts), n_all=len(saved.texts), texts=shorten(texts), **releases
        )
        warnings.warn(message, stacklevel=2)


def check_release(saved: str | None, tokenizer: PreTrainedTokenizerBase) -> None:
    """Warn (W061) if a tokenizer without a sample may do something else now.

    One that is read from `tokenizer.json` does not.

    saved: The release of `transformers` that saved it; None if it is not known.
    tokenizer: The tokenizer.
    """
    installed = transformers.__version__
    same = saved is not None and saved.split(".")[0] == installed.split(".")[0]
    if not same and not tokenizer.is_fast:
        warnings.warn(
            Warnings.W061.format(saved=saved or "of unknown version", installed=installed),
            stacklevel=2,
        )


def shorten(texts: Sequence[str]) -> str:
    """The first few of some texts, for messages."""
    shown = ", ".join(ascii(text) for text in texts[:5])
    return f"{shown} ..." if len(texts) > 5 else shown
