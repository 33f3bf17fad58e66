"""Scores against spaCy's own, and against counts by hand."""

import pytest
from spacy.scorer import Scorer
from spacy.tokens import Doc, Span
from spacy.training import Example
from toy_pipelines import (
    ANNOTATED,
    SPANS_KEY,
    TEXTS,
    make_examples,
    make_nlp,
    reference_doc,
    targets,
)

from spacy_halfree.pipeline.scorers import make_tagger_scorer, score_tagger

# found: one right, one of a wrong label, one too long, one too many; the gold ones are 5
FOUND = [
    [(1, 3, "album title"), (4, 6, "地点")],
    [(2, 4, "地点")],
    [(3, 4, "地点")],
    [],
]


def examples_for(target: str) -> list[Example]:
    nlp, _ = make_nlp()
    return [
        Example(reference_doc(nlp, words, found, target), reference_doc(nlp, words, spans, target))
        for (words, spans), found in zip(ANNOTATED, FOUND, strict=True)
    ]


def test_registered_function():
    assert make_tagger_scorer() is score_tagger


def test_ents_as_spacy_scores_them():
    examples = examples_for("ents")
    scores = score_tagger(examples, target="ents", spans_key=SPANS_KEY)
    expected = Scorer.score_spans(examples, "ents")
    for key in ("ents_p", "ents_r", "ents_f"):
        assert scores[key] == pytest.approx(expected[key])
    assert scores["ents_per_type"] == expected["ents_per_type"]
    assert scores["ents_p"] == pytest.approx(1 / 4)
    assert scores["ents_r"] == pytest.approx(1 / 5)


def test_span_groups():
    scores = score_tagger(examples_for("spans"), target="spans", spans_key=SPANS_KEY)
    assert scores["spans_sc_p"] == pytest.approx(1 / 4)
    assert scores["spans_sc_r"] == pytest.approx(1 / 5)
    assert scores["spans_sc_f"] == pytest.approx(2 / 9)
    assert scores["spans_sc_per_type"] == {
        "album title": {"p": 1.0, "r": 0.5, "f": pytest.approx(2 / 3)},
        "künstler": {"p": 0.0, "r": 0.0, "f": 0.0},
        "地点": {"p": 0.0, "r": 0.0, "f": 0.0},
    }


def test_span_groups_that_nobody_predicted():
    nlp, _ = make_nlp()
    words, spans = ANNOTATED[0]
    example = Example(Doc(nlp.vocab, words=words), reference_doc(nlp, words, spans, "spans"))
    scores = score_tagger([example], target="spans", spans_key=SPANS_KEY)
    assert (scores["halfree_p"], scores["halfree_r"], scores["halfree_f"]) == (0.0, 0.0, 0.0)


def test_tags():
    nlp, _ = make_nlp()
    words = ["a", "b", "c", "d"]
    predicted = Doc(nlp.vocab, words=words, tags=["X", "X", "Y", "Y"])
    reference = Doc(nlp.vocab, words=words, tags=["X", "Y", "Y", ""])
    scores = score_tagger([Example(predicted, reference)], target="tags", spans_key="sc")
    # the last word is not annotated, and does not count
    for key in ("tag_acc", "tag_p", "tag_r", "tag_f", "halfree_f"):
        assert scores[key] == pytest.approx(2 / 3)
    assert scores["tag_per_type"] == {
        "X": {"p": 0.5, "r": 1.0, "f": pytest.approx(2 / 3)},
        "Y": {"p": 1.0, "r": 0.5, "f": pytest.approx(2 / 3)},
    }


def test_tags_of_other_tokens():
    nlp, _ = make_nlp()
    predicted = Doc(nlp.vocab, words=["ab", "c"], spaces=[True, False], tags=["X", "Y"])
    reference = Doc(
        nlp.vocab, words=["a", "b", "c"], spaces=[False, True, False], tags=["X", "X", "Y"]
    )
    scores = score_tagger([Example(predicted, reference)], target="tags", spans_key="sc")
    assert scores["tag_p"] == pytest.approx(1 / 2)
    assert scores["tag_r"] == pytest.approx(1 / 3)


@targets
def test_shared_names(target):
    scores = score_tagger(examples_for(target), target=target, spans_key=SPANS_KEY)
    prefix = {"ents": "ents", "tags": "tag", "spans": "spans_sc"}[target]
    for letter in "prf":
        assert 0 < scores[f"halfree_{letter}"] < 1
        assert scores[f"halfree_{letter}"] == scores[f"{prefix}_{letter}"]


@targets
def test_nothing_is_annotated(target):
    nlp, _ = make_nlp()
    for examples in (
        [],
        [Example(nlp.make_doc(text), nlp.make_doc(text)) for text in ("", " ", "a b")],
    ):
        scores = score_tagger(examples, target=target, spans_key=SPANS_KEY)
        assert scores["halfree_f"] is scores["halfree_p"] is scores["halfree_r"] is None


@targets
def test_score_method_passes_the_settings(trained, target):
    nlp = trained("first_order", target)
    examples = examples_for(target)
    scores = nlp.get_pipe("halfree_tagger").score(examples)
    assert scores == score_tagger(examples, target=target, spans_key=SPANS_KEY)


def test_partly_annotated_entities():
    """What is found where nothing is annotated is no error, as in spaCy's own scorer."""
    nlp, _ = make_nlp()
    words = ["a", "b", "c"]
    predicted, reference = Doc(nlp.vocab, words=words), Doc(nlp.vocab, words=words)
    predicted.set_ents([Span(predicted, 0, 1, "X"), Span(predicted, 2, 3, "X")])
    reference.set_ents([Span(reference, 0, 1, "X")], missing=[reference[2:3]])
    scores = score_tagger([Example(predicted, reference)], target="ents", spans_key="sc")
    assert scores["halfree_f"] == 1.0


@pytest.mark.parametrize("target", ["ents", "spans"])
def test_calibration_error(trained, target):
    """That of what the tagger has found, and of nothing else; as `spacy evaluate` reports it."""
    nlp = trained("first_order", target)
    examples = make_examples(nlp, target)
    tagged = [Example(nlp(example.text), example.reference) for example in examples]
    spans = [
        span
        for example in tagged
        for span in (
            example.predicted.ents if target == "ents" else example.predicted.spans[SPANS_KEY]
        )
    ]
    # they are all right, and in one bin or two at the upper end
    assert len(spans) == 5
    expected = 1 - sum(span._.confidence for span in spans) / len(spans)
    found = nlp.evaluate(examples)["halfree_calibration_error"]
    assert found == pytest.approx(expected)
    wrong = [Example(nlp(TEXTS[0]), reference_doc(nlp, TEXTS[0].split(), [], target))]
    assert score_tagger(wrong, target=target, spans_key=SPANS_KEY)[
        "halfree_calibration_error"
    ] == pytest.approx(sum(span._.confidence for span in spans[:2]) / 2)


def test_no_calibration_error_without_confidence(trained):
    nlp = trained("first_order", "ents")
    examples = examples_for("ents")
    scores = score_tagger(examples, target="ents", spans_key=SPANS_KEY)
    assert scores["halfree_calibration_error"] is None
    unknown = [Example(nlp(text), nlp.make_doc(text)) for text in TEXTS]
    assert (
        score_tagger(unknown, target="ents", spans_key=SPANS_KEY)["halfree_calibration_error"]
        is None
    )
