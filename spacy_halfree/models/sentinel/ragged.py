"""Sequences of different lengths in one array."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ...types import Ints


@dataclass
class Ragged:
    """Sequences of numbers, laid end to end.

    data (n_numbers, int64): All numbers.
    lengths (n_sequences, int64): How many of them each sequence has.
    """

    data: Ints
    lengths: Ints

    @classmethod
    def of(cls, sequences: Iterable[Sequence[int] | Ints]) -> "Ragged":
        """Join sequences."""
        arrays = [np.asarray(sequence, dtype=np.int64) for sequence in sequences]
        return cls(
            np.concatenate([*arrays, np.zeros(0, dtype=np.int64)]),
            np.array([len(array) for array in arrays], dtype=np.int64),
        )

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, i: int) -> Ints:
        start = int(self.lengths[:i].sum())
        return self.data[start : start + int(self.lengths[i])]

    @property
    def starts(self) -> Ints:
        """n_sequences, int64: where each sequence starts in `data`."""
        return np.cumsum(self.lengths) - self.lengths

    def take(self, indices: Ints) -> "Ragged":
        """Choose sequences, in any order, any number of times.

        indices (n_chosen, int64): Which ones.
        """
        lengths = self.lengths[indices]
        shifts = self.starts[indices] - (np.cumsum(lengths) - lengths)
        return Ragged(self.data[np.repeat(shifts, lengths) + np.arange(lengths.sum())], lengths)

    def followed_by(self, other: "Ragged") -> "Ragged":
        """All sequences of this one, and then all of the other."""
        return Ragged(
            np.concatenate([self.data, other.data]),
            np.concatenate([self.lengths, other.lengths]),
        )


def interleave(first: Ragged, second: Ragged) -> Ragged:
    """One sequence of the first, one of the second, and so on.

    first: n or n + 1 sequences.
    second: n sequences.
    """
    n = len(first) + len(second)
    order = np.empty(n, dtype=np.int64)
    order[0::2] = np.arange(len(first))
    order[1::2] = len(first) + np.arange(len(second))
    return first.followed_by(second).take(order)


def pad(sequences: Sequence[Ints], value: int) -> Ints:
    """Lay sequences side by side.

    sequences: The sequences; at least one.
    value: What fills their ends.
    RETURNS (n_sequences x longest, int64).
    """
    padded = np.full((len(sequences), max(map(len, sequences))), value, dtype=np.int64)
    for row, sequence in zip(padded, sequences, strict=True):
        row[: len(sequence)] = sequence
    return padded
