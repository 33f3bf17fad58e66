"""Long texts as overlapping windows, each word being decided where it has context on both sides."""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..types import Bools, Ints

# spaCy's own commands show what goes to loggers below "spacy"
logger = logging.getLogger("spacy.halfree")


class WindowCounter:
    """Counts the texts of this process that do not fit into one window.

    The first one, the tenth, the hundredth and so on is logged at level INFO.

    n_texts: How many there were; a text that three teachers read counts three times.
    n_windows: How many windows they took.
    """

    def __init__(self) -> None:
        self.n_texts = self.n_windows = 0
        self._next = 1
        self._lock = threading.Lock()

    def add(self, n_windows: Sequence[int], size: int) -> None:
        """Count texts.

        n_windows: For each text how many windows it takes.
        size: The most words in a window.
        """
        split = [n for n in n_windows if n > 1]
        with self._lock:
            self.n_texts += len(split)
            self.n_windows += sum(split)
            if self.n_texts < self._next:
                return
            while self._next <= self.n_texts:
                self._next *= 10
            logger.info(
                "So far a text did not fit into a window of %d words (or of what else limits the "
                "model) %d times; %d overlapping windows were read, and no word was left out.",
                size,
                self.n_texts,
                self.n_windows,
            )


window_counter = WindowCounter()


class Window(NamedTuple):
    """Consecutive words; all numbers are indices of words, ends excluded.

    start: The first word seen.
    first: The first word decided here; those before it were decided in the window before.
    stop: Where the decided words end; those after it are context for the ones before.
    end: Where the words seen end.
    """

    start: int
    first: int
    stop: int
    end: int


@dataclass
class TokenLimit:
    """How many tokens fit into a window.

    costs (n_words, int64): The tokens of each word; none has more than the limit.
    limit: The most tokens.
    """

    costs: Ints
    limit: int

    def part(self, words: slice) -> "TokenLimit":
        """The same for some of the words."""
        return TokenLimit(self.costs[words], self.limit)

    def furthest(self, start: int) -> int:
        """The end of the longest window that starts at a word."""
        used = np.cumsum(self.costs[start:])
        return start + int(np.searchsorted(used, self.limit, side="right"))


def split_into_windows(
    n_words: int, size: int, margin: int, limits: Sequence[TokenLimit] = ()
) -> list[Window]:
    """Cut a text into windows that decide each of its words exactly once.

    n_words: The length of the text.
    size: The most words in a window.
    margin: How many words at an inner edge of a window are context only; less than half its size.
        In windows that `limits` make smaller, at most a quarter of the words.
    limits: Limits of tokens.
    RETURNS: The windows in order: one if the text fits, none if it is empty.
    """
    windows: list[Window] = []
    decided = 0
    while decided < n_words:
        room = _end(decided, n_words, size, limits) - decided
        is_limited = room < min(size, n_words - decided)
        own_margin = min(margin, room // 4) if is_limited else margin
        start = max(decided - own_margin, 0)
        while (end := _end(start, n_words, size, limits)) <= decided:
            start += 1
        stop = n_words if end == n_words else max(end - own_margin, decided + 1)
        windows.append(Window(start, decided, stop, end))
        decided = stop
    return windows


def _end(start: int, n_words: int, size: int, limits: Sequence[TokenLimit]) -> int:
    return min(n_words, start + size, *(limit.furthest(start) for limit in limits))


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

    def part(self, rows: Ints) -> "WindowBatch":
        """Some of the windows, in the order given."""
        seen = self.seen[rows]
        longest = int(seen.max(initial=0))
        return WindowBatch(self.positions[rows, :longest], seen, self.first[rows], self.stop[rows])


def window_rounds(
    lengths: Ints, size: int, margin: int, limits: Sequence[TokenLimit] = ()
) -> list[WindowBatch]:
    """Group the windows of several texts so that each group depends on earlier groups only.

    lengths (n_texts): The number of words of each text, texts laid end to end.
    size: The most words in a window.
    margin: Words of context at inner edges.
    limits: Limits of tokens, for the words of all texts.
    RETURNS: The first windows of all texts, the second ones, and so on; most often one group.
    """
    offsets = np.cumsum(lengths) - lengths
    rounds: list[list[tuple[int, Window]]] = []
    n_windows = []
    for offset, n_words in zip(offsets.tolist(), lengths.tolist(), strict=True):
        own = [limit.part(slice(offset, offset + n_words)) for limit in limits]
        windows = split_into_windows(n_words, size, margin, own)
        n_windows.append(len(windows))
        for i, window in enumerate(windows):
            if i == len(rounds):
                rounds.append([])
            rounds[i].append((offset, window))
    window_counter.add(n_windows, size)
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
    positions = [
        np.pad(batch.positions, ((0, 0), (0, longest - batch.positions.shape[1])))
        for batch in rounds
    ]
    seen, first, stop = (
        np.concatenate([getattr(batch, name) for batch in rounds])
        for name in ("seen", "first", "stop")
    )
    return WindowBatch(np.concatenate(positions), seen, first, stop)
