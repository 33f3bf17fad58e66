"""Cutting long texts."""

import logging

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_halfree.models.windows import (
    WindowBatch,
    WindowCounter,
    join_rounds,
    pad_windows,
    split_into_windows,
    window_counter,
    window_rounds,
)

sizes_and_margins = st.integers(0, 5).flatmap(
    lambda margin: st.tuples(st.integers(2 * margin + 1, 2 * margin + 12), st.just(margin))
)


@given(st.integers(0, 120), sizes_and_margins)
def test_every_word_is_decided_once(n_words: int, drawn: tuple[int, int]) -> None:
    size, margin = drawn
    windows = split_into_windows(n_words, size, margin)
    decided = [i for window in windows for i in range(window.first, window.stop)]
    assert decided == list(range(n_words))
    for window in windows:
        assert 0 <= window.start <= window.first < window.stop <= window.end <= n_words
        assert window.end - window.start <= size
        # a word has its margin of context on each side, or all there is
        assert window.first - window.start >= margin or window.start == 0
        assert window.first - window.start >= margin or window.first == 0
        assert window.end - window.stop >= margin or window.stop == n_words
    if n_words:
        assert len(windows) == 1 or n_words > size


def words_of(batch: WindowBatch) -> list[list[int]]:
    return [row[:n].tolist() for row, n in zip(batch.positions, batch.seen, strict=True)]


@given(st.lists(st.integers(0, 40), max_size=4), sizes_and_margins)
def test_rounds_hold_the_windows_of_all_texts(lengths: list[int], drawn: tuple[int, int]) -> None:
    size, margin = drawn
    rounds = window_rounds(np.array(lengths, dtype=np.int64), size, margin)
    n_windows = [len(split_into_windows(n, size, margin)) for n in lengths]
    assert [len(batch.seen) for batch in rounds] == [
        sum(n > i for n in n_windows) for i in range(max(n_windows, default=0))
    ]
    known: set[int] = set()
    for batch in rounds:
        assert not (batch.padding & batch.decided).any()
        in_round = set()
        for words, first, stop in zip(words_of(batch), batch.first, batch.stop, strict=True):
            # what is decided rests on words of earlier rounds only
            assert set(words[:first]) <= known
            in_round.update(words[first:stop])
        decided = batch.positions[batch.decided].tolist()
        assert sorted(decided) == sorted(in_round)
        assert not known & in_round
        known |= in_round
    assert known == set(range(sum(lengths)))
    if rounds:
        joined = join_rounds(rounds)
        assert words_of(joined) == [words for batch in rounds for words in words_of(batch)]
        assert sorted(joined.positions[joined.decided].tolist()) == sorted(known)
        assert joined.positions.max() < sum(lengths)


def test_padding_repeats_a_word_of_the_texts() -> None:
    windows = [(0, window) for window in split_into_windows(3, 9, 0)]
    windows += [(3, window) for window in split_into_windows(5, 9, 0)]
    batch = pad_windows(windows)
    assert batch.positions.tolist() == [[0, 1, 2, 0, 0], [3, 4, 5, 6, 7]]
    assert batch.padding.sum() == 2


def test_windows_are_counted_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    counter = WindowCounter()
    with caplog.at_level(logging.INFO, "spacy.halfree"):
        counter.add([1, 1, 0], 8)
        assert not caplog.messages
        counter.add([1, 3, 1], 8)
        assert "a window of 8 words" in caplog.messages[0]
        assert "1 times" in caplog.messages[0]
        assert "3 overlapping windows" in caplog.messages[0]
        for _ in range(98):
            counter.add([2], 8)
    assert (counter.n_texts, counter.n_windows) == (99, 199)
    assert len(caplog.messages) == 2
    assert "10 times" in caplog.messages[1]


def test_splitting_texts_counts_them() -> None:
    before = window_counter.n_texts, window_counter.n_windows
    window_rounds(np.array([20, 3, 20]), 8, 2)
    n_windows = 2 * len(split_into_windows(20, 8, 2))
    assert window_counter.n_texts == before[0] + 2
    assert window_counter.n_windows == before[1] + n_windows
