"""What a tagger thinks of each word, as records and as tables."""

from __future__ import annotations

import json

import numpy as np
import pytest
from spacy.tokens import Span
from toy_pipelines import TEXTS, annotation, architectures, make_nlp, targets


@targets
@architectures
def test_words_tags_and_probabilities(trained, architecture: str, target: str) -> None:
    nlp = trained(architecture, target)
    tagger = nlp.get_pipe("halfree_tagger")
    doc = nlp.make_doc(TEXTS[0])
    prediction = tagger.predict([doc])[1]
    names = tagger.scheme.tag_names
    explanation = tagger.explain(doc, n_others=2)
    assert [word.word for word in explanation] == [token.text for token in doc]
    assert [word.tag for word in explanation] == [names[tag] for tag in prediction.tags]
    rows = np.asarray(prediction.probabilities)
    for word, row in zip(explanation, rows, strict=True):
        probabilities = [word.probability, *(value for _, value in word.others)]
        assert probabilities == pytest.approx(sorted(row.tolist(), reverse=True)[:3], abs=1e-6)
        assert word.tag not in dict(word.others)
    # and the tagged doc is explained as the untagged one
    tagged = nlp(TEXTS[0])
    before = annotation(tagged, target)
    assert tagger.explain(tagged, n_others=2).to_records() == explanation.to_records()
    assert annotation(tagged, target) == before


def test_what_is_impossible_is_left_out(trained) -> None:
    nlp = trained("first_order", "ents")
    explanation = nlp.get_pipe("halfree_tagger").explain(nlp.make_doc(TEXTS[0]), n_others=99)
    assert "I" not in dict(explanation[0].others)
    assert all(value > 0 for word in explanation for _, value in word.others)


def test_entities_of_others_are_not_taken_as_given(trained) -> None:
    nlp = trained("first_order", "ents")
    tagger = nlp.get_pipe("halfree_tagger")
    doc = nlp.make_doc(TEXTS[0])
    expected = tagger.explain(doc).to_records()
    doc.set_ents([Span(doc, 0, 2, label="地点")])
    assert tagger.explain(doc).to_records() == expected
    assert [(ent.start, ent.end) for ent in doc.ents] == [(0, 2)]


def test_probabilities_are_calibrated(trained) -> None:
    nlp, tagger = make_nlp()
    tagger.from_bytes(trained("first_order", "ents").get_pipe("halfree_tagger").to_bytes())
    sure = tagger.explain(nlp.make_doc(TEXTS[0]))
    tagger.cfg["calibration"] = 3.0
    unsure = tagger.explain(nlp.make_doc(TEXTS[0]))
    assert unsure[1].probability < sure[1].probability


def test_tables(trained) -> None:
    nlp = trained("first_order", "ents")
    explanation = nlp.get_pipe("halfree_tagger").explain(nlp.make_doc("Play <Debut>\n now"))
    assert "also possible" in str(explanation)
    assert "Play" in repr(explanation)
    html = explanation._repr_html_()
    assert "<td>Play</td>" in html
    assert "<Debut" not in html
    assert html.count("<tr>") == len(explanation) + 1
    assert json.loads(json.dumps(explanation.to_records()))[0]["word"] == "Play"
    assert len(explanation[:2]) == 2


def test_no_words(trained) -> None:
    nlp = trained("first_order", "ents")
    assert len(nlp.get_pipe("halfree_tagger").explain(nlp.make_doc(" "))) == 0
