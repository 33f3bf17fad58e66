"""Wordings, formats, tries and ragged arrays, against plain Python."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_halfree.models.sentinel.formats import SentinelTagFormat, TagOnlyFormat
from spacy_halfree.models.sentinel.ragged import Ragged, interleave, pad
from spacy_halfree.models.sentinel.target_texts import Vocabulary, text_weights, write_texts
from spacy_halfree.models.sentinel.trie import ROOT, build_trie
from spacy_halfree.models.sentinel.wording import TagStyle, tag_wordings, wording
from spacy_halfree.models.windows import TokenLimit, split_into_windows, window_rounds

sequences = st.lists(st.lists(st.integers(0, 9), max_size=4), max_size=8)

# -- ragged arrays


def as_lists(ragged: Ragged) -> list[list[int]]:
    return [ragged[i].tolist() for i in range(len(ragged))]


@given(sequences, st.data())
def test_taking_sequences(lists: list[list[int]], data: st.DataObject) -> None:
    ragged = Ragged.of(lists)
    assert as_lists(ragged) == lists
    if lists:
        chosen = data.draw(st.lists(st.integers(0, len(lists) - 1), max_size=9))
        taken = ragged.take(np.array(chosen, dtype=np.int64))
        assert as_lists(taken) == [lists[i] for i in chosen]


@given(sequences, st.booleans())
def test_interleaving(lists: list[list[int]], one_more: bool) -> None:
    first = [[n + 10 for n in own] for own in lists] + ([[99]] if one_more else [])
    found = interleave(Ragged.of(first), Ragged.of(lists))
    expected = []
    for i, own in enumerate(first):
        expected.append(own)
        if i < len(lists):
            expected.append(lists[i])
    assert as_lists(found) == expected


def test_padding() -> None:
    padded = pad([np.array([1, 2]), np.array([], dtype=int), np.array([3])], 7)
    assert padded.tolist() == [[1, 2], [7, 7], [3, 7]]


# -- wordings


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("object_name", "object name"),
        ("B2B-Deal", "B2B deal"),
        ("PER", "person"),
        ("StreetNamePostType", "street name post type"),
        ("fromloc.city_name", "fromloc city name"),
        ("WORK_OF_ART", "work of art"),
        ("DATE", "date"),
        ("O", "o"),
        ("USState", "US state"),
        ("album title", "album title"),
        ("künstler", "künstler"),
        ("地点", "地点"),
        ("-LRB-", "lrb"),
        ("``", "``"),
        ("_", "_"),
        (",", ","),
    ],
)
def test_wordings_of_labels(label: str, expected: str) -> None:
    assert wording(label) == expected


@given(st.text(min_size=1))
def test_every_label_has_a_wording(label: str) -> None:
    assert wording(label)


STYLE = TagStyle(one_token=False, label_words={}, outside_words="O", inside_words="I")


def test_labels_with_the_same_words_stay_as_they_are() -> None:
    labels = ["object_name", "object name", "city", "o"]
    found = tag_wordings(labels, spans=True, style=replace(STYLE, outside_words="o"))
    assert found == ["o", "I", "object_name", "object name", "city", "o"]


def test_own_wordings() -> None:
    style = replace(STYLE, label_words={"PER": "a human being"})
    found = tag_wordings(["PER", "LOC"], spans=True, style=style)
    assert found == ["O", "I", "a human being", "location"]
    assert tag_wordings(["PER"], spans=False, style=STYLE) == ["person"]
    style = replace(STYLE, label_words={"ORG": "organization"})
    with pytest.raises(ValueError, match=r"H031.*'ORG'"):
        tag_wordings(["PER"], spans=True, style=style)


# -- tries

different = st.lists(
    st.lists(st.integers(0, 3), min_size=1, max_size=4).map(tuple),
    min_size=1,
    max_size=10,
    unique=True,
)


@given(different)
def test_tries_spell_the_tags(tags: list[tuple[int, ...]]) -> None:
    trie = build_trie(tags)
    prefixes = {tag[:n] for tag in tags for n in range(len(tag) + 1)}
    assert len(trie.tokens) == len(prefixes)
    spelled: dict[int, tuple[int, ...]] = {ROOT: ()}
    for node in range(1, len(trie.tokens)):
        parent = int(trie.parents[node])
        assert parent < node
        spelled[node] = (*spelled[parent], int(trie.tokens[node]))
        assert trie.depths[node] == len(spelled[node])
    assert set(spelled.values()) == prefixes
    for tag, tokens in enumerate(tags):
        assert spelled[int(trie.tag_nodes[tag])] == tokens
        chain = [node for node in trie.chains[tag].tolist() if node >= 0]
        assert [spelled[node] for node in chain] == [tokens[: n + 1] for n in range(len(tokens))]
        assert trie.node_tags[trie.tag_nodes[tag]] == tag
    for node, prefix in spelled.items():
        expected = [tokens[: len(prefix)] == prefix for tokens in tags]
        assert trie.leads_to[node].tolist() == expected


# -- texts

VOCABULARY = Vocabulary(
    sentinels=np.array([100, 101, 102, 103, 104]),
    tags=Ragged.of([[20], [21], [22, 23], [22, 24, 25], [2]]),
    before=np.array([], dtype=np.int64),
    after=np.array([1]),
    start=0,
    padding=0,
    max_length=64,
)
PIECES = Ragged.of([[10], [11, 12], [13], [14], [15, 16, 17]])


def one_text(target_format: Any, tags: list[int]) -> Any:
    rounds = window_rounds(np.array([len(tags)]), 9, 0)
    pieces = PIECES.take(np.arange(len(tags)))
    return write_texts(rounds[0], pieces, np.array(tags), VOCABULARY, target_format)


def test_the_sentinel_tag_format() -> None:
    texts = one_text(SentinelTagFormat(), [2, 0, -1])
    assert texts.inputs[0].tolist() == [100, 10, 101, 11, 12, 102, 13, 1]
    assert texts.targets[0].tolist() == [0, 100, 22, 23, 101, 20, 102, 2, 103]
    assert texts.tag_positions[0].tolist() == [2, 5, 7]
    assert texts.marks[0, :, 0].tolist() == [101, 102, 103]
    assert SentinelTagFormat().max_words(5) == 4


def test_the_tag_only_format() -> None:
    texts = one_text(TagOnlyFormat(), [2, 0, 3])
    assert texts.inputs[0].tolist() == [10, 11, 12, 13, 1]
    assert texts.targets[0].tolist() == [0, 22, 23, 100, 20, 100, 22, 24, 25, 100]
    assert texts.tag_positions[0].tolist() == [1, 4, 6]
    assert texts.marks[0, :, 0].tolist() == [100, 100, 100]
    assert TagOnlyFormat().max_words(5) is None


def test_several_windows_are_padded() -> None:
    rounds = window_rounds(np.array([2, 1]), 9, 0)
    pieces = PIECES.take(np.array([1, 0, 4]))
    texts = write_texts(rounds[0], pieces, np.array([0, 3, 1]), VOCABULARY, SentinelTagFormat())
    assert texts.inputs.tolist() == [[100, 11, 12, 101, 10, 1], [100, 15, 16, 17, 1, 0]]
    assert texts.mask.tolist() == [[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 0]]
    assert texts.targets.tolist() == [
        [0, 100, 20, 101, 22, 24, 25, 102],
        [0, 100, 21, 101] + 4 * [0],
    ]
    assert texts.lengths.tolist() == [8, 4]
    prefixes, lengths = texts.prefixes(np.array([1, 0]))
    assert lengths.tolist() == [4, 2]
    assert prefixes.tolist() == [[0, 100, 20, 101], [0, 100, 21, 101]]


def test_every_written_token_has_the_weight_of_its_word() -> None:
    texts = one_text(SentinelTagFormat(), [2, -1, 0])
    weights = np.array([[0.5, 0.0, 2.0]], dtype=np.float32)
    found = text_weights(texts, weights, np.ones((1, 3), dtype=bool))
    # reads:    start  s1   22   23   s2  unk   s3   20   s4
    # writes:     s1   22   23   s2  unk   s3   20   s4  end
    assert found[0].tolist() == [0.5, 0.5, 0.5, 0.5, 0.0, 0.0, 2.0, 2.0, 2.0]
    only_last = text_weights(texts, weights, np.array([[False, False, True]]))
    assert only_last[0].tolist() == [0.0] * 6 + [2.0] * 3


def test_vocabularies_survive() -> None:
    found = Vocabulary.from_dict(VOCABULARY.to_dict())
    assert found.to_dict() == VOCABULARY.to_dict()
    assert as_lists(found.tags) == as_lists(VOCABULARY.tags)


# -- windows with limits

drawn_limits = st.lists(
    st.tuples(st.lists(st.integers(0, 5), min_size=30, max_size=30), st.integers(5, 30)),
    max_size=2,
)


@given(st.integers(0, 30), st.integers(1, 12), st.integers(0, 4), drawn_limits)
def test_windows_keep_to_their_limits(
    n_words: int, size: int, margin: int, drawn: list[tuple[list[int], int]]
) -> None:
    margin = min(margin, (size - 1) // 2)
    limits = [TokenLimit(np.array(costs[:n_words]), limit) for costs, limit in drawn]
    windows = split_into_windows(n_words, size, margin, limits)
    decided = [i for window in windows for i in range(window.first, window.stop)]
    assert decided == list(range(n_words))
    for window in windows:
        assert window.start <= window.first < window.stop <= window.end
        assert window.end - window.start <= size
        for limit in limits:
            assert limit.costs[window.start : window.end].sum() <= limit.limit


def test_windows_limited_by_tokens_decide_half_of_their_words() -> None:
    """Or, with a margin as wide as the window, each would decide a single word."""
    windows = split_into_windows(90, 90, 16, [TokenLimit(np.full(90, 4), 126)])
    assert len(windows) < 7
    assert all(window.end - window.stop >= 7 for window in windows[:-1])
    assert all(window.first - window.start >= 7 for window in windows[1:])


def test_words_that_leave_no_room_for_the_margin() -> None:
    costs = TokenLimit(np.array([1, 1, 9, 9, 1, 1, 1, 1]), 10)
    windows = split_into_windows(8, 6, 2, [costs])
    assert [(window.first, window.stop) for window in windows][:3] == [(0, 2), (2, 3), (3, 5)]
    assert all(costs.costs[window.start : window.end].sum() <= 10 for window in windows)
