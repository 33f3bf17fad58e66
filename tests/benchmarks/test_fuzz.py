"""Hostile docs: nothing happens that must not, and if it did it would be seen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.util import load_config, load_model_from_config

from benchmarks.robustness.fuzz import make_pipeline, run
from benchmarks.robustness.hostile_docs import LABELS, HostileDoc, hostile_docs
from benchmarks.robustness.violations import find_violations
from spacy_halfree.pipeline.tagger import HalfreeTagger, Tagged

N_DOCS = 2_000
CONFIG = Path(__file__).resolve().parents[2] / "configs" / "teacher_aligned.cfg"


def test_hostile_docs() -> None:
    pytest.importorskip("torch")
    counts = run(N_DOCS, random_seed=0)
    assert counts == {"docs": N_DOCS}


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Language:
    """A pipeline as the workflow trains it: a pretrained encoder before an aligned decoder."""
    pytest.importorskip("spacy_transformers")
    tiny_encoder = pytest.importorskip("tiny_encoder")
    encoder = tmp_path_factory.mktemp("teacher") / "encoder"
    tiny_encoder.write_encoder(encoder)
    config = load_config(CONFIG, {"paths.encoder": str(encoder)}, interpolate=True)
    nlp = load_model_from_config(config, auto_fill=True)
    tagger: HalfreeTagger = nlp.get_pipe("halfree_tagger")  # type: ignore[assignment]
    for label in LABELS:
        tagger.add_label(label)
    nlp.initialize(lambda: [Example.from_dict(nlp.make_doc("a b"), {})])
    return nlp


@settings(max_examples=30, suppress_health_check=list(HealthCheck))
@given(plans=st.lists(hostile_docs(), min_size=10, max_size=10))
def test_hostile_docs_and_a_pretrained_encoder(teacher: Language, plans: list[HostileDoc]) -> None:
    docs = [plan.build(teacher) for plan in plans]
    for doc in docs:
        teacher.get_pipe("transformer")(doc)
    tagger: HalfreeTagger = teacher.get_pipe("halfree_tagger")  # type: ignore[assignment]
    assert find_violations(tagger, docs) == []


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
