"""How words are put before the encoder, and tags between marks in what the decoder writes.

The formats that Raman et al. 2022 (arXiv 2203.08378) compare differ in two things only: whether
sentinels stand between the words that are read, and what stands before, between and after the tags
that are written. The latter are the *marks*; every tag stands between two of them:

    mark_0 tag_1 mark_1 tag_2 mark_2 ... tag_n mark_n
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from ...types import Ints
from .ragged import Ragged, interleave


@runtime_checkable
class TargetFormat(Protocol):
    """What a format must be able to do; all methods are about one text (or window of one)."""

    def max_words(self, n_sentinels: int) -> int | None:
        """The most words that so many sentinels suffice for; None if there is no limit."""

    def input_lengths(self, piece_lengths: Ints) -> Ints:
        """How many tokens each word takes in the encoder's input.

        piece_lengths (n_words, int64): How many pieces each word has.
        """

    def mark_lengths(self, piece_lengths: Ints) -> Ints:
        """How many tokens of marks each word accounts for (n_words, int64); together with the one
        token of a last mark that belongs to no word, at least as many as all marks have."""

    def write_input(self, pieces: Ragged, sentinels: Ints) -> Ints:
        """The tokens to read, without those that the tokenizer puts around a text.

        pieces: The pieces of each word.
        sentinels (n_sentinels, int64): The sentinels.
        """

    def write_marks(self, pieces: Ragged, sentinels: Ints) -> Ragged:
        """The marks: one more than there are words; all but the first must have a token."""


@dataclass(frozen=True)
class SentinelTagFormat:
    """SenT: reads `s_1 w_1 s_2 w_2 ... s_n w_n`, writes `s_1 y_1 s_2 y_2 ... s_n y_n s_{n+1}`.

    The best one in the comparison of Raman et al. 2022: the words are not written again, and
    sentinels keep tags and words aligned.
    """

    def max_words(self, n_sentinels: int) -> int | None:
        return n_sentinels - 1

    def input_lengths(self, piece_lengths: Ints) -> Ints:
        return piece_lengths + 1

    def mark_lengths(self, piece_lengths: Ints) -> Ints:
        return np.ones_like(piece_lengths)

    def write_input(self, pieces: Ragged, sentinels: Ints) -> Ints:
        return interleave(_one_each(sentinels[: len(pieces)]), pieces).data

    def write_marks(self, pieces: Ragged, sentinels: Ints) -> Ragged:
        return _one_each(sentinels[: len(pieces) + 1])


@dataclass(frozen=True)
class TagOnlyFormat:
    """Reads `w_1 w_2 ... w_n`, writes `y_1 s y_2 s ... y_n s`, with one and the same sentinel.

    The shortest one; the model has to keep count of the words itself.
    """

    def max_words(self, n_sentinels: int) -> int | None:
        return None

    def input_lengths(self, piece_lengths: Ints) -> Ints:
        return piece_lengths

    def mark_lengths(self, piece_lengths: Ints) -> Ints:
        return np.ones_like(piece_lengths)

    def write_input(self, pieces: Ragged, sentinels: Ints) -> Ints:
        return pieces.data

    def write_marks(self, pieces: Ragged, sentinels: Ints) -> Ragged:
        n_words = len(pieces)
        lengths = np.ones(n_words + 1, dtype=np.int64)
        lengths[0] = 0
        return Ragged(np.repeat(sentinels[:1], n_words), lengths)


def _one_each(tokens: Ints) -> Ragged:
    return Ragged(tokens, np.ones_like(tokens))


def create_sentinel_tag_format() -> TargetFormat:
    """Registered as `halfree.SentinelTagFormat.v1`: see `SentinelTagFormat`."""
    return SentinelTagFormat()


def create_tag_only_format() -> TargetFormat:
    """Registered as `halfree.TagOnlyFormat.v1`: see `TagOnlyFormat`."""
    return TagOnlyFormat()
