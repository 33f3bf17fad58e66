"""From tokens to words and back: what all architectures share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy import registry
from spacy.tokens import Doc
from strategies import WHITE_SPACE, WORDS, check_prediction, forced_targets, normal, seeds
from thinc.api import Model

from spacy_halfree.models.architectures import build_first_order_tagger
from spacy_halfree.tagging.batch import make_batch
from spacy_halfree.tagging.label_tags import LabelTags
from spacy_halfree.tagging.layers import EntityLayer
from spacy_halfree.tagging.soft_labels import scheme_of

VOCAB = spacy.blank("xx").vocab
WIDTH = 3
TYPES = [*WORDS, *WHITE_SPACE]
LABEL_TAGS = LabelTags(VOCAB.strings, scheme_of(("A", "B"), "ents"))
texts = st.lists(st.lists(st.sampled_from(TYPES), max_size=6), min_size=1, max_size=4)


def table() -> Model:
    """A tok2vec of one vector per type of token."""

    def forward(model: Model, docs: list[Doc], is_train: bool) -> Any:
        rows = [np.array([TYPES.index(t.text) for t in doc], dtype=np.int64) for doc in docs]
        vectors = model.get_param("E")

        def backprop(gradients: list[Any]) -> list[Doc]:
            d_vectors = np.zeros_like(vectors)
            for own, gradient in zip(rows, gradients, strict=True):
                assert gradient.shape == (len(own), WIDTH)
                np.add.at(d_vectors, own, gradient)
            model.inc_grad("E", d_vectors)
            return docs

        return [vectors[own] for own in rows], backprop

    model: Model = Model("table", forward, dims={"nO": WIDTH}, params={"E": None})
    model.set_param("E", normal(0, len(TYPES), WIDTH))
    return model


def make_tagger(seed: int) -> Any:
    model = build_first_order_tagger(table())
    model.set_dim("nO", 4)
    model.initialize()
    head = model.get_ref("head")
    for name in ("W", "b", "A"):
        head.set_param(name, normal(seed, *head.get_param(name).shape))
    return model


@given(texts, seeds)
def test_words_get_their_own_vectors(words: list[list[str]], seed: int) -> None:
    docs = [Doc(VOCAB, words=text) for text in words]
    batch = make_batch(docs, LABEL_TAGS, EntityLayer())
    model = make_tagger(seed)
    prediction = model.predict((batch, None))
    check_prediction(batch, prediction)
    own = [TYPES.index(word) for text in words for word in text if not word.isspace()]
    vectors = model.get_ref("tok2vec").get_param("E")[own]
    expected = model.get_ref("head").predict((vectors, batch, None))
    assert prediction.tags.tolist() == expected.tags.tolist()
    assert np.allclose(prediction.probabilities, expected.probabilities, atol=1e-6)


@given(texts, seeds)
def test_gradients_reach_the_words_only(words: list[list[str]], seed: int) -> None:
    docs = [Doc(VOCAB, words=text) for text in words]
    batch = make_batch(docs, LABEL_TAGS, EntityLayer())
    model = make_tagger(seed)
    targets = forced_targets(batch, model.predict((batch, None)).tags)
    _, backprop = model.begin_update((batch, targets))
    d_logits = normal(seed, batch.n_words, 4)
    backprop(d_logits)
    expected = np.zeros((len(TYPES), WIDTH))
    own = [TYPES.index(word) for text in words for word in text if not word.isspace()]
    np.add.at(expected, own, d_logits @ model.get_ref("head").get_param("W"))
    found = model.get_ref("tok2vec").get_grad("E")
    assert np.allclose(found, expected, atol=1e-4)
    assert (found[len(WORDS) :] == 0).all()


@pytest.mark.parametrize("name", ["halfree.FirstOrderTagger.v1", "halfree.AlignedSeq2Seq.v1"])
def test_architectures_are_registered(name: str) -> None:
    if "Seq2Seq" in name:
        pytest.importorskip("torch")
    model = registry.get("architectures", name)(table())
    assert model.get_ref("tok2vec").name == "table"
    assert not model.has_dim("nO")


@pytest.mark.parametrize(("window", "margin"), [(64, 32), (10, 6), (10, -1), (0, 0)])
def test_windows_need_room_between_their_margins(window: int, margin: int) -> None:
    build = registry.get("architectures", "halfree.AlignedSeq2Seq.v1")
    with pytest.raises(ValueError, match="H013"):
        build(table(), window=window, margin=margin)
