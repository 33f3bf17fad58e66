"""Docs with confidence as JSON, by our functions and by spaCy's own reader."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import spacy
import toy_pipelines as toy
from hypothesis import given
from hypothesis import strategies as st
from spacy.language import Language
from spacy.schemas import DocJSONSchema, validate
from spacy.tokens import Doc, Span
from spacy.vocab import Vocab

from spacy_halfree import doc_from_json, doc_to_json


def make(target: str) -> Language:
    nlp, _ = toy.make_nlp(target=target, store_probs=True)
    toy.train(nlp, toy.make_examples(nlp, target), 8)
    return nlp


PIPELINES = {target: make(target) for target in toy.TARGETS}


def confidences(doc: Doc) -> dict[str, Any]:
    groups = {
        key: [(span.start, span.end, span.label_, span.id_, span._.confidence) for span in group]
        for key, group in doc.spans.items()
    }
    return {
        "text": doc.text,
        "words": [(token.text, token.whitespace_, token.tag_) for token in doc],
        "ents": [(ent.start, ent.end, ent.label_, ent._.confidence) for ent in doc.ents],
        "groups": groups,
        "attrs": {
            key: {name: np.asarray(value).tolist() for name, value in group.attrs.items()}
            for key, group in doc.spans.items()
        },
        "tag_probs": [token._.tag_probs for token in doc],
    }


words = st.sampled_from(
    ["Play", "Björk", "Zürich", "bars", "\U0001f469\u200d", "a\u0301", ".", "\n", "  ", "The"]
)


@given(st.lists(words, max_size=8), st.sampled_from(toy.TARGETS), st.booleans())
def test_round_trips(words: list[str], target: str, all_of_them: bool) -> None:
    nlp = PIPELINES[target]
    tagged = nlp(" ".join(words))
    if all_of_them:
        for name in ("ents", "tags"):
            tagged = PIPELINES[name](in_vocab(tagged, PIPELINES[name].vocab))
    data = json.loads(json.dumps(doc_to_json(tagged), allow_nan=False))
    assert not validate(DocJSONSchema, data)
    expected = confidences(tagged)
    again = doc_from_json(Vocab(), data)
    assert confidences(again) == expected
    assert again.user_data == tagged.user_data
    assert doc_to_json(again) == doc_to_json(tagged)
    # by spaCy alone
    plain = Doc(Vocab()).from_json(data, validate=True)
    assert confidences(plain)["words"] == expected["words"]
    assert [(ent.start, ent.end, ent.label_) for ent in plain.ents] == [
        (ent.start, ent.end, ent.label_) for ent in tagged.ents
    ]
    assert plain.spans.keys() == tagged.spans.keys()


def in_vocab(doc: Doc, vocab: Vocab) -> Doc:
    return Doc(vocab).from_bytes(doc.to_bytes())


def test_something_is_tried() -> None:
    for target in ("ents", "spans"):
        doc = PIPELINES[target]("Play Björk in Zürich")
        spans = doc.ents if target == "ents" else doc.spans[toy.SPANS_KEY]
        assert len(spans) > 0
        again = doc_from_json(Vocab(), doc_to_json(doc))
        if target == "spans":
            scores = again.spans[toy.SPANS_KEY].attrs["scores"]
            assert scores.dtype == np.float32
            np.testing.assert_array_equal(scores, doc.spans[toy.SPANS_KEY].attrs["scores"])


def test_docs_that_are_not_tagged() -> None:
    doc = spacy.blank("en")("Nothing here")
    data = doc_to_json(doc)
    assert data == doc.to_json()
    assert doc_from_json(Vocab(), data).text == doc.text


def test_other_extensions_are_written_too() -> None:
    Span.set_extension("note", default=None, force=True)
    doc = PIPELINES["ents"]("Play Björk")
    doc[0:1]._.note = "mine"
    data = doc_to_json(doc, underscore=["note"])
    again = doc_from_json(Vocab(), data)
    assert again[0:1]._.note == "mine"
    assert [ent._.confidence for ent in again.ents] == [ent._.confidence for ent in doc.ents]
    Span.remove_extension("note")


def test_words_that_were_merged() -> None:
    """What is known of places that are no spans of words any more is left out."""
    doc = PIPELINES["ents"]("Play Björk Debut now")
    with doc.retokenize() as retokenizer:
        retokenizer.merge(doc[0:4])
    again = doc_from_json(Vocab(), doc_to_json(doc))
    assert [token.text for token in again] == ["Play Björk Debut now"]


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.pop("text"),
        lambda data: data.pop("tokens"),
        lambda data: data.update(tokens=5),
        lambda data: data["halfree"].update(confidence=[{"start": 0}]),
        lambda data: data["halfree"]["confidence"][0].update(value={"ents": 1}),
        lambda data: data["halfree"]["confidence"][0]["value"].update(ents=["CITY", 1e999]),
        lambda data: data["halfree"]["confidence"][0]["value"].update(ents=["CITY", 1.5]),
        lambda data: data["halfree"]["tag_probs"][0]["value"][1].update(O=float("nan")),
        lambda data: data["halfree"]["tag_probs"][0].update(value="x"),
        lambda data: data["halfree"]["groups"]["sc"].update(ids=["", "", "", "", ""]),
        lambda data: data["halfree"].update(groups={"unknown": {"ids": [], "attrs": {}}}),
        lambda data: data.update(halfree=[]),
    ],
)
def test_what_cannot_be_read(change: Any) -> None:
    doc = PIPELINES["spans"]("Play Björk in Zürich")
    data = json.loads(json.dumps(doc_to_json(doc)))
    change(data)
    with pytest.raises(ValueError, match=r"\[H161\]"):
        doc_from_json(Vocab(), data)


def test_arrays_of_texts() -> None:
    doc = PIPELINES["spans"]("Play Björk in Zürich")
    doc.spans["sc"].attrs["names"] = np.array(["a", "Björk"])
    data = json.loads(json.dumps(doc_to_json(doc)))
    names = data["halfree"]["groups"]["sc"]["attrs"]["names"]
    # no such memory is asked for
    names["dtype"] = f"U{2**28}"
    again = doc_from_json(Vocab(), data)
    assert again.spans["sc"].attrs["names"].tolist() == ["a", "Björk"]


@pytest.mark.parametrize("data", [None, [], "text", 5])
def test_no_doc_at_all(data: Any) -> None:
    with pytest.raises(ValueError, match=r"\[H161\]"):
        doc_from_json(Vocab(), data)
    with pytest.raises(TypeError, match=r"\[H093\]"):
        doc_to_json(data)
