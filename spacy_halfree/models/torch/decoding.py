"""The state of greedy decoding: the tags chosen so far, and which ones may follow."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from ...types import Bools, Doubles, Ints
from ..constrained import BOUND, UNKNOWN


@dataclass(frozen=True)
class Decoding:
    """The tags of a batch while they are decoded greedily, with the scores behind them.

    transitions ((n_tags + 1) x n_tags, bool): Which tag may follow which; the last row is the
        start.
    allowed (n_words x n_tags, bool): Which tags each word may have; None for all.
    is_first (n_words, bool): Whether a word is the first one of its text.
    logits (n_words x n_tags, float): The unmasked scores.
    tags (n_words + 1, int64): The tag of word i is at i + 1, so that the one before it is at i;
        `UNKNOWN` until it is chosen.
    """

    transitions: Tensor
    allowed: Tensor | None
    is_first: Tensor
    logits: Tensor
    tags: Tensor

    @classmethod
    def start(
        cls,
        lengths: Ints,
        transitions: Tensor | Bools,
        allowed: Tensor | Bools | None,
        dtype: torch.dtype,
        device: torch.device,
    ) -> "Decoding":
        """Make a decoding without any tags yet.

        lengths (n_texts, int64): The number of words of each text, texts laid end to end.
        transitions, allowed: See above.
        dtype: The type of the scores.
        device: The device to decode on.
        """
        n_words, n_tags = int(lengths.sum()), transitions.shape[1]
        is_first = torch.zeros(n_words, dtype=torch.bool, device=device)
        is_first[torch.as_tensor((np.cumsum(lengths) - lengths)[lengths > 0])] = True
        return cls(
            torch.as_tensor(transitions, device=device),
            None if allowed is None else torch.as_tensor(allowed, device=device),
            is_first,
            torch.empty((n_words, n_tags), dtype=dtype, device=device),
            torch.full((n_words + 1,), UNKNOWN, device=device),
        )

    @property
    def previous_tags(self) -> Tensor:
        """n_words, int64: the tag before each word, or the start."""
        return torch.where(self.is_first, self.transitions.shape[1], self.tags[:-1])

    @cached_property
    def _penalties(self) -> Doubles:
        """(n_tags + 1) x n_tags, float64: 0 where a tag may follow another, -inf where not."""
        return np.where(self.transitions.cpu().numpy(), 0.0, -np.inf)

    def before(self, words: Tensor) -> Tensor:
        """The tag before each of some words (n, int64), or the start."""
        return torch.where(self.is_first[words], self.transitions.shape[1], self.tags[words])

    def legal(self, words: Tensor, before: Tensor) -> Tensor:
        """Which tags some words (n, int64) may have after others (n, int64): n x n_tags, bool."""
        legal = self.transitions[before]
        return legal if self.allowed is None else legal & self.allowed[words]

    def choose(self, words: Tensor, scores: Tensor, legal: Tensor) -> Tensor:
        """Give words their best tags, all words at once.

        words (n, int64): The words.
        scores (n x n_tags, float): Their scores, which are kept.
        legal (n x n_tags, bool): Which tags they may have.
        RETURNS (n, int64): Their tags, which are kept as well.
        """
        scores = scores.to(self.logits.dtype)
        best = bounded(scores).masked_fill(~legal, -torch.inf).argmax(dim=1)
        self.logits[words] = scores
        self.tags[words + 1] = best
        return best

    def walk(self, words: Tensor, scores: Tensor) -> Tensor:
        """The best tags of words in a row, each one legal after the one before it.

        In numpy, since a step of a loop over few words takes five times as long in torch.

        words (n, int64): The words. The tag before the first one is known.
        scores (n x n_tags, float): Their scores.
        RETURNS (n, int64): Their tags; nothing is kept.
        """
        finite = bounded(scores.detach())
        if self.allowed is not None:
            finite = finite.masked_fill(~self.allowed[words], -torch.inf)
        before = int(self.before(words[:1]))
        tags = []
        for own in finite.to("cpu", torch.float64).numpy():
            before = int((own + self._penalties[before]).argmax())
            tags.append(before)
        return torch.tensor(tags, device=scores.device)


def bounded(scores: Tensor) -> Tensor:
    """Scores without infinities and NaN, so that broken weights break no constraint."""
    return torch.nan_to_num(scores, nan=-BOUND).clamp(-BOUND, BOUND)
