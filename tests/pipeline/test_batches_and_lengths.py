"""What is found in a text depends on the text alone: neither on what stands beside it in a batch
nor, beyond what a model sees, on what stands before and after it in a long text."""

from __future__ import annotations

import random
from itertools import chain

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spacy.language import Language
from spacy.tokens import Doc
from toy_pipelines import OTHER_TEXTS, TEXTS, architectures, make_nlp

WORDS = [word for text in TEXTS for word in text.split()]
TOLERANCE = 1e-5


def found_in(nlp: Language, docs: list[Doc]) -> list[tuple[list[int], np.ndarray]]:
    """Each doc's tags and distributions, tagged in one batch."""
    batch, prediction = nlp.get_pipe("halfree_tagger").predict(docs)
    bounds = np.cumsum(batch.lengths)[:-1]
    tags = np.split(np.asarray(prediction.tags), bounds)
    probabilities = np.split(np.asarray(prediction.probabilities), bounds)
    return [(own.tolist(), rows) for own, rows in zip(tags, probabilities, strict=True)]


texts = st.lists(
    st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join) | st.sampled_from(OTHER_TEXTS),
    min_size=1,
    max_size=9,
)


@architectures
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=texts, seed=st.integers(0, 1000), size=st.integers(1, 9))
def test_a_text_is_tagged_alike_in_any_batch(trained, architecture, texts, seed, size) -> None:
    nlp = trained(architecture, "ents")
    alone = [found_in(nlp, [nlp.make_doc(text)])[0] for text in texts]
    order = random.Random(seed).sample(range(len(texts)), len(texts))
    for start in range(0, len(order), size):
        chosen = order[start : start + size]
        together = found_in(nlp, [nlp.make_doc(texts[i]) for i in chosen])
        for i, (tags, probabilities) in zip(chosen, together, strict=True):
            assert tags == alone[i][0]
            np.testing.assert_allclose(probabilities, alone[i][1], atol=TOLERANCE)


def make_paragraphs(n_words: int) -> list[list[str]]:
    """The words of paragraphs, of a few sentences in random order each."""
    generator = random.Random(0)
    paragraphs: list[list[str]] = []
    while sum(map(len, paragraphs)) < n_words:
        paragraphs.append(" ".join(generator.sample(TEXTS, 3)).split())
    return paragraphs


def long_doc(nlp: Language, n_words: int) -> Doc:
    return Doc(nlp.vocab, words=list(chain.from_iterable(make_paragraphs(n_words))))


def differences(whole: list[int], parts: list[int]) -> list[int]:
    """Where stretches of words begin that have other tags."""
    differ = np.array(whole) != np.array(parts)
    return np.flatnonzero(differ & ~np.concatenate([[False], differ[:-1]])).tolist()


def test_100_000_words_are_tagged_as_their_paragraphs_are(trained) -> None:
    """The convolutions see `depth` words to each side: what differs begins so near a seam."""
    nlp = trained("first_order", "ents")
    depth = nlp.config["components"]["halfree_tagger"]["model"]["tok2vec"]["depth"]
    doc = long_doc(nlp, 100_000)
    paragraphs = make_paragraphs(100_000)
    ((whole, whole_rows),) = found_in(nlp, [doc])
    alone = found_in(nlp, [Doc(nlp.vocab, words=words) for words in paragraphs])
    parts = [tag for tags, _ in alone for tag in tags]
    assert len(whole) == len(parts) == len(doc) >= 100_000
    seams = np.cumsum([0, *map(len, paragraphs)])
    begun = differences(whole, parts)
    for position in begun:
        assert np.abs(seams - position).min() <= depth
    # and where the tag before is the same, so is the distribution
    before = np.concatenate([[-1], whole[:-1]]) == np.concatenate([[-1], parts[:-1]])
    inner = np.ones(len(doc), dtype=bool)
    for distance in range(-depth, depth + 1):
        inner[np.clip(seams + distance, 0, len(doc) - 1)] = False
    assert inner.sum() > len(doc) // 4
    rows = np.concatenate([rows for _, rows in alone])
    np.testing.assert_allclose(whole_rows[inner & before], rows[inner & before], atol=TOLERANCE)


@architectures
def test_the_batch_size_of_a_pipe_changes_nothing(trained, architecture) -> None:
    nlp = trained(architecture, "ents")
    many = [*TEXTS, *OTHER_TEXTS] * 3

    def tag(batch_size: int) -> list[list[tuple[int, int, str, float]]]:
        docs = nlp.pipe(many, batch_size=batch_size)
        return [
            [(ent.start, ent.end, ent.label_, ent._.confidence) for ent in doc.ents] for doc in docs
        ]

    alone = [
        [(*facts, pytest.approx(confidence, abs=TOLERANCE)) for *facts, confidence in doc]
        for doc in tag(1)
    ]
    assert any(alone)
    assert all(tag(size) == alone for size in (2, 5, 256))


def test_a_window_is_never_the_end(trained) -> None:
    """Windows that are far smaller than the text: every word has a tag, and late ones as well."""
    nlp, pipe = make_nlp("aligned")
    pipe.from_bytes(trained("aligned", "ents").get_pipe("halfree_tagger").to_bytes())
    module = pipe.model.get_ref("head").shims[0]._model
    module.window, module.margin = 12, 3
    doc = long_doc(nlp, 600)
    ((tags, probabilities),) = found_in(nlp, [doc])
    assert len(tags) == len(probabilities) == len(doc)
    pipe(doc)
    late = [ent for ent in doc.ents if ent.start > len(doc) * 0.9]
    assert late
