"""A layer is one class: a new one trains, tags, scores and teaches like those of the package."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Example
from toy_pipelines import ANNOTATED, LABELS, TEXTS, make_nlp, train

from spacy_halfree.distill.teachers import annotate
from spacy_halfree.evaluation.calibrate import calibrate
from spacy_halfree.report.make_report import make_report
from spacy_halfree.tagging.confidence import confidence_in, store_confidences
from spacy_halfree.tagging.layers import LAYERS, make_layer
from spacy_halfree.tagging.layers.span_layer import BEGINNING, INSIDE, OUTSIDE, SpanLayer
from spacy_halfree.tagging.soft_labels import has_soft_labels
from spacy_halfree.types import Hashes, Ints

NOTES = "notes"


class NoteLayer(SpanLayer):
    """Spans as plain values in `Doc.user_data`."""

    name: ClassVar[str] = "notes"
    noun: ClassVar[str] = "notes"

    def is_annotated(self, doc: Doc) -> bool:
        return NOTES in doc.user_data

    def spans(self, doc: Doc) -> Sequence[Span]:
        return [Span(doc, start, end, label) for start, end, label in doc.user_data.get(NOTES, [])]

    def unknown(self, doc: Doc) -> list[tuple[int, int]]:
        return []

    def gold_iob(self, example: Example, name: str) -> tuple[Ints, Hashes]:
        iob = np.full(len(example.predicted), OUTSIDE, dtype=np.int64)
        types = np.zeros(len(iob), dtype=np.uint64)
        for span in self.spans(example.reference):
            iob[span.start : span.end] = INSIDE
            iob[span.start] = BEGINNING
            types[span.start : span.end] = span.label
        return iob, types

    def write_spans(
        self, doc: Doc, spans: list[Span], confidences: list[float], *, name: str, has_pinned: bool
    ) -> tuple[list[Span], list[float]]:
        doc.user_data[NOTES] = [[span.start, span.end, span.label_] for span in spans]
        return spans, confidences

    def score_spans(self, examples: Sequence[Example]) -> tuple[dict[str, Any], str]:
        pairs = [(self.annotations(e.predicted), self.annotations(e.reference)) for e in examples]
        n_right = sum(len(found & gold) for found, gold in pairs)
        precision = n_right / max(sum(len(found) for found, _ in pairs), 1)
        recall = n_right / max(sum(len(gold) for _, gold in pairs), 1)
        f_score = 2 * precision * recall / max(precision + recall, 1e-9)
        return {"notes_p": precision, "notes_r": recall, "notes_f": f_score}, "notes"


def test_a_new_layer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(LAYERS, NoteLayer.name, NoteLayer)
    nlp, tagger = make_nlp(target="notes")
    examples = []
    for words, spans in ANNOTATED:
        reference = Doc(nlp.vocab, words=words)
        reference.user_data[NOTES] = [list(span) for span in spans]
        examples.append(Example(nlp.make_doc(reference.text), reference))
    train(nlp, examples)
    assert tagger.labels == tuple(LABELS)
    scores = nlp.evaluate(examples)
    assert scores["notes_f"] == scores["halfree_f"] == 1.0
    assert 0 <= scores["halfree_calibration_error"] <= 1

    nlp.to_disk(tmp_path / "model")
    loaded = spacy.load(tmp_path / "model")
    assert [doc.user_data[NOTES] for doc in loaded.pipe(TEXTS)] == [
        [list(span) for span in spans] for _, spans in ANNOTATED
    ]
    # its soft labels teach a student of the same layer
    student, _ = make_nlp(target="notes")
    docs = list(annotate(loaded, TEXTS))
    assert all(map(has_soft_labels, docs))
    taught = [
        Example(student.make_doc(doc.text), Doc(student.vocab).from_bytes(doc.to_bytes()))
        for doc in docs
    ]
    train(student, taught)
    # tags alone come from the distributions: the annotation itself is not read
    assert student.evaluate(examples)["halfree_f"] == 1.0

    dev = tmp_path / "dev.spacy"
    references = [example.reference for example in examples]
    DocBin(docs=references * 2, store_user_data=True).to_disk(dev)
    found = calibrate(tmp_path / "model", dev)
    settings = json.loads((tmp_path / "model" / "halfree_tagger" / "cfg").read_text("utf8"))
    assert settings["calibration"] == found.temperature
    report = make_report(str(tmp_path / "model"), dev, tmp_path / "report.html")
    assert report.figures.model.scores.total.fscore == 1.0
    assert "notes" in (tmp_path / "report.html").read_text("utf8")


def test_confidences_of_layers_are_kept_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of a note and of an entity with the same place and label."""
    monkeypatch.setitem(LAYERS, NoteLayer.name, NoteLayer)
    vocab = spacy.blank("en").vocab
    doc = Doc(vocab, words=["Find", "bars", "in", "Rome"])
    span = Span(doc, 3, 4, label="CITY")
    layers = [make_layer(target, "sc") for target in LAYERS]
    for number, layer in enumerate(layers):
        store_confidences(doc, [span], [number / 8], layer.place)
    assert [confidence_in(span, layer.place) for layer in layers] == [0, 1 / 8, 2 / 8, 3 / 8]


def test_an_unknown_layer() -> None:
    with pytest.raises(ValueError, match=r"\[H013\].*'ents', 'tags', 'spans'"):
        make_layer("relations", "sc")
