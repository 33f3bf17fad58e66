"""Files that cannot be read: each is recognized, and what is advised can be read."""

import gzip
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from annotated_files import read, read_spans

from spacy_halfree.data.file_formats import ANNOTATED
from spacy_halfree.data.file_formats.file_format import Head
from spacy_halfree.data.file_formats.unknown_files import (
    AS_COLUMNS,
    AS_LINES,
    KNOWN,
    describe_unknown,
)
from spacy_halfree.data.sources import Source

CONLL_U = (
    "# text = in Rome\n1\tin\tin\tADP\tIN\t_\t2\tcase\t_\t_\n"
    "2\tRome\tRome\tPROPN\tNNP\t_\t0\troot\t_\t_\n"
)
EMPTY = tuple(
    f"a{suffix}" for own in ANNOTATED.values() for suffix in own.suffixes if own.name != "brat"
)
EXAMPLES: list[tuple[str, str, Any]] = [
    ("Hugging Face's `save_to_disk`", "data-00000-of-00001.arrow", b"\xff\xff\xff\xff"),
    ("a spreadsheet", "a.xlsx", b"PK\x03\x04"),
    ("a document or an image", "a.pdf", "%PDF-1.7"),
    ("a pickle", "a.pkl", b"\x80\x04\x95"),
    ("Python code", "a.py", 'DATA = [("Rome", {"entities": [(0, 4, "CITY")]})]'),
    ("Python code", "a.ipynb", {"cells": []}),
    ("a database", "prodigy.db", b"SQLite format 3\0"),
    ("a database", "project", b"SQLite format 3\0"),
    ("audio", "a.eaf", '<?xml version="1.0"?><ANNOTATION_DOCUMENT/>'),
    ("audio", "a.TextGrid", 'File type = "ooTextFile"\nObject class = "TextGrid"'),
    ("binary data", "a.h5", b"\x89HDF\r\n\x1a\n\0\0"),
    ("CoNLL-U", "a.txt", CONLL_U),
    ("Python code", "a.txt", "DATA = [\n  ('to Rome', {'entities': [(3, 7, 'CITY')]}),\n]\n"),
    ("Label Studio's API", "a.json", {"tasks": [{"data": {"text": "Rome"}}], "total": 1}),
    ("Label Studio's API", "a.json", {"action": "A", "annotation": {}, "project": {}}),
    ("Argilla 1", "a.json", [{"fields": {"text": "Rome"}, "responses": [{"values": {}}]}]),
    ("Argilla's API", "a.json", {"items": [{"fields": {"text": "Rome"}}], "total": 1}),
    ("patterns that find spans", "a.jsonl", {"label": "CITY", "pattern": "Rome"}),
    ("data set viewer", "a.json", {"features": [], "rows": [{"row": {"tokens": ["a"]}}]}),
    ("a value for each column", "a.json", {"tokens": [["a"]], "ner_tags": [["O"]]}),
    ("a value for each column", "a.json", {"text": {"0": "Rome"}, "label": {"0": []}}),
    ('values such as ["Rome", {"cats"', "a.json", [["Rome", {"cats": {"A": 1}}]]),
    ("a value on each line. Give it", "a.jsonl", json.dumps([{"text": "Rome"}], indent=1)),
    ("a value on each line. Give it", "a.jsonl", json.dumps({"text": "Rome"}, indent=1)),
    ("a value on each line. Give it", "a.ndjson", json.dumps([{"text": "Rome", "spans": []}])),
    ("JSON with another name", "a.txt", {"text": "Rome", "spans": []}),
    ("JSON with another name", "export", [{"text": "Rome", "spans": []}]),
    ("JSON with another name", "a.jsonlines", '["Rome", {"entities": []}]\n'),
    ("a document of tagtog", "a.ann.json", {"annotatable": {"parts": ["s1p1"]}, "entities": []}),
    ("training data of Rasa", "a.json", {"rasa_nlu_data": {"common_examples": []}}),
    ("training data of Rasa", "nlu.yml", 'version: "3.1"\nnlu:\n- intent: fly\n'),
    ("training data of Rasa", "nlu.md", "## intent:fly\n- to [Rome](city)\n"),
    ("LUIS", "a.json", {"luis_schema_version": "7.0.0", "utterances": []}),
    ("Azure", "a.json", {"projectFileVersion": "2022-05-01", "assets": {"documents": []}}),
    ("Dialogflow", "a.json", [{"id": "1", "data": [{"text": "to "}], "isTemplate": False}]),
    ("Snips", "a.json", {"intents": {}, "entities": {}, "language": "en"}),
    (
        "the manifest of an output",
        "soft.manifest.json",
        {"input_sha256": {"a.txt": "00"}, "teachers": [], "bad": [], "counts": {"texts": 1}},
    ),
    (
        "SageMaker",
        "output.manifest",
        {"source": "Rome", "a-metadata": {"type": "groundtruth/text-span"}},
    ),
    ("Comprehend", "a.csv", "File,Line,Begin Offset,End Offset,Type\na.txt,0,0,4,CITY\n"),
    ("Vertex AI", "a.jsonl", {"textContent": "Rome", "textSegmentAnnotations": []}),
    ("AutoML", "a.jsonl", {"text_snippet": {"content": "Rome"}, "annotations": []}),
    ("Labelbox", "a.ndjson", {"data_row": {"row_data": "Rome"}, "projects": {}}),
    ("Dataturks", "a.json", {"content": "Rome", "annotation": [{"label": ["CITY"], "points": []}]}),
    ("Kili", "a.json", [{"content": "Rome", "labels": [{"jsonResponse": {}}]}]),
    ("SQuAD", "a.json", {"data": [{"paragraphs": [{"context": "Rome", "qas": []}]}]}),
    ("old JSON of UIMA", "a.json", {"_context": {}, "_views": {}, "_referenced_fss": {}}),
    ("standoff of BioNLP", "a.a1", "T1\tCITY 3 7\tRome\n"),
    ("SQuAD", "a.jsonl", {"context": "Rome", "question": "Where?", "answers": {}}),
    ("conversations", "a.jsonl", {"messages": [{"role": "user", "content": "Rome"}]}),
    ("GLiNER2", "a.jsonl", {"input": "Rome", "output": {"entities": {"city": ["Rome"]}}}),
    ("encoded for a model", "a.jsonl", {"input_ids": [101, 102], "labels": [0, 1]}),
    ("as CSV, which cuts long lists", "a.csv", "id,tokens,ner_tags\n0,['Rome'],[1]\n"),
    ("comma-separated", "a.csv", "sentence,label\nin Rome,travel\n"),
    ("HTML or XML", "a.html", '<div><mark class="entity">Rome</mark></div>'),
    ("HTML or XML", "a.xml", '<?xml version="1.0"?><TEI/>'),
    ("compressed file", "a.tsv.bz2", b"BZh9\0"),
    ("texts without annotation", "raw.json", [{"id": 1, "text": "to Rome"}]),
    ("compressed file", "a.tar.gz", gzip.compress(b"a.tsv\0ustar\0to\tO\nRome\tB-CITY\n", mtime=0)),
    ("OpenNLP", "a.train", "<START:city> Rome <END> is old .\n"),
    ("PubTator", "a.txt", "12|t|In Rome\n12|a|\n12\t3\t7\tRome\tCity\tC1\n"),
    ("trees of NLTK", "a.txt", "(S in/IN (CITY Rome/NNP))\n"),
    ("sentences and their tags", "a.txt", "We fly to Rome\nO O O B-CITY\n\nto Oslo\nO B-CITY\n"),
    ("sentences and their tags", "seq.out", "O O O B-city\nO B-city\n"),
    ("sentences and their tags", "seq.in", "We fly to Rome\nto Oslo\n"),
    ("sentences with their tags and other", "a.txt", "BOS to Rome EOS\tO O B-city flight\n"),
    ("tags behind its words", "a.txt", "We/O fly/O to/O New/CITY York/CITY\n"),
    ("tags behind its words", "a.txt", "to:O Rome:B-city <=> flight\n\n"),
    ("tags around its entities", "a.txt", "We fly to <CITY>Rome</CITY>.\n"),
    ("tags around its entities", "a.txt", "We fly to [Rome](city).\n"),
    ("an empty file", "a.txt", "\n \n"),
    ("text without annotation", "a.txt", "We fly to Rome\n"),
    ("objects have these keys: name, mentions", "a.json", [{"name": "Rome", "mentions": []}]),
]


def write(path: Path, content: Any) -> Path:
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        text = content if isinstance(content, str) else json.dumps(content)
        path.write_text(text, encoding="utf8")
    return path


@pytest.mark.parametrize(
    ("looks_like", "name", "content"), EXAMPLES, ids=[f"{own[0]}-{own[1]}" for own in EXAMPLES]
)
def test_what_a_file_looks_like(tmp_path: Path, looks_like: str, name: str, content: Any) -> None:
    with pytest.raises(ValueError, match="H047") as found:
        read(write(tmp_path / name, content))
    assert looks_like in str(found.value)


def test_every_kind_has_an_example(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{i}{name}", own) for i, (_, name, own) in enumerate(EXAMPLES)]
    told = {describe_unknown(Head(Source(path))) for path in paths}
    missing = {f"It looks like {own.looks_like}. {own.advice}" for own in KNOWN} - told
    # Parquet tables are tested with the data sets of Hugging Face, folders below
    assert [own for own in missing if "Parquet table" not in own and "a folder" not in own] == []


@pytest.mark.parametrize("content", [b"", b"\n \n"])
@pytest.mark.parametrize("name", EMPTY)
def test_empty_files(tmp_path: Path, name: str, content: bytes) -> None:
    path = write(tmp_path / name, gzip.compress(content) if name.endswith(".gz") else content)
    with pytest.raises(ValueError, match=r"H047.*looks like an empty file"):
        read(path)


@pytest.mark.parametrize("name", [name for name in ANNOTATED if name != "brat"])
def test_an_empty_file_of_a_named_format(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"H046.*a\.jsonl: it is empty"):
        read(write(tmp_path / "a.jsonl", ""), format=name)


def test_an_empty_member(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.jsonl", "")
    with pytest.raises(ValueError, match=r"H047.*looks like an empty file"):
        read(tmp_path / "a.zip")


def test_white_space_before_the_content(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", " " * 100_000 + '[{"text": "Rome", "spans": []}]')
    assert read_spans(path) == [("Rome", [])]


@pytest.mark.parametrize("content", [b"junk", b"\x78\x9c\x00"])
def test_docs_that_cannot_be_loaded(tmp_path: Path, content: bytes) -> None:
    """spaCy advises to convert the file, which fails."""
    with pytest.raises(ValueError, match="H046") as found:
        read(write(tmp_path / "a.spacy", content))
    assert "a.spacy: it is damaged, or not a file as `DocBin.to_disk` writes it." in str(
        found.value
    )
    assert "convert" not in str(found.value)


def test_folders(tmp_path: Path) -> None:
    assert "a folder. Name the files in it." in describe_unknown(Head(Source(tmp_path)))
    (tmp_path / "dataset_info.json").write_text("{}", encoding="utf8")
    assert "load_from_disk" in describe_unknown(Head(Source(tmp_path)))


def test_what_is_advised_is_read(tmp_path: Path) -> None:
    line = re.search(r"\{.*\}", AS_LINES)
    assert line is not None
    path = write(tmp_path / "a.jsonl", line[0])
    assert read_spans(path) == [("Oslo", [(0, 4, "CITY")])]
    assert "`.tsv` file with a word, a tab and its IOB tag on each line" in AS_COLUMNS
    path = write(tmp_path / "a.tsv", "to\tO\nOslo\tB-CITY\n\nRome\tB-CITY\n")
    assert read_spans(path) == [("to Oslo", [(3, 7, "CITY")]), ("Rome", [(0, 4, "CITY")])]


def test_pairs_that_python_code_writes(tmp_path: Path) -> None:
    code = """
import json
DATA = [("to Rome", {"entities": [(3, 7, "CITY")]})]
with open("a.json", "w") as file:
    json.dump(DATA, file)
"""
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    assert read_spans(tmp_path / "a.json") == [("to Rome", [(3, 7, "CITY")])]


def test_no_command_is_advised_that_cannot_read_the_file() -> None:
    assert not any("spacy convert" in known.advice for known in KNOWN)


def test_the_command(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ann.json", {"annotatable": {"parts": ["s1p1"]}, "entities": []})
    command = [sys.executable, "-m", "spacy", "halfree", "check", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "It looks like a document of tagtog. Write" in " ".join(
        (done.stdout + done.stderr).split()
    )
