"""Which annotation of spaCy's docs is read: entities, or a span group."""

from pathlib import Path

import pytest
import spacy
from annotated_files import read, spans_of, write_json
from spacy.tokens import Doc, DocBin, Span

from spacy_halfree.data.records import AnnotatedText, Skipped

NLP = spacy.blank("en")


def make_doc(*, entities: bool, group: bool) -> Doc:
    """A doc with an entity, or a span in a group, or both."""
    doc = NLP("We fly to Rome")
    span = Span(doc, 3, 4, label="CITY")
    if entities:
        doc.ents = [span]
    if group:
        doc.spans["sc"] = [span]
    return doc


def write(path: Path, docs: list[Doc]) -> Path:
    if path.suffix == ".jsonl":
        return write_json(path, [doc.to_json() for doc in docs])
    DocBin(docs=docs).to_disk(path)
    return path


@pytest.mark.parametrize("name", ["a.spacy", "a.jsonl"])
def test_docs_without_the_chosen_group_are_not_annotated(tmp_path: Path, name: str) -> None:
    docs = [make_doc(entities=False, group=True), make_doc(entities=True, group=False)]
    path = write(tmp_path / name, docs)
    first, second = read(path, spans_key="sc")
    assert spans_of(first) == [(10, 14, "CITY")]
    assert second == Skipped("not annotated: no span group 'sc'", number=2)
    assert all(isinstance(own, Skipped) for own in read(path, spans_key="wrong"))


@pytest.mark.parametrize("name", ["a.spacy", "a.jsonl"])
def test_docs_with_groups_alone_have_no_entities(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, [make_doc(entities=False, group=True)] * 2)
    for number, record in enumerate(read(path), start=1):
        assert isinstance(record, Skipped)
        assert record.number == number
        assert "span groups (sc)" in record.reason
        assert "--spans-key" in record.reason


def test_groups_beside_entities_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = write(tmp_path / "a.spacy", [make_doc(entities=True, group=True)])
    (text,) = read(path)
    assert isinstance(text, AnnotatedText)
    assert spans_of(text) == [(10, 14, "CITY")]
    assert "W035" in caplog.text
    assert "the span group 'sc' (1)" in caplog.text
