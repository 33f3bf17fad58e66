"""From docs to words and masks, and through the whole first-order component."""

from functools import lru_cache
from typing import Any

import numpy as np
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc, Span
from spacy.training import Example
from strategies import (
    COMPONENT_LABELS,
    LABELS,
    WHITE_SPACE,
    WORDS,
    DocPlan,
    check_entities,
    check_prediction,
    check_span_group,
    component_config,
    doc_plans,
    entity_facts,
    label_tuples,
    normal,
    seeds,
)

from spacy_halfree.tagging.batch import make_batch
from spacy_halfree.tagging.label_tags import LabelTags
from spacy_halfree.tagging.layers import EntityLayer, TagLayer, make_layer
from spacy_halfree.tagging.scheme import INSIDE, OUTSIDE, UNKNOWN, first_words
from spacy_halfree.tagging.soft_labels import scheme_of

NLP = spacy.blank("xx")
VOCAB = NLP.vocab
several_docs = st.lists(doc_plans(COMPONENT_LABELS), min_size=1, max_size=3)


@lru_cache
def first_order_tagger(target: str) -> Any:
    nlp = spacy.blank("xx", vocab=VOCAB)
    config = component_config("halfree.FirstOrderTagger.v1", target)
    pipe = nlp.add_pipe("halfree_tagger", config=config)
    example = Example.from_dict(nlp.make_doc("a b"), {})
    nlp.initialize(lambda: [example])
    return pipe


def random_tagger(target: str, seed: int) -> Any:
    pipe = first_order_tagger(target)
    head = pipe.model.get_ref("head")
    for name in ("W", "b", "A"):
        head.set_param(name, normal(seed, *head.get_param(name).shape, scale=3))
    return pipe


# -- the look-up of labels


@given(label_tuples, st.lists(st.sampled_from([*LABELS, "OTHER", ""])))
def test_label_tags(labels: tuple[str, ...], names: list[str]) -> None:
    for target in ("ents", "tags"):
        label_tags = LabelTags(VOCAB.strings, scheme_of(labels, target))
        hashes = np.array(
            [VOCAB.strings.add(name) if name else 0 for name in names], dtype=np.uint64
        )
        offset = 2 if target == "ents" else 0
        expected = [labels.index(n) + offset if n in labels else UNKNOWN for n in names]
        assert label_tags(hashes).tolist() == expected


def test_no_labels_no_tags() -> None:
    label_tags = LabelTags(VOCAB.strings, scheme_of((), "ents"))
    assert label_tags(np.array([1, 2], dtype=np.uint64)).tolist() == [UNKNOWN, UNKNOWN]


# -- masks


def expected_masks(doc: Doc, labels: tuple[str, ...]) -> list[set[int]]:
    """The tags that each word of a doc may have, read off its entities one token at a time.

    The first word cannot be inside of anything.
    """
    every = set(range(len(labels) + 2))
    owner: dict[int, tuple[int, str]] = {}
    for n, ent in enumerate(doc.ents):
        owner.update({token.i: (n, ent.label_) for token in ent})
    for token in doc:
        if token.ent_iob == 3 and not token.ent_type:
            owner[token.i] = (-1 - token.i, "")
    masks = []
    words = [token.i for token in doc if not token.is_space]
    for before, i in zip([None, *words], words, strict=False):
        if i in owner:
            n, label = owner[i]
            if label not in labels:
                masks.append({OUTSIDE})
            elif before is not None and owner.get(before, (None,))[0] == n:
                masks.append({INSIDE})
            else:
                masks.append({labels.index(label) + 2})
        elif before is None or any(j in owner for j in range(before, i)):
            masks.append(every - {INSIDE})
        else:
            masks.append(every)
    return masks


@given(label_tuples.flatmap(lambda n: st.tuples(st.just(n), st.lists(doc_plans(n), max_size=4))))
def test_entities_pin_their_words(drawn: tuple[tuple[str, ...], list[DocPlan]]) -> None:
    labels, plans = drawn
    docs = [plan.build(VOCAB) for plan in plans]
    batch = make_batch(docs, LabelTags(VOCAB.strings, scheme_of(labels, "ents")), EntityLayer())
    n_tags = len(labels) + 2
    tokens = [token for doc in docs for token in doc]
    assert batch.words.tolist() == [i for i, token in enumerate(tokens) if not token.is_space]
    assert batch.lengths.tolist() == [sum(not t.is_space for t in doc) for doc in docs]
    expected = [mask for doc in docs for mask in expected_masks(doc, labels)]
    allowed = np.ones((len(expected), n_tags), dtype=bool)
    if batch.allowed is not None:
        allowed &= batch.allowed
    allowed[first_words(batch.lengths)] &= batch.transitions[batch.start]
    assert [set(np.flatnonzero(row).tolist()) for row in allowed] == expected


@pytest.mark.parametrize("target", ["ents", "tags", "spans"])
def test_no_docs_and_empty_docs(target: str) -> None:
    label_tags = LabelTags(VOCAB.strings, scheme_of(("A",), target))
    empty = Doc(VOCAB)
    for docs in ([], [empty], [empty, Doc(VOCAB, words=["a"]), empty]):
        batch = make_batch(docs, label_tags, make_layer(target, "sc"))
        assert batch.lengths.tolist() == [len(doc) for doc in docs]
        assert batch.n_words == sum(batch.lengths)
        assert batch.allowed is None


def test_white_space_gets_token_tags() -> None:
    label_tags = LabelTags(VOCAB.strings, scheme_of(("A", "B"), "tags"))
    doc = Doc(VOCAB, words=["a", "\n", "b"], tags=["B", "", "OTHER"])
    batch = make_batch([doc], label_tags, TagLayer())
    assert batch.words.tolist() == [0, 1, 2]
    assert batch.allowed.tolist() == [[False, True], [True, True], [True, True]]


# -- the whole component, with random weights


@given(several_docs, seeds)
def test_entities_of_the_component(plans: list[DocPlan], seed: int) -> None:
    docs = [plan.build(VOCAB) for plan in plans]
    check_entities(random_tagger("ents", seed), plans, docs)


@given(several_docs, seeds)
def test_span_groups_of_the_component(plans: list[DocPlan], seed: int) -> None:
    check_span_group(random_tagger("spans", seed), [plan.build(VOCAB) for plan in plans])


tokens_and_tags = st.lists(
    st.tuples(st.sampled_from([*WORDS, *WHITE_SPACE]), st.sampled_from(["", "", "LOC", "OTHER"])),
    max_size=8,
)


@given(st.lists(tokens_and_tags, min_size=1, max_size=3), seeds)
def test_token_tags_of_the_component(texts: list[list[tuple[str, str]]], seed: int) -> None:
    pipe = random_tagger("tags", seed)
    docs = [
        Doc(VOCAB, words=[word for word, _ in text], tags=[tag for _, tag in text])
        for text in texts
    ]
    batch, prediction = pipe.predict(docs)
    check_prediction(batch, prediction)
    pipe.set_annotations(docs, (batch, prediction))
    for doc, text in zip(docs, texts, strict=True):
        for token, (_, preset) in zip(doc, text, strict=True):
            assert token.tag_ == preset if preset else token.tag_ in COMPONENT_LABELS


@pytest.mark.parametrize("words", [["\n", "a"], ["a", "\n"], ["\n"]])
@pytest.mark.parametrize("label", ["LOC", "OTHER"])
def test_an_entity_of_white_space_survives(words: list[str], label: str) -> None:
    doc = Doc(VOCAB, words=words)
    place = words.index("\n")
    doc.set_ents([Span(doc, place, place + 1, label=label)])
    before = entity_facts(doc)
    first_order_tagger("ents")(doc)
    assert set(before) <= set(entity_facts(doc))


def test_blocked_white_space_stays_blocked() -> None:
    doc = Doc(VOCAB, words=["\n", "a"])
    doc.set_ents([], blocked=[doc[0:1]])
    first_order_tagger("ents")(doc)
    assert (doc[0].ent_iob, doc[0].ent_type) == (3, 0)
