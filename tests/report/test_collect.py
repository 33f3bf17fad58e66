"""What is collected is what spaCy scores and what the taggers are sure of."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc, Span
from spacy.training import Example
from toy_pipelines import LABELS, SPANS_KEY
from toy_reports import gold_docs, sure, unsure

from spacy_halfree.evaluation.judgement import judge
from spacy_halfree.evaluation.reliability import reliability
from spacy_halfree.report.collect import TextResult, collect, size_on_disk
from spacy_halfree.report.highlights import Mark, layers


@pytest.mark.parametrize("target", ["ents", "spans", "tags"])
def test_figures_are_those_of_spacy(target: str) -> None:
    system = unsure(target)
    gold = gold_docs(target)
    stored: list[bool] = []

    def look(_: int) -> None:
        """Others who use the pipeline meanwhile get what they always get."""
        doc = system.nlp(gold[0].text)
        stored.append(any(token._.tag_probs is not None for token in doc))

    figures = collect(system, gold, "test", on_progress=look)
    assert stored
    assert not any(stored)
    scores = system.nlp.evaluate([Example(system.nlp.make_doc(doc.text), doc) for doc in gold])
    total = figures.model.scores.total
    assert total.precision == pytest.approx(scores["halfree_p"])
    assert total.recall == pytest.approx(scores["halfree_r"])
    assert total.fscore == pytest.approx(scores["halfree_f"])
    assert 0 < total.tp < total.tp + total.fn
    key = {"ents": "ents", "spans": f"spans_{SPANS_KEY}", "tags": "tag"}[target]
    per_type: dict[str, Any] = scores[f"{key}_per_type"]
    for label, score in figures.model.scores.by_label.items():
        assert score.fscore == pytest.approx(per_type[label]["f"])
    # and confidence is what `spacy halfree calibrate` goes by
    known = reliability(judge(system.nlp, "halfree_tagger", gold), system.tagger.calibration)
    assert figures.model.reliability is not None
    assert figures.model.reliability.expected_calibration_error() == pytest.approx(
        known.expected_calibration_error(), rel=1e-4
    )
    assert len(figures.model.reliability.confidences) == len(known.confidences)
    errors = [text.n_errors for text in figures.texts]
    assert errors == sorted(errors, reverse=True)
    assert sorted(text.number for text in figures.texts) == [1, 2, 3, 4]
    assert figures.model.words_per_second is not None
    assert figures.model.words_per_second > 0


def test_where_teacher_and_model_differ() -> None:
    model, teacher = unsure(), sure()
    figures = collect(model, gold_docs(), "test", teacher=teacher, with_speed=False)
    assert figures.teacher is not None
    assert figures.teacher.scores.total.fscore == 1 > figures.model.scores.total.fscore
    assert figures.teacher.words_per_second is None
    n_differences = 0
    for text in figures.texts:
        assert text.teacher_found is not None
        only = set(text.found) ^ set(text.teacher_found)
        named = {own for pair in text.disagreements for own in (pair.gold, pair.found)}
        assert named - {None} == only
        n_differences += len(only)
    assert n_differences


def test_a_teacher_of_another_target() -> None:
    with pytest.raises(ValueError, match=r"\[H070\].*'tags'"):
        collect(unsure(), gold_docs(), "test", teacher=unsure("tags"))


def test_texts_without_annotation() -> None:
    system = unsure()
    bare = Doc(system.nlp.vocab, words=["Abbey", "Road"])
    figures = collect(system, [bare, *gold_docs()], "test")
    assert figures.n_left_out == 1
    assert sorted(text.number for text in figures.texts) == [2, 3, 4, 5]
    with pytest.raises(ValueError, match="H044"):
        collect(system, [bare], "test")


def test_where_nothing_is_annotated_nothing_is_judged() -> None:
    gold = gold_docs()
    words = [token.text for token in gold[3]]
    partly = Doc(gold[3].vocab, words=words, spaces=[True] * 3 + [False])
    partly.set_ents([Span(partly, 1, 2, label=LABELS[1])], default="missing")
    (text,) = collect(unsure(steps=40), [partly], "test").texts
    kinds = {pair.kind for pair in text.pairs}
    assert kinds == {"correct", "unknown"}
    assert text.n_errors == 0


def test_what_other_components_find_is_counted_without_confidence() -> None:
    system = unsure()
    ruler = system.nlp.add_pipe("entity_ruler", before="halfree_tagger")
    ruler.add_patterns([{"label": LABELS[0], "pattern": "Abbey Road"}])
    figures = collect(system, gold_docs(), "test")
    (text,) = (text for text in figures.texts if text.number == 1)
    own = (5, 15, LABELS[0])
    assert text.found[own] is None
    assert any(pair.found == own and pair.kind == "correct" for pair in text.pairs)
    assert figures.model.reliability is not None
    n_found = sum(len(text.found) for text in figures.texts)
    assert len(figures.model.reliability.confidences) < n_found


def test_batches_change_nothing() -> None:
    system = unsure()
    gold = gold_docs() * 5

    def kinds(texts: list[TextResult]) -> list[tuple[int, list[str]]]:
        return [(text.number, [pair.kind for pair in text.pairs]) for text in texts]

    assert kinds(collect(system, gold, "test", batch_size=3).texts) == kinds(
        collect(system, gold, "test").texts
    )


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 5)), max_size=8))
def test_layers_hold_every_mark_once_and_do_not_overlap(bounds: list[tuple[int, int]]) -> None:
    marks: list[Mark] = [((a, a + n, "A"), "", "", None) for a, n in bounds]
    shared = layers(marks)
    assert sorted(mark[0] for layer in shared for mark in layer) == sorted(m[0] for m in marks)
    for layer in shared:
        for (first, *_), (second, *_) in pairwise(layer):
            assert first[1] <= second[0]


def test_size_on_disk(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_bytes(b"12345")
    (tmp_path / "file").write_bytes(b"123")
    assert size_on_disk(tmp_path) == 8
    assert size_on_disk(None) is None
