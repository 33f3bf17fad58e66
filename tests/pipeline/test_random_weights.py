"""The whole component with random weights: whatever it finds is legal, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc, Span
from spacy.training import Example
from strategies import (
    COMPONENT_LABELS,
    WHITE_SPACE,
    WORDS,
    DocPlan,
    check_entities,
    check_prediction,
    check_span_group,
    component_config,
    doc_plans,
    entity_facts,
    normal,
    seeds,
)

VOCAB = spacy.blank("xx").vocab
several_docs = st.lists(doc_plans(COMPONENT_LABELS, max_tokens=15), min_size=1, max_size=3)
Tagger = Callable[[str, int], Any]
"""For a target and a seed, a tagger with random weights."""


@lru_cache
def make_tagger(architecture: str, target: str, **settings: Any) -> Any:
    nlp = spacy.blank("xx", vocab=VOCAB)
    pipe = nlp.add_pipe("halfree_tagger", config=component_config(architecture, target, **settings))
    example = Example.from_dict(nlp.make_doc("a b"), {})
    nlp.initialize(lambda: [example])
    return pipe


def first_order_tagger(target: str, seed: int) -> Any:
    pipe = make_tagger("halfree.FirstOrderTagger.v1", target)
    head = pipe.model.get_ref("head")
    for name in ("W", "b", "A"):
        head.set_param(name, normal(seed, *head.get_param(name).shape, scale=3))
    return pipe


def aligned_tagger(target: str, seed: int) -> Any:
    import torch

    # docs are longer than a window
    sizes = {"layers": 1, "heads": 2, "hidden_factor": 2, "window": 5, "margin": 1}
    pipe = make_tagger("halfree.AlignedSeq2Seq.v1", target, **sizes)
    torch.manual_seed(seed)
    with torch.no_grad():
        for parameter in pipe.model.get_ref("head").shims[0]._model.parameters():
            parameter.normal_(std=0.7)
    return pipe


@pytest.fixture(scope="module", params=["first_order", "aligned"])
def random_tagger(request: pytest.FixtureRequest) -> Tagger:
    if request.param == "first_order":
        return first_order_tagger
    pytest.importorskip("torch")
    return aligned_tagger


@given(several_docs, seeds)
def test_entities_of_the_component(random_tagger: Tagger, plans: list[DocPlan], seed: int) -> None:
    docs = [plan.build(VOCAB) for plan in plans]
    check_entities(random_tagger("ents", seed), plans, docs)


@given(several_docs, seeds)
def test_span_groups_of_the_component(
    random_tagger: Tagger, plans: list[DocPlan], seed: int
) -> None:
    check_span_group(random_tagger("spans", seed), [plan.build(VOCAB) for plan in plans])


tokens_and_tags = st.lists(
    st.tuples(st.sampled_from([*WORDS, *WHITE_SPACE]), st.sampled_from(["", "", "LOC", "OTHER"])),
    max_size=8,
)


@given(st.lists(tokens_and_tags, min_size=1, max_size=3), seeds)
def test_token_tags_of_the_component(
    random_tagger: Tagger, texts: list[list[tuple[str, str]]], seed: int
) -> None:
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
def test_an_entity_of_white_space_survives(
    random_tagger: Tagger, words: list[str], label: str
) -> None:
    doc = Doc(VOCAB, words=words)
    place = words.index("\n")
    doc.set_ents([Span(doc, place, place + 1, label=label)])
    before = entity_facts(doc)
    random_tagger("ents", 0)(doc)
    assert set(before) <= set(entity_facts(doc))


def test_blocked_white_space_stays_blocked(random_tagger: Tagger) -> None:
    doc = Doc(VOCAB, words=["\n", "a"])
    doc.set_ents([], blocked=[doc[0:1]])
    random_tagger("ents", 0)(doc)
    assert (doc[0].ent_iob, doc[0].ent_type) == (3, 0)
