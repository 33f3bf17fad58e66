"""spaCy's docs as JSON, and the entities that displaCy is given."""

from pathlib import Path

import pytest
import spacy
from annotated_files import read, read_spans, write_json
from hypothesis import HealthCheck, given, settings
from spacy import displacy
from spacy.tokens import Doc, DocBin, Span
from strategies import DocPlan, doc_plans

from spacy_halfree.data.records import AnnotatedText, InvalidRecord, Skipped

NLP = spacy.blank("en")


@given(plan=doc_plans(("LOC", "New label")).filter(lambda own: own.words))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_docs(plan: DocPlan, tmp_path: Path) -> None:
    """Any doc that spaCy writes is read as it was, with its tokens."""
    doc = plan.build(NLP.vocab)
    doc.spans["sc"] = [Span(doc, i, i + 1, label="WORD") for i in range(len(doc))]
    path = write_json(tmp_path / "a.jsonl", [doc.to_json()])
    if not doc.has_annotation("ENT_IOB"):
        assert all(isinstance(own, Skipped) for own in read(path))
    groups = {None: doc.ents, "sc": doc.spans["sc"]}
    for key in groups if doc.has_annotation("ENT_IOB") else ["sc"]:
        expected = [(span.start_char, span.end_char, span.label_) for span in groups[key]]
        assert read_spans(path, spans_key=key) == [(doc.text, expected)]
        (text,) = read(path, spans_key=key)
        assert isinstance(text, AnnotatedText)
        assert [(token.text, token.whitespace_) for token in text.doc] == [
            (token.text, token.whitespace_) for token in doc
        ]


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_displacy(tmp_path: Path, name: str) -> None:
    doc = NLP("😀 to New York")
    doc.ents = [Span(doc, 2, 4, label="CITY")]
    path = write_json(tmp_path / name, [displacy.parse_ents(doc)])
    assert read_spans(path) == [("😀 to New York", [(5, 13, "CITY")])]


def test_what_cannot_be_used(tmp_path: Path) -> None:
    made = NLP("Rome")
    made.ents = [Span(made, 0, 1, label="CITY")]
    doc = made.to_json()
    values = [
        doc,
        doc | {"text": None},
        doc | {"tokens": [{"id": 0, "start": 0, "end": 3}]},
        doc | {"tokens": [{"id": 0, "start": 0}]},
        doc | {"tokens": [{"start": 0, "end": 4}, {"start": 4, "end": 4}]},
    ]
    first, *others = read(write_json(tmp_path / "a.json", values))
    assert isinstance(first, AnnotatedText)
    reasons = [own.reason for own in others if isinstance(own, InvalidRecord)]
    expected = ["a string under 'text'", "do not make its text", "shape", "do not make its text"]
    assert len(reasons) == len(expected)
    assert all(own in reason for own, reason in zip(expected, reasons, strict=True))


def test_groups_beside_entities(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """As of `.spacy` files."""
    docs = [make_doc(), make_doc(), NLP("to me")]
    for doc in docs:
        doc.set_ents([], default="outside")
    docs[0].set_ents([Span(docs[0], 1, 2, label="CITY")], default="outside")
    DocBin(docs=docs).to_disk(tmp_path / "a.spacy")
    path = write_json(tmp_path / "a.json", [doc.to_json() for doc in docs])
    for own in (path, tmp_path / "a.spacy"):
        caplog.clear()
        assert [len(spans) for _, spans in read_spans(own)] == [1, 0, 0]
        (message,) = caplog.messages
        assert "[W035]" in message
        assert "read from the entities. Ignored: the span group 'sc' (2). Use `--spans" in message
    caplog.clear()
    read(path, spans_key="sc")
    assert not caplog.messages


def make_doc() -> Doc:
    doc = NLP("to Rome")
    doc.spans["sc"] = [Span(doc, 1, 2, label="CITY")]
    return doc


def test_docs_without_the_group(tmp_path: Path) -> None:
    """They are not texts without spans: nobody has annotated them with this group."""
    docs = [make_doc(), NLP("to me")]
    DocBin(docs=docs, store_user_data=True).to_disk(tmp_path / "a.spacy")
    path = write_json(tmp_path / "a.json", [doc.to_json() for doc in docs])
    for own in (path, tmp_path / "a.spacy"):
        first, second = read(own, spans_key="sc")
        assert isinstance(first, AnnotatedText)
        assert isinstance(second, Skipped)
        assert all(isinstance(record, Skipped) for record in read(own, spans_key="ruler"))


def test_docs_with_groups_alone(tmp_path: Path) -> None:
    (found,) = read(write_json(tmp_path / "a.json", [make_doc().to_json()]))
    assert isinstance(found, Skipped)
    assert "use `--spans-key` to choose one" in found.reason
