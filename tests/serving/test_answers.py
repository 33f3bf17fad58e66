"""What is told of tagged texts, for each target."""

import json
from typing import Any

import pytest
import spacy
from spacy.tokens import Doc, Span
from toy_pipelines import SPANS_KEY, TARGETS, TEXTS, make_examples, make_nlp, train

from spacy_halfree.pipeline.pipelines import find_tagger
from spacy_halfree.serving.answers import describe, to_json


@pytest.fixture(scope="module", params=TARGETS)
def tagged(request: pytest.FixtureRequest) -> tuple[Any, list[Doc]]:
    nlp, _ = make_nlp(target=request.param)
    train(nlp, make_examples(nlp, request.param))
    return find_tagger(nlp), list(nlp.pipe(TEXTS))


def test_what_the_target_is(tagged: tuple[Any, list[Doc]]) -> None:
    tagger, docs = tagged
    found = json.loads(to_json(docs, tagger))["entities"]
    assert len(found) == len(docs)
    assert any(found)
    for doc, own in zip(docs, found, strict=True):
        for entity in own:
            assert doc.text[entity["start"] : entity["end"]] == entity["text"]
        named = [(entity["start"], entity["end"], entity["label"]) for entity in own]
        if tagger.target == "tags":
            expected = [(word.idx, word.idx + len(word), word.tag_) for word in doc if word.tag_]
        else:
            spans = doc.ents if tagger.target == "ents" else doc.spans[SPANS_KEY]
            expected = [(span.start_char, span.end_char, span.label_) for span in spans]
            assert [own["confidence"] for own in own] == [span._.confidence for span in spans]
        assert named == expected


def test_confidence_that_is_unknown() -> None:
    nlp = spacy.blank("en")
    tagger = nlp.add_pipe("halfree_tagger")
    doc = nlp.make_doc("Rome")
    doc.ents = [Span(doc, 0, 1, "CITY")]
    (entity,) = describe(doc, tagger)
    assert entity["confidence"] is None
