"""Long texts as overlapping windows, each word being decided where it has context on both sides."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..types import Bools, Ints


class Window(NamedTuple):
    """A stretch of words; all numbers are indices of words, ends excluded.

    start: The first word seen.
    first: The first word decided here; those before it were decided in the window before.
    stop: Where the decided words end; those after it are context for the ones before.
    end: Where the words seen end.
    """

    start: int
    first: int
    stop: int
    end: int


def split_into_windows(n_words: int, size: int, margin: int) -> list[Window]:
    """Cut a text into windows that decide each of its words exactly once.

    n_words: The length of the text.
    size: The most words in a window.
    margin: How many words at an inner edge of a window are context only; less than half its size.
    RETURNS: The windows in order: one if the text fits, none if it is empty.
    """
    if n_words <= size:
        return [Window(0, 0, n_words, n_words)] if n_words else []
    windows = [Window(0, 0, size - margin, size)]
    while windows[-1].end < n_words:
        first = windows[-1].stop
        start = first - margin
        end = min(start + size, n_words)
        windows.append(Window(start, first, n_words if end == n_words else end - margin, end))
    return windows


@dataclass
class WindowBatch:
    """Windows of several texts side by side, padded.

    positions (n_windows x longest, int64): The index of each word among the words of all texts;
        padding repeats the window's first word.
    seen (n_windows, int64): How many words each window sees.
    first (n_windows, int64): The column of the first word that the window decides.
    stop (n_windows, int64): The column at which the words that it decides end.
    """

    positions: Ints
    seen: Ints
    first: Ints
    stop: Ints

    @property
    def padding(self) -> Bools:
        """n_windows x longest: whether there is no word."""
        return np.arange(self.positions.shape[1]) >= self.seen[:, None]

    @property
    def decided(self) -> Bools:
        """n_windows x longest: whether the word is decided in this window."""
        columns = np.arange(self.positions.shape[1])
        return (columns >= self.first[:, None]) & (columns < self.stop[:, None])


def window_rounds(lengths: Ints, size: int, margin: int) -> list[WindowBatch]:
    """Group the windows of several texts so that each group depends on earlier groups only.

    lengths (n_texts): The number of words of each text, texts laid end to end.
    size: The most words in a window.
    margin: Words of context at inner edges.
    RETURNS: The first windows of all texts, the second ones, and so on; most often one group.
    """
    offsets = np.cumsum(lengths) - lengths
    rounds: list[list[tuple[int, Window]]] = []
    for offset, n_words in zip(offsets.tolist(), lengths.tolist(), strict=True):
        for i, window in enumerate(split_into_windows(n_words, size, margin)):
            if i == len(rounds):
                rounds.append([])
            rounds[i].append((offset, window))
    return [pad_windows(windows) for windows in rounds]


def pad_windows(windows: list[tuple[int, Window]]) -> WindowBatch:
    """Lay windows side by side.

    windows: The windows, each with the index of its text's first word.
    """
    array = np.array([window for _, window in windows], dtype=np.int64).reshape(-1, 4)
    offset = np.array([offset for offset, _ in windows], dtype=np.int64)
    start, first, stop, end = array.T
    seen = end - start
    columns = np.arange(int(seen.max(initial=0)))
    columns = np.where(columns < seen[:, None], columns, 0)
    return WindowBatch(
        positions=(offset + start)[:, None] + columns,
        seen=seen,
        first=first - start,
        stop=stop - start,
    )


def join_rounds(rounds: list[WindowBatch]) -> WindowBatch:
    """All windows side by side, for when every tag is known and nothing has to wait."""
    longest = max(batch.positions.shape[1] for batch in rounds)
    return WindowBatch(
        positions=np.concatenate(
            [
                np.pad(batch.positions, ((0, 0), (0, longest - batch.positions.shape[1])))
                for batch in rounds
            ]
        ),
        seen=np.concatenate([batch.seen for batch in rounds]),
        first=np.concatenate([batch.first for batch in rounds]),
        stop=np.concatenate([batch.stop for batch in rounds]),
    )
