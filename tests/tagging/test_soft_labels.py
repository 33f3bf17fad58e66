"""Distributions on their way through a doc's user data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from spacy.tokens import Doc, DocBin
from strategies import label_tuples, seeds

from spacy_halfree.tagging.scheme import TagScheme
from spacy_halfree.tagging.soft_labels import (
    KEY,
    VERSION,
    SoftLabels,
    has_soft_labels,
    keep_top_k,
    load_soft_labels,
    scheme_of,
    soft_label_names,
    store_soft_labels,
)

VOCAB = spacy.blank("xx").vocab
targets = st.sampled_from(["ents", "tags", "spans"])


def random_soft_labels(labels: tuple[str, ...], target: Any, n_words: int, seed: int) -> SoftLabels:
    """Distributions with a sharp tag or not, and some zeros."""
    random = np.random.default_rng(seed)
    n_tags = scheme_of(labels, target).n_tags
    logits = random.normal(scale=random.choice([0.1, 2, 6]), size=(n_words, n_tags))
    probabilities = np.exp(logits) * (random.random((n_words, n_tags)) < 0.8) + 1e-9
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    return SoftLabels(
        labels, target, probabilities.argmax(axis=1), probabilities.astype(np.float32)
    )


def make_doc(n_words: int) -> Doc:
    return Doc(VOCAB, words=["a"] * n_words)


def through_bytes(doc: Doc) -> Doc:
    data = DocBin(docs=[doc], store_user_data=True).to_bytes()
    (loaded,) = DocBin(store_user_data=True).from_bytes(data).get_docs(spacy.blank("xx").vocab)
    return loaded


def is_distribution(probabilities: NDArray[np.float32]) -> bool:
    return bool((probabilities >= 0).all() and np.allclose(probabilities.sum(axis=1), 1, atol=1e-5))


@given(label_tuples, targets, st.integers(0, 6), seeds, st.booleans())
def test_round_trip(
    labels: tuple[str, ...], target: Any, n_words: int, seed: int, as_bytes: bool
) -> None:
    soft = random_soft_labels(labels, target, n_words, seed)
    doc = make_doc(n_words)
    assert not has_soft_labels(doc)
    store_soft_labels(doc, soft)
    if as_bytes:
        doc = through_bytes(doc)
    assert has_soft_labels(doc)
    assert soft_label_names(doc) == labels
    loaded = load_soft_labels(doc, n_words)
    assert (loaded.labels, loaded.target) == (labels, target)
    assert loaded.tags.tolist() == soft.tags.tolist()
    assert loaded.tags.dtype == np.int64
    assert loaded.probabilities.dtype == np.float32
    assert np.allclose(loaded.probabilities, soft.probabilities, rtol=2e-3, atol=1e-3)
    assert is_distribution(loaded.probabilities)


@given(label_tuples, targets, st.integers(1, 6), seeds, st.integers(1, 7), st.booleans())
def test_top_k(
    labels: tuple[str, ...], target: Any, n_words: int, seed: int, k: int, as_bytes: bool
) -> None:
    soft = random_soft_labels(labels, target, n_words, seed)
    doc = make_doc(n_words)
    store_soft_labels(doc, soft)
    full = load_soft_labels(doc, n_words).probabilities
    doc.user_data[KEY] = keep_top_k(doc.user_data[KEY], k)
    if as_bytes:
        doc = through_bytes(doc)
    n_tags = full.shape[1]
    assert ("probabilities" in doc.user_data[KEY]) == (k >= n_tags)
    loaded = load_soft_labels(doc, n_words)
    assert loaded.tags.tolist() == soft.tags.tolist()
    assert is_distribution(loaded.probabilities)
    for row, expected in zip(loaded.probabilities, full, strict=True):
        order = np.argsort(-expected, kind="stable")
        assert np.allclose(row[order[:k]], expected[order[:k]], atol=3e-3)
        rest = row[order[k:]]
        if len(rest):
            assert np.allclose(rest, expected[order[k:]].mean(), atol=3e-3)
            assert np.ptp(rest) < 1e-3


@given(st.data(), label_tuples, targets, st.integers(0, 6), seeds)
def test_reordering_keeps_what_each_label_has(
    data: st.DataObject, labels: tuple[str, ...], target: Any, n_words: int, seed: int
) -> None:
    soft = random_soft_labels(labels, target, n_words, seed)
    scheme = scheme_of(tuple(data.draw(st.permutations(labels))), target)
    other = soft.reorder(scheme)
    own = scheme_of(labels, target)
    assert other.labels == scheme.labels
    for tag in range(own.n_tags):
        n = tag - own.offset
        new = tag if n < 0 else scheme.labels.index(labels[n]) + own.offset
        assert np.array_equal(other.probabilities[:, new], soft.probabilities[:, tag])
        assert ((other.tags == new) == (soft.tags == tag)).all()
    back = other.reorder(own)
    assert back.tags.tolist() == soft.tags.tolist()
    assert np.array_equal(back.probabilities, soft.probabilities)


def stored(n_words: int = 3) -> Doc:
    doc = make_doc(n_words)
    store_soft_labels(doc, random_soft_labels(("A", "B"), "ents", n_words, 0))
    return doc


@pytest.mark.parametrize("version", [0, VERSION + 1, "1", None])
def test_other_version(version: Any) -> None:
    doc = stored()
    doc.user_data[KEY]["version"] = version
    with pytest.raises(ValueError, match="H007"):
        load_soft_labels(doc, 3)
    with pytest.raises(ValueError, match="H007"):
        soft_label_names(doc)


def test_payload_of_another_kind() -> None:
    doc = stored()
    doc.user_data[KEY] = [1, 2, 3]
    with pytest.raises(ValueError, match="H007"):
        load_soft_labels(doc, 3)


def even(n_words: int, n_tags: int) -> NDArray[np.float16]:
    return np.full((n_words, n_tags), 1 / n_tags, dtype=np.float16)


@pytest.mark.parametrize(
    "change",
    [
        {"probabilities": even(3, 5)},
        {"probabilities": even(2, 4)},
        {"probabilities": even(3, 4)[0]},
        {"probabilities": even(3, 4) * 2},
        {"probabilities": -even(3, 4)},
        {"probabilities": np.full((3, 4), np.nan, dtype=np.float16)},
        {"probabilities": np.array([[2, -1, 0, 0]] * 3, dtype=np.float16)},
        {"probabilities": "text"},
        {"probabilities": None},
        {"tags": np.array([0, 1], dtype=np.uint16)},
        {"tags": np.array([0, 4, 0], dtype=np.uint16)},
        {"tags": np.array([0, -1, 0])},
        {"tags": "text"},
        {"tags": [[0], [1, 2], [0]]},
        {"labels": ["A"]},
        {"labels": 3},
        {"labels": None},
    ],
)
def test_damage(change: dict[str, Any]) -> None:
    doc = stored()
    doc.user_data[KEY].update(change)
    with pytest.raises(ValueError, match="H008"):
        load_soft_labels(doc, 3)


@pytest.mark.parametrize("key", ["target", "labels", "tags", "probabilities"])
def test_missing_parts(key: str) -> None:
    doc = stored()
    del doc.user_data[KEY][key]
    with pytest.raises(ValueError, match="H008"):
        load_soft_labels(doc, 3)


@pytest.mark.parametrize(
    "change",
    [
        {"top_tags": np.array([[0, 4]] * 3, dtype=np.uint16)},
        {"top_tags": np.array([[0, 1, 2]] * 3, dtype=np.uint16)},
        {"top_tags": np.array([0, 1], dtype=np.uint16)},
        {"top_probabilities": np.array([[1, 1]] * 3, dtype=np.float16)},
        {"top_probabilities": even(2, 2)},
    ],
)
def test_damage_to_the_top_k(change: dict[str, Any]) -> None:
    doc = stored()
    doc.user_data[KEY] = {**keep_top_k(doc.user_data[KEY], 2), **change}
    with pytest.raises(ValueError, match="H008"):
        load_soft_labels(doc, 3)


def test_an_edited_text_does_not_fit() -> None:
    with pytest.raises(ValueError, match="H008"):
        load_soft_labels(stored(), 4)


def test_reordering_to_the_same_order_is_nothing() -> None:
    soft = random_soft_labels(("A", "B"), "ents", 2, 0)
    assert soft.reorder(TagScheme(("A", "B"), spans=True)) is soft
