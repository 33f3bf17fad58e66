"""displaCy shows confidence, and colours labels as it always does."""

from __future__ import annotations

import re

import pytest
import spacy
from spacy import displacy
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_halfree.tagging.confidence import store_confidences
from spacy_halfree.visualization import confidence_spans

TEXT = "A table for <two> in Rome"


def render(doc: Doc, spans_key: str | None = None, **options: object) -> str:
    shown = confidence_spans(doc, spans_key)
    markup: str = displacy.render(shown, style="ent", manual=True, options=options, jupyter=False)
    return markup


def train(target: str) -> Language:
    nlp = spacy.blank("en")
    nlp.add_pipe("halfree_tagger", config={"target": target})
    doc = nlp.make_doc(TEXT)
    spans = [doc.char_span(21, 25, label="CITY")]
    if target == "spans":
        doc.spans["sc"] = spans
    else:
        doc.set_ents(spans)
    examples = [Example(nlp.make_doc(TEXT), doc)]
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(30):
        nlp.update(examples, sgd=optimizer)
    return nlp


@pytest.mark.parametrize(("target", "spans_key"), [("ents", None), ("spans", "sc")])
def test_what_a_tagger_has_found(target: str, spans_key: str | None) -> None:
    doc = train(target)(TEXT)
    (span,) = doc.spans["sc"] if spans_key else doc.ents
    markup = render(doc, spans_key, colors={"CITY": "#00ff00"})
    (shown,) = re.findall(r"CITY (\d\.\d\d)", markup)
    assert 0 <= span._.confidence - float(shown) < 0.01
    assert "#00ff00" in markup
    assert "&lt;two&gt;" in markup
    # labels that are not to be shown are not
    assert "CITY" not in render(doc, spans_key, ents=["PARTY"])


def make_doc(label: str, confidence: float | None) -> Doc:
    doc = spacy.blank("en").make_doc("Rome for ten")
    doc.set_ents([Span(doc, 0, 1, label=label)])
    if confidence is not None:
        store_confidences(doc, doc.ents, [confidence], "ents")
    return doc


@pytest.mark.parametrize(
    ("confidence", "shown"), [(None, "CITY"), (0.9999, "CITY 0.99"), (1.0, "CITY 1.00")]
)
def test_labels(confidence: float | None, shown: str) -> None:
    (entity,) = confidence_spans(make_doc("CITY", confidence))["ents"]
    assert (entity["label"], entity["params"]["label"]) == ("CITY", shown)
    assert (entity["start"], entity["end"]) == (0, 4)


def test_labels_are_escaped() -> None:
    markup = render(make_doc("<script>", 0.5))
    assert "<script>" not in markup
    assert "&lt;script&gt; 0.50" in markup


def test_nothing_is_lost_of_what_displacy_shows() -> None:
    doc = make_doc("CITY", None)
    doc.user_data["title"] = "A title"
    assert render(doc) == displacy.render(doc, style="ent", jupyter=False)


def test_many_docs_on_a_page() -> None:
    docs = [make_doc("CITY", 0.25), make_doc("TOWN", 0.75)]
    shown = [confidence_spans(doc) for doc in docs]
    markup = displacy.render(shown, style="ent", manual=True, page=True, jupyter=False)
    assert "CITY 0.25" in markup
    assert "TOWN 0.75" in markup


def test_spans_that_overlap_are_refused() -> None:
    doc = make_doc("CITY", None)
    doc.spans["sc"] = [Span(doc, 1, 3, label="B"), Span(doc, 0, 2, label="A")]
    with pytest.raises(ValueError, match=r"\[H090\].*'Rome for' and 'for ten' overlap"):
        confidence_spans(doc, "sc")
