"""Hostile docs: nothing happens that must not, and if it did it would be seen."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from spacy.language import Language
from spacy.tokens import Doc, Span

from benchmarks.robustness.fuzz import make_pipeline, run
from benchmarks.robustness.violations import find_violations
from spacy_halfree.pipeline.tagger import HalfreeTagger, Tagged

N_DOCS = 2_000


def test_hostile_docs() -> None:
    pytest.importorskip("torch")
    counts = run(N_DOCS, random_seed=0)
    assert counts == {"docs": N_DOCS}


def lose_entities(tagger: HalfreeTagger, docs: list[Doc], scores: Tagged) -> None:
    for doc in docs:
        doc.ents = []


def invent_labels(tagger: HalfreeTagger, docs: list[Doc], scores: Tagged) -> None:
    for doc in docs:
        doc.ents = [*doc.ents, Span(doc, 2, 3, label="INVENTED")]


def take_white_space(tagger: HalfreeTagger, docs: list[Doc], scores: Tagged) -> None:
    for doc in docs:
        doc.ents = [*doc.ents, Span(doc, 3, 4, label="LOC")]


def lose_cats(tagger: HalfreeTagger, docs: list[Doc], scores: Tagged) -> None:
    for doc in docs:
        doc.cats = {}


def fail(tagger: HalfreeTagger, docs: list[Doc], scores: Tagged) -> None:
    raise IndexError("out of range")


def break_probabilities(tagger: HalfreeTagger, docs: list[Doc], scores: Tagged) -> None:
    scores[1].probabilities[:] = np.nan


@pytest.mark.parametrize(
    ("sabotage", "expected"),
    [
        (lose_entities, "an entity of others lost"),
        (invent_labels, "a label that is not of the set"),
        (take_white_space, "white space at an edge"),
        (lose_cats, "annotation of others lost"),
        (break_probabilities, "a probability that is no number"),
        (fail, "IndexError"),
    ],
)
def test_violations_are_seen(
    monkeypatch: pytest.MonkeyPatch, sabotage: Callable[..., None], expected: str
) -> None:
    nlp: Language = make_pipeline("en", "first_order", "ents")
    tagger: HalfreeTagger = nlp.get_pipe("halfree_tagger")  # type: ignore[assignment]

    def doc() -> Doc:
        doc = Doc(nlp.vocab, words=["a", "b", "c", "\n", "d"])
        doc.set_ents([Span(doc, 0, 1, label="LOC", kb_id="Q1")])
        doc.cats = {"mine": 1.0}
        return doc

    assert find_violations(tagger, [doc()]) == []
    monkeypatch.setattr(
        tagger, "set_annotations", lambda docs, scores: sabotage(tagger, docs, scores)
    )
    assert any(violation.startswith(expected) for violation in find_violations(tagger, [doc()]))
