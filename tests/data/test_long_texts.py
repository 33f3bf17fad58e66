"""Texts that are longer than spaCy reads are named in every format, and the others are read."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import spacy
from annotated_files import read, write_json
from spacy.tokens import Doc, DocBin

from spacy_halfree.data.annotated_texts import MAX_LENGTH
from spacy_halfree.data.file_formats import ANNOTATED
from spacy_halfree.data.records import AnnotatedText, InvalidRecord

LONG = "Rome" + "a" * (MAX_LENGTH - 3)
TEXTS = (LONG, "Rome")
REGION = {"start": 0, "end": 4, "text": "Rome", "labels": ["CITY"]}
SPAN = {"start": 0, "end": 4, "label": "CITY"}
RESULT = {"type": "labels", "to_name": "text", "value": REGION}
VALUES: dict[str, Callable[[str], Any]] = {
    "argilla": lambda text: {
        **{"id": "1", "status": "completed", "_server_id": "2", "text": text},
        **{"ner.responses": [[SPAN]], "ner.responses.status": ["submitted"]},
    },
    "hugging-face": lambda text: {"tokens": [text], "ner_tags": ["B-CITY"]},
    "gliner": lambda text: {"tokenized_text": [text], "ner": [[0, 0, "CITY"]]},
    "pairs": lambda text: [text, {"entities": [[0, 4, "CITY"]]}],
    "spacy-2": lambda text: {
        "paragraphs": [{"raw": text, "sentences": [{"tokens": [{"orth": text, "ner": "U-CITY"}]}]}]
    },
    "spacy-json": lambda text: {"text": text, "ents": [SPAN]},
    "label-studio": lambda text: {"data": {"text": text}, "annotations": [{"result": [RESULT]}]},
    "doccano": lambda text: {"text": text, "label": [[0, 4, "CITY"]], "Comments": []},
    "prodigy": lambda text: {"text": text, "spans": [SPAN]},
}
NAMED_ENTITY = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity"


def write_docs(folder: Path) -> Path:
    vocab = spacy.blank("en").vocab
    docs = [Doc(vocab, words=[text], spaces=[False]) for text in TEXTS]
    DocBin(docs=docs).to_disk(folder / "a.spacy")
    return folder / "a.spacy"


def write_standoff(folder: Path) -> Path:
    for name, text in zip("ab", TEXTS, strict=True):
        (folder / f"{name}.txt").write_text(text, encoding="utf8")
        (folder / f"{name}.ann").write_text("T1\tCITY 0 4\tRome\n", encoding="utf8")
    return folder


def write_webanno(folder: Path) -> Path:
    sentences = []
    start = 0
    for number, text in enumerate(TEXTS, start=1):
        end = start + len(text)
        sentences.append(f"#Text={text}\n{number}-1\t{start}-{end}\t{text}\tCITY\n\n")
        start = end + 1
    path = folder / "a.tsv"
    header = f"#FORMAT=WebAnno TSV 3.3\n#T_SP={NAMED_ENTITY}|value\n\n\n"
    path.write_text(header + "".join(sentences), encoding="utf8")
    return path


def write_columns(folder: Path) -> Path:
    path = folder / "a.conll"
    # the format is found by the first lines
    sentences = [*TEXTS[1:] * 10, LONG, *TEXTS[1:]]
    path.write_text("".join(f"{text}\tB-CITY\n\n" for text in sentences), encoding="utf8")
    return path


WRITERS = {
    "spacy": write_docs,
    "brat": write_standoff,
    "webanno": write_webanno,
    "columns": write_columns,
}


def check(path: Path, format_name: str) -> None:
    """One text is named, and all others are read."""
    records = read(path, format=format_name)
    (found,) = (own for own in records if not isinstance(own, AnnotatedText))
    assert isinstance(found, InvalidRecord)
    assert found.reason == f"has {MAX_LENGTH + 1} characters, more than {MAX_LENGTH}: split it"
    assert len(records) > 1
    assert all(own.text == "Rome" for own in records if isinstance(own, AnnotatedText))


def test_every_format_is_tried() -> None:
    assert {*VALUES, *WRITERS, "uima-cas"} == set(ANNOTATED)


@pytest.mark.parametrize("name", VALUES)
def test_json(tmp_path: Path, name: str) -> None:
    check(write_json(tmp_path / "a.json", map(VALUES[name], TEXTS)), name)


@pytest.mark.parametrize("name", WRITERS)
def test_other_formats(tmp_path: Path, name: str) -> None:
    check(WRITERS[name](tmp_path), name)


def test_a_document_without_sentences(tmp_path: Path) -> None:
    cassis = pytest.importorskip("cassis")
    cas = cassis.Cas(typesystem=cassis.TypeSystem())
    cas.sofa_string = LONG
    path = tmp_path / "a.json"
    path.write_text(cas.to_json(), encoding="utf8")
    (found,) = read(path)
    assert isinstance(found, InvalidRecord)
    assert found.reason == f"has {MAX_LENGTH + 1} characters, more than {MAX_LENGTH}: split it"
