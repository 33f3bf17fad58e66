"""Fast inference of spaCy's CNN: the same vectors as spaCy's own layers, whatever happens."""

import copy
import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.language import Language
from spacy.ml.models.tok2vec import (
    CharacterEmbed,
    MaxoutWindowEncoder,
    MultiHashEmbed,
    build_hash_embed_cnn_tok2vec,
    build_Tok2Vec_model,
)
from spacy.tokens import Doc
from thinc.api import Adam, Model

from spacy_halfree.models.inference.known_layers import find_known_layers
from spacy_halfree.models.inference.lexeme_table import LexemeTable
from spacy_halfree.models.inference.token_vectors import TokenVectors
from spacy_halfree.models.inference.window_encoder import CHUNK

NLP = spacy.blank("en")
WORDS = ["the", "The", "song", "42", "Zoë", "...", " ", "\n", "A", "Müller-Lüdenscheidt"]
TEXTS = st.lists(st.sampled_from(WORDS), max_size=30)


def make_tok2vec(seed: int = 0, **settings: Any) -> Model:
    """A small CNN whose parameters are all random, so that none of them can be left out."""
    sizes = {"width": 8, "depth": 3, "embed_size": 40, "window_size": 1, "maxout_pieces": 3}
    options = {"subword_features": True, "pretrained_vectors": None}
    model = build_hash_embed_cnn_tok2vec(**sizes | options | settings)
    model.initialize(X=[make_doc(["a"])])
    randomize(model, seed)
    return model


def randomize(model: Model, seed: int) -> None:
    generator = np.random.default_rng(seed)
    for node in model.walk():
        for name in node.param_names:
            shape = node.get_param(name).shape
            node.set_param(name, generator.normal(size=shape).astype(np.float32))


def make_doc(words: Sequence[str]) -> Doc:
    return Doc(NLP.vocab, words=[str(word) for word in words])


def assert_same(fast: np.ndarray, tok2vec: Model, docs: Sequence[Doc]) -> None:
    expected = tok2vec.ops.flatten(tok2vec.predict(list(docs)))
    assert fast.shape == expected.shape
    assert fast.dtype == np.float32
    np.testing.assert_allclose(fast, expected, rtol=1e-5, atol=1e-5)


@given(
    texts=st.lists(TEXTS, min_size=1, max_size=6),
    depth=st.integers(1, 5),
    window_size=st.integers(1, 3),
    maxout_pieces=st.integers(1, 4),
    subword_features=st.booleans(),
)
def test_the_same_vectors(texts: list[list[str]], **settings: Any) -> None:
    tok2vec = make_tok2vec(**settings)
    assert find_known_layers(tok2vec) is not None
    token_vectors, docs = TokenVectors(), [make_doc(words) for words in texts]
    # twice: what was computed for a lexeme must fit wherever else it stands
    assert_same(token_vectors(tok2vec, docs), tok2vec, docs)
    assert_same(token_vectors(tok2vec, docs[::-1]), tok2vec, docs[::-1])


@pytest.mark.parametrize("n_words", [CHUNK - 1, CHUNK, CHUNK + 1, 5 * CHUNK + 7])
def test_texts_longer_than_a_chunk(n_words: int) -> None:
    tok2vec = make_tok2vec(depth=4)
    generator = np.random.default_rng(0)
    docs = [make_doc(generator.choice(WORDS, size)) for size in (3, n_words, 0, 10)]
    assert_same(TokenVectors()(tok2vec, docs), tok2vec, docs)


@pytest.mark.parametrize("offset", [0.0, 5.0])
def test_the_same_vectors_at_the_usual_sizes(offset: float) -> None:
    tok2vec = make_tok2vec(width=96, depth=4, embed_size=2_000)
    for node in tok2vec.walk():
        if node.name == "maxout":
            # weights as they are drawn at first, and scores far from 0
            node.set_param("W", node.get_param("W") / np.float32(np.sqrt(node.get_dim("nI"))))
            node.set_param("b", node.get_param("b") + np.float32(offset))
    docs = [make_doc(WORDS * n) for n in (1, 3, 40)]
    assert_same(TokenVectors()(tok2vec, docs), tok2vec, docs)


def test_no_docs() -> None:
    tok2vec, token_vectors = make_tok2vec(), TokenVectors()
    token_vectors(tok2vec, [make_doc(["a"])])
    assert token_vectors(tok2vec, []).shape == (0, 8)


@pytest.mark.parametrize("attribute", ["norm_", "prefix_", "suffix_", "shape_"])
def test_an_attribute_set_by_hand(attribute: str) -> None:
    tok2vec, token_vectors = make_tok2vec(), TokenVectors()
    doc = make_doc(["a", "b"])
    before = token_vectors(tok2vec, [doc])
    # the norm is a token's own as well as its lexeme's
    owner = doc[0] if attribute == "norm_" else doc.vocab["a"]
    old = getattr(owner, attribute)
    setattr(owner, attribute, "z")
    try:
        after = token_vectors(tok2vec, [doc])
        assert_same(after, tok2vec, [doc])
        assert np.abs(after - before).max() > 1e-3
    finally:
        setattr(owner, attribute, old)
    assert_same(token_vectors(tok2vec, [doc]), tok2vec, [doc])


def test_changed_weights_are_noticed() -> None:
    tok2vec, token_vectors = make_tok2vec(), TokenVectors()
    docs = [make_doc(["the", "song"])]
    before = token_vectors(tok2vec, docs)
    # an update changes the arrays in place
    vectors, backprop = tok2vec.begin_update(docs)
    token_vectors(tok2vec, docs)
    backprop([np.ones_like(own) for own in vectors])
    tok2vec.finish_update(Adam(0.01))
    assert_same(token_vectors(tok2vec, docs), tok2vec, docs)
    assert np.abs(token_vectors(tok2vec, docs) - before).max() > 1e-3
    # averages stand in for a while
    averages = {
        (node.id, name): node.get_param(name) * 2
        for node in tok2vec.walk()
        for name in node.param_names
    }
    with tok2vec.use_params(averages):
        assert_same(token_vectors(tok2vec, docs), tok2vec, docs)
    assert_same(token_vectors(tok2vec, docs), tok2vec, docs)
    tok2vec.from_bytes(make_tok2vec(seed=5).to_bytes())
    assert_same(token_vectors(tok2vec, docs), tok2vec, docs)


@pytest.mark.parametrize("lay_out", [np.ascontiguousarray, np.asfortranarray])
def test_one_matrix_is_enough_to_be_noticed(lay_out: Callable[[np.ndarray], np.ndarray]) -> None:
    tok2vec, token_vectors = make_tok2vec(), TokenVectors()
    docs = [make_doc(["the", "song"])]
    for node in tok2vec.walk():
        # the tables of embeddings are read by thinc's own code, which wants them as they are
        for name in node.param_names if node.name != "hashembed" else ():
            node.set_param(name, lay_out(node.get_param(name)))
    token_vectors(tok2vec, docs)
    for node in tok2vec.walk():
        for name in node.param_names:
            node.get_param(name)[:] += 0.5
            assert_same(token_vectors(tok2vec, docs), tok2vec, docs)


def other_tok2vecs() -> list[Model]:
    encode = MaxoutWindowEncoder(width=8, window_size=1, maxout_pieces=2, depth=2)
    characters = CharacterEmbed(8, 40, 4, 4, include_static_vectors=False)
    columns = MultiHashEmbed(8, ["NORM"], [40], include_static_vectors=False)
    without_padding = make_tok2vec()
    without_padding.get_ref("encode").attrs["pad"] = 0
    named_alike = make_tok2vec()
    (maxout, *_) = [node for node in named_alike.walk() if node.name == "maxout"]
    maxout._func = lambda model, X, is_train: (X[:, :8], lambda d: d)
    return [
        build_Tok2Vec_model(characters, encode),
        build_Tok2Vec_model(
            columns, spacy.registry.architectures.get("spacy.MishWindowEncoder.v2")(8, 1, 2)
        ),
        named_alike,
        without_padding,
    ]


@pytest.mark.parametrize("kind", range(4))
def test_others_compute_for_themselves(kind: int) -> None:
    tok2vec = other_tok2vecs()[kind]
    tok2vec.initialize(X=[make_doc(["a"])])
    docs = [make_doc(["the", "song"]), make_doc([])]
    assert find_known_layers(tok2vec) is None
    expected = tok2vec.ops.flatten(tok2vec.predict(docs))
    np.testing.assert_array_equal(TokenVectors()(tok2vec, docs), expected)


def test_copies_share_nothing() -> None:
    tok2vec, token_vectors = make_tok2vec(), TokenVectors()
    docs = [make_doc(["the", "song"])]
    token_vectors(tok2vec, docs)
    other, other_tok2vec = copy.deepcopy(token_vectors), tok2vec.copy()
    assert vars(other) == vars(TokenVectors())
    randomize(other_tok2vec, seed=3)
    assert_same(other(other_tok2vec, docs), other_tok2vec, docs)
    assert_same(token_vectors(tok2vec, docs), tok2vec, docs)


def test_memory_zones_come_and_go() -> None:
    tok2vec, token_vectors = make_tok2vec(), TokenVectors()
    for text in ("xyzzy plugh", "plover xyzzy"):
        with NLP.memory_zone():
            docs = [NLP.make_doc(text)]
            assert_same(token_vectors(tok2vec, docs), tok2vec, docs)


def double(attributes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A row for each token that shows which one it is."""
    numbers = attributes.astype(np.float32)
    return numbers, 2 * numbers[:, :1]


def make_table(capacity: int) -> LexemeTable:
    return LexemeTable(double, 2, double(np.zeros((1, 2), dtype=np.uint64)), capacity)


def assert_found(table: LexemeTable, attributes: np.ndarray) -> None:
    rows, values = table.look_up(attributes)
    for found, expected in zip(values, double(attributes), strict=True):
        np.testing.assert_array_equal(found[rows], expected)
        assert not found[0].any()


ATTRIBUTES = st.lists(
    st.lists(st.tuples(st.integers(1, 9), st.integers(1, 3)), max_size=12), max_size=6
)


@given(batches=ATTRIBUTES, capacity=st.integers(1, 12))
def test_a_table_finds_what_belongs_to_a_token(
    batches: list[list[tuple[int, int]]], capacity: int
) -> None:
    table = make_table(capacity)
    for batch in batches:
        assert_found(table, np.array(batch, dtype=np.uint64).reshape(-1, 2))
        # one batch may have more than fit
        assert len(table) <= max(capacity, *(len(set(own)) for own in batches))


@given(batches=ATTRIBUTES)
def test_two_lexemes_with_one_key(batches: list[list[tuple[int, int]]]) -> None:
    table = make_table(100)
    table._multipliers = np.zeros(2, dtype=np.uint64)
    for batch in batches:
        assert_found(table, np.array(batch, dtype=np.uint64).reshape(-1, 2))


def test_what_is_there_is_not_computed_again() -> None:
    table = make_table(10)
    attributes = np.array([[1, 1], [2, 2], [1, 1]], dtype=np.uint64)
    table.look_up(attributes)
    table.compute = lambda attributes: pytest.fail("computed again")
    assert_found(table, attributes)


def test_few_are_added_to_many() -> None:
    """Room grows as it is needed, up to what the table may hold, and old states stay readable."""
    table = make_table(100)
    attributes = np.arange(1, 101, dtype=np.uint64).reshape(-1, 1).repeat(2, axis=1)
    states = []
    for own in attributes:
        table.look_up(own[None])
        states.append((table._entries, len(table)))
    assert [n for _, n in states] == list(range(1, 101))
    for entries, n in states:
        _, known = entries.find(
            (attributes * table._multipliers).sum(axis=1, dtype=np.uint64), attributes
        )
        assert known.tolist() == [True] * n + [False] * (100 - n)
    assert [len(own) for own in table._entries.values] == [101] * 2
    assert_found(table, np.array([[7, 9]], dtype=np.uint64))
    assert len(table) == 1


@given(
    batches=st.lists(st.lists(TEXTS, min_size=1, max_size=3), max_size=5),
    capacity=st.integers(1, 8),
    in_zones=st.booleans(),
)
def test_vectors_stay_right_when_the_table_starts_anew(
    batches: list[list[list[str]]], capacity: int, in_zones: bool
) -> None:
    tok2vec, token_vectors = make_tok2vec(), TokenVectors(capacity)
    for texts in batches:
        with NLP.memory_zone() if in_zones else nullcontext():
            docs = [make_doc(words) for words in texts]
            assert_same(token_vectors(tok2vec, docs), tok2vec, docs)


def test_no_more_is_kept_than_is_allowed() -> None:
    tok2vec, token_vectors = make_tok2vec(), TokenVectors()
    with NLP.memory_zone():
        for start in range(0, 10_100, 50):
            token_vectors(tok2vec, [make_doc([f"x{start + i}" for i in range(50)])])
            fast = token_vectors._fast
            assert fast is not None
            assert len(fast.lexemes) == (start % 10_000) + 50
        assert max(len(own) for own in fast.lexemes._entries.values) <= 10_001


@pytest.mark.parametrize("capacity", [10_000, 20])
def test_threads_share_a_pipeline(capacity: int) -> None:
    tok2vec, token_vectors = make_tok2vec(), TokenVectors(capacity)
    generator = np.random.default_rng(0)
    work = [
        [make_doc([f"w{i}" for i in generator.integers(300, size=20)]) for _ in range(40)]
        for _ in range(8)
    ]
    expected = [tok2vec.ops.flatten(tok2vec.predict(docs)) for docs in work]
    found: list[list[np.ndarray]] = [[] for _ in work]

    def run(number: int) -> None:
        docs = work[number]
        found[number] = [token_vectors(tok2vec, docs[i : i + 5]) for i in range(0, 40, 5)]

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for own, right in zip(found, expected, strict=True):
        np.testing.assert_allclose(np.concatenate(own), right, rtol=1e-5, atol=1e-5)


@pytest.fixture
def pipeline() -> Language:
    nlp = spacy.blank("en")
    nlp.add_pipe("halfree_tagger", config={"labels": ["SONG"]})
    nlp.initialize()
    return nlp


def test_a_pipeline_uses_it_and_saves_nothing_of_it(pipeline: Language) -> None:
    model = pipeline.get_pipe("halfree_tagger").model
    before = model.to_bytes()
    list(pipeline.pipe(["the song", "the other song"]))
    assert model.attrs["token_vectors"]._fast is not None
    assert model.to_bytes() == before
    assert spacy.blank("en").from_config(pipeline.config).from_bytes(pipeline.to_bytes())
