"""Spans to tags and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import label_tuples, span_bounds, text_lengths

from spacy_halfree.tagging.scheme import (
    INSIDE,
    OUTSIDE,
    UNKNOWN,
    TagScheme,
    first_words,
    spans_from_tags,
    tags_from_iob,
)
from spacy_halfree.tagging.soft_labels import scheme_of


def iob_of(n_words: int, spans: list[tuple[int, int, int]], offset: int) -> tuple[list, list]:
    """spaCy's codes and the tags of the labels."""
    codes, tags = [2] * n_words, [UNKNOWN] * n_words
    for start, end, label in spans:
        codes[start:end] = [3] + [1] * (end - start - 1)
        tags[start:end] = [label + offset] * (end - start)
    return codes, tags


@given(st.data(), label_tuples, text_lengths)
def test_spans_survive_the_round_trip(
    data: st.DataObject, labels: tuple[str, ...], lengths: list[int]
) -> None:
    scheme = TagScheme(labels, spans=True)
    codes: list[int] = []
    label_tags: list[int] = []
    expected = []
    for length in lengths:
        bounds = data.draw(span_bounds(length))
        spans = [(*bound, data.draw(st.integers(0, len(labels) - 1))) for bound in bounds]
        own_codes, own_tags = iob_of(length, spans, scheme.offset)
        expected += [(start + len(codes), end + len(codes) - 1, n) for start, end, n in spans]
        codes += own_codes
        label_tags += own_tags
    tags = tags_from_iob(np.array(codes, dtype=np.int64), np.array(label_tags, dtype=np.int64))
    assert not (tags == UNKNOWN).any()
    text_sizes = np.array(lengths, dtype=np.int64)
    assert scheme.transitions[scheme.previous_tags(tags, text_sizes), tags].all()
    first, last, found = spans_from_tags(tags, text_sizes)
    assert list(zip(first.tolist(), last.tolist(), found.tolist(), strict=True)) == expected


def test_adjacent_spans_of_one_label_stay_apart() -> None:
    tags = np.array([2, INSIDE, 2, 2, INSIDE])
    first, last, labels = spans_from_tags(tags, np.array([5]))
    assert first.tolist() == [0, 2, 3]
    assert last.tolist() == [1, 2, 4]
    assert labels.tolist() == [0, 0, 0]


def test_a_span_does_not_run_into_the_next_text() -> None:
    tags = np.array([OUTSIDE, 2, INSIDE, 3, OUTSIDE])
    first, last, labels = spans_from_tags(tags, np.array([3, 0, 1, 0, 1]))
    assert (first.tolist(), last.tolist(), labels.tolist()) == ([1, 3], [2, 3], [0, 1])


def test_missing_codes_are_unknown() -> None:
    tags = tags_from_iob(np.array([0, 3, 1, 2]), np.array([5, 5, 5, 5]))
    assert tags.tolist() == [UNKNOWN, 5, INSIDE, OUTSIDE]


@given(label_tuples)
def test_only_inside_after_outside_or_start_is_forbidden(labels: tuple[str, ...]) -> None:
    scheme = TagScheme(labels, spans=True)
    n_tags = len(labels) + 2
    assert scheme.n_tags == n_tags
    names = scheme.tag_names
    assert names[:2] == ("O", "I")
    assert len(set(names)) == len(names) == scheme.n_tags
    for label, name in zip(labels, names[2:], strict=True):
        assert name == label or label in ("O", "I")
    forbidden = {tuple(pair) for pair in np.argwhere(~scheme.transitions).tolist()}
    assert forbidden == {(OUTSIDE, INSIDE), (scheme.start, INSIDE)}
    assert scheme.transitions.shape == (n_tags + 1, n_tags)


@given(label_tuples)
def test_token_tags_are_unconstrained(labels: tuple[str, ...]) -> None:
    scheme = scheme_of(labels, "tags")
    assert scheme.transitions.shape == (len(labels) + 1, len(labels))
    assert scheme.transitions.all()
    assert scheme.tag_names == labels


@pytest.mark.parametrize("target", ["ents", "spans"])
def test_labels_named_like_tags_have_tags_of_their_own(target: str) -> None:
    scheme = scheme_of(("O", "I"), target)
    assert scheme.tag_names == ("O", "I", "B-O", "B-I")
    assert scheme_of(("B-O", "O"), "ents").tag_names == ("O", "I", "B-O", "B-B-O")
    first, last, labels = spans_from_tags(np.array([3, INSIDE, 2, OUTSIDE]), np.array([4]))
    assert [scheme.labels[label] for label in labels] == ["I", "O"]
    assert (first.tolist(), last.tolist()) == ([0, 2], [1, 2])


@given(st.data(), label_tuples, st.booleans(), text_lengths)
def test_history_is_the_tag_before(
    data: st.DataObject, labels: tuple[str, ...], spans: bool, lengths: list[int]
) -> None:
    scheme = TagScheme(labels, spans)
    tags: list[int] = []
    expected = []
    for length in lengths:
        tag = st.integers(UNKNOWN, scheme.n_tags - 1)
        own = data.draw(st.lists(tag, min_size=length, max_size=length))
        before = [scheme.start, *(scheme.start if tag == UNKNOWN else tag for tag in own)]
        expected += before[:length]
        tags += own
    found = scheme.previous_tags(np.array(tags, dtype=np.int64), np.array(lengths, dtype=np.int64))
    assert found.tolist() == expected


@given(text_lengths)
def test_first_words(lengths: list[int]) -> None:
    starts = [sum(lengths[:i]) for i, length in enumerate(lengths) if length]
    assert first_words(np.array(lengths, dtype=np.int64)).tolist() == starts
