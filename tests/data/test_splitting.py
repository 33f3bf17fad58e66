"""The split: nothing lost, nothing twice, and something to learn about every label."""

from collections import Counter
from itertools import combinations

import pytest
import spacy
from hypothesis import given, reject
from hypothesis import strategies as st
from spacy.tokens import Doc, Span

from spacy_halfree.data.records import without_white_space
from spacy_halfree.data.splitting import Split, split_docs

VOCAB = spacy.blank("en").vocab


def make_docs(labels: list[list[str]], texts: list[int]) -> list[Doc]:
    """Docs with the given labels; those with the same number have the same text."""
    docs = []
    for own, number in zip(labels, texts, strict=True):
        doc = Doc(VOCAB, words=[f"text{number}", *(f"w{i}" for i in range(3))])
        doc.set_ents([Span(doc, i, i + 1, label) for i, label in enumerate(own)])
        docs.append(doc)
    return docs


def count_labels(docs: list[Doc]) -> Counter[str]:
    return Counter(ent.label_ for doc in docs for ent in doc.ents)


LABELS = st.lists(st.sampled_from("ABCDEF"), max_size=3)


@st.composite
def corpora(draw: st.DrawFn) -> list[Doc]:
    labels = draw(st.lists(LABELS, min_size=2, max_size=20))
    texts = draw(st.lists(st.integers(0, 15), min_size=len(labels), max_size=len(labels)))
    return make_docs(labels, texts)


@given(corpora(), st.integers(0, 8), st.integers(0, 4), st.integers(0, 9))
def test_any_docs(docs: list[Doc], n_dev: int, n_test: int, seed: int) -> None:
    examples = count_labels(docs)
    try:
        split = split_docs(docs, n_dev, n_test, seed)
    except ValueError:
        # too few texts can be taken away
        reject()
    parts = [split.train, split.dev, split.test]
    assert sorted(id(doc) for part in parts for doc in part) == sorted(map(id, docs))
    texts = [{without_white_space(doc.text) for doc in part} for part in parts]
    assert [len(part) for part in texts[1:]] == [n_dev, n_test]
    assert all(first.isdisjoint(second) for first, second in combinations(texts, 2))
    trained = count_labels(split.train)
    assert split.train
    assert all(trained[label] for label, count in examples.items() if count > 1)
    assert trained or not examples
    # in the order of the file
    positions = {id(doc): index for index, doc in enumerate(docs)}
    for part in parts:
        order = [positions[id(doc)] for doc in part]
        assert order == sorted(order)


def texts_of(split: Split) -> list[list[str]]:
    return [[doc.text for doc in part] for part in vars(split).values()]


def test_the_seed_decides() -> None:
    docs = make_docs([["A"]] * 40, list(range(40)))
    first = texts_of(split_docs(docs, 10, 5, seed=3))
    assert first == texts_of(split_docs(docs, 10, 5, seed=3))
    assert first != texts_of(split_docs(docs, 10, 5, seed=4))


def test_single_examples_are_trained_on_if_they_can_be() -> None:
    docs = make_docs([["A"]] * 20 + [["B"], ["C"]], list(range(22)))
    for seed in range(20):
        assert count_labels(split_docs(docs, 15, 4, seed).train).keys() == {"A", "B", "C"}
    assert len(split_docs(docs, 21, 0, seed=0).dev) == 21


def test_too_few_texts() -> None:
    docs = make_docs([["A", "A"], ["B", "B"], ["C", "C"]], [0, 1, 2])
    with pytest.raises(ValueError, match=r"H077.*only 0 can be"):
        split_docs(docs, 1, 0, seed=0)
