"""Calibration error, precision by coverage, and the temperature that mends confidence."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc, Span
from toy_pipelines import LABELS, SPANS_KEY, make_examples, make_nlp, train

from spacy_halfree.evaluation.judgement import Judgement, judge
from spacy_halfree.evaluation.reliability import (
    Reliability,
    draw_reliability,
    fit_temperature,
    reliability,
)
from spacy_halfree.tagging.confidence import apply_temperature


def make(confidences: list[float], rights: list[bool]) -> Reliability:
    return Reliability(np.array(confidences), np.array(rights))


def test_calibration_error() -> None:
    curve = make([0.95, 0.95, 0.95, 0.95, 0.32, 0.38], [True, True, True, False, True, False])
    assert curve.expected_calibration_error() == pytest.approx(
        4 / 6 * (0.95 - 0.75) + 2 / 6 * (0.5 - 0.35)
    )
    assert [size for size, *_ in curve.bins()] == [2, 4]
    assert make([1.0], [True]).expected_calibration_error() == 0
    assert make([0.0, 1.0], [True, False]).expected_calibration_error() == 1


def test_precision_of_the_surest() -> None:
    curve = make([0.1, 0.9, 0.5, 0.7], [True, True, False, False])
    assert curve.precision_at(0.25) == 1.0
    assert curve.precision_at(0.5) == 0.5
    assert curve.precision_at(1.0) == 0.5
    assert curve.precision_at(0.0) == 1.0


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40))
def test_bins_hold_everything_once(pairs: list[tuple[float, bool]]) -> None:
    curve = make([own for own, _ in pairs], [right for _, right in pairs])
    assert sum(size for size, *_ in curve.bins()) == len(pairs)
    assert 0 <= curve.expected_calibration_error() <= 1
    assert curve.log_loss() >= 0


@given(st.floats(0.3, 5), st.integers(0, 5))
def test_calibrating_is_dividing_scores(temperature: float, seed: int) -> None:
    scores = np.random.default_rng(seed).normal(0, 3, size=(6, 4))
    scores[0, 1] = -np.inf
    expected = np.exp(scores / temperature)
    probabilities = (np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)).astype("f")
    np.testing.assert_allclose(
        apply_temperature(probabilities, temperature),
        expected / expected.sum(axis=1, keepdims=True),
        atol=1e-5,
    )


def test_rows_do_not_vanish() -> None:
    rows = np.full((1, 50), 0.02, dtype=np.float32)
    np.testing.assert_allclose(apply_temperature(rows, 0.01), rows)
    assert apply_temperature(rows[:0], 2.0).shape == (0, 50)


def test_log_loss() -> None:
    curve = make([0.8, 0.4], [True, False])
    assert curve.log_loss() == pytest.approx(-(np.log(0.8) + np.log(0.6)) / 2)
    smoothed = -(2 / 3 * np.log(0.8) + np.log(0.2) / 3 + np.log(0.4) / 3 + 2 / 3 * np.log(0.6)) / 2
    assert curve.log_loss(smoothed=True) == pytest.approx(smoothed)


def test_no_mistakes_do_not_ask_for_certainty() -> None:
    rows = np.tile(np.array([[0.8, 0.2]], dtype=np.float32), (10, 1))
    words, tags = np.arange(10), np.zeros(10, dtype=np.int64)
    flawless = Judgement(
        tags, rows, np.array([10]), words, words, np.ones(10, dtype=bool), spans=False
    )
    temperature = fit_temperature([flawless])
    assert flawless.confidences(temperature)[0] == pytest.approx(11 / 12, abs=0.005)


@pytest.mark.parametrize("true_temperature", [0.5, 1.0, 3.0])
def test_the_temperature_is_found_again(true_temperature: float) -> None:
    """Words that are right as often as they would be at a temperature."""
    generator = np.random.default_rng(0)
    scores = generator.normal(0, 3, size=(20_000, 4))
    probabilities = (np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)).astype("f")
    tags = probabilities.argmax(axis=1)
    honest = apply_temperature(probabilities, true_temperature).max(axis=1)
    words = np.arange(len(tags))
    is_right = generator.random(len(tags)) < honest
    lengths = np.array([len(tags)])
    judgement = Judgement(tags, probabilities, lengths, words, words, is_right, spans=False)
    found = fit_temperature([judgement])
    assert found == pytest.approx(true_temperature, rel=0.05)
    before, after = (reliability([judgement], t) for t in (1.0, found))
    assert after.expected_calibration_error() < 0.02
    assert after.log_loss() <= before.log_loss() + 1e-6
    # the order stays
    assert after.precision_at(0.5) == pytest.approx(before.precision_at(0.5), abs=0.01)


def unsure(target: str, **settings: Any) -> Any:
    nlp, tagger = make_nlp(target=target, **settings)
    examples = make_examples(nlp, target)
    # the first text is new to it
    train(nlp, examples[1:], 6)
    return nlp, tagger, [example.reference for example in examples]


@pytest.mark.parametrize("target", ["ents", "spans", "tags"])
def test_right_and_wrong_are_what_the_scorer_counts(target: str) -> None:
    nlp, tagger, gold = unsure(target)
    (judgement,) = judge(nlp, "halfree_tagger", gold)
    scores = nlp.evaluate(make_examples(nlp, target))
    assert judgement.is_right.mean() == pytest.approx(scores["halfree_p"])
    assert 0 < judgement.is_right.sum() < len(judgement.is_right)
    # as it stands on the docs
    if target != "tags":
        docs = list(nlp.pipe([doc.text for doc in gold]))
        spans = [
            s for doc in docs for s in (doc.ents if target == "ents" else doc.spans[SPANS_KEY])
        ]
        confidences = [span._.confidence for span in spans]
        np.testing.assert_allclose(judgement.confidences(1.0), confidences, rtol=1e-5)
        tagger.cfg["calibration"] = 2.0
        docs = list(nlp.pipe([doc.text for doc in gold]))
        spans = [
            s for doc in docs for s in (doc.ents if target == "ents" else doc.spans[SPANS_KEY])
        ]
        confidences = [span._.confidence for span in spans]
        np.testing.assert_allclose(judgement.confidences(2.0), confidences, rtol=1e-5)


def test_what_others_have_set_is_not_judged() -> None:
    nlp, _, gold = unsure("ents")
    (before,) = judge(nlp, "halfree_tagger", gold)
    ruler = nlp.add_pipe("entity_ruler", before="halfree_tagger")
    ruler.add_patterns([{"label": LABELS[0], "pattern": "Abbey Road"}])
    (judgement,) = judge(nlp, "halfree_tagger", gold)
    assert nlp.pipe_names == ["entity_ruler", "halfree_tagger"]
    assert 0 < len(judgement.is_right) <= len(before.is_right)
    assert not ((judgement.first <= 1) & (judgement.last >= 1)).any()


@pytest.mark.parametrize("target", ["ents", "spans", "tags"])
def test_nothing_to_judge(target: str) -> None:
    nlp, _, gold = unsure(target)
    bare = [Doc(nlp.vocab, words=[token.text for token in doc]) for doc in gold]
    with pytest.raises(ValueError, match="H044"):
        judge(nlp, "halfree_tagger", bare)


def test_texts_without_annotation_are_left_out() -> None:
    nlp, _, gold = unsure("ents")
    bare = Doc(nlp.vocab, words=["Abbey", "Road"])
    (alone,) = judge(nlp, "halfree_tagger", gold)
    (together,) = judge(nlp, "halfree_tagger", [bare, *gold])
    assert together.is_right.tolist() == alone.is_right.tolist()


@pytest.mark.parametrize("target", ["ents", "tags"])
def test_where_nothing_is_annotated_nothing_is_judged(target: str) -> None:
    nlp, _, gold = unsure(target)
    (before,) = judge(nlp, "halfree_tagger", gold)
    words = [token.text for token in gold[0]]
    partly = Doc(nlp.vocab, words=words, spaces=[bool(token.whitespace_) for token in gold[0]])
    if target == "ents":
        partly.set_ents([], outside=[partly[0:1]], default="missing")
    else:
        partly[0].tag_ = gold[0][0].tag_
    (after,) = judge(nlp, "halfree_tagger", [partly, *gold[1:]])
    in_first = [int((own.last < len(words)).sum()) for own in (before, after)]
    assert in_first[1] < in_first[0]
    assert len(before.is_right) - len(after.is_right) == in_first[0] - in_first[1]


def test_many_texts_are_judged_in_batches() -> None:
    nlp, _, gold = unsure("ents")
    (alone,) = judge(nlp, "halfree_tagger", gold)
    many = judge(nlp, "halfree_tagger", gold * 50)
    assert len(many) == 2
    together = reliability(many, 1.0)
    np.testing.assert_allclose(together.confidences, np.tile(alone.confidences(1.0), 50), rtol=1e-5)
    assert together.is_right.tolist() == alone.is_right.tolist() * 50


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_diagram(tmp_path: Path, suffix: str) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / "new" / f"diagram{suffix}"
    curves = {"before": make([0.9, 0.8], [True, False]), "after": make([0.5, 0.5], [True, False])}
    draw_reliability(curves, path, overwrite=False)
    start = path.read_bytes()[:200]
    assert start.startswith(b"\x89PNG") if suffix == ".png" else b"svg" in start


def test_spans_of_several_words_count_once() -> None:
    nlp, _ = make_nlp()
    train(nlp, make_examples(nlp), 60)
    doc = nlp.make_doc("Play Abbey Road by The Beatles")
    doc.set_ents([Span(doc, 1, 3, label=LABELS[0]), Span(doc, 4, 5, label=LABELS[1])])
    (judgement,) = judge(nlp, "halfree_tagger", [doc])
    # the second is found with its second word, so it is not the one that is annotated
    assert judgement.is_right.tolist() == [True, False]
