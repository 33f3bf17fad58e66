"""Label Studio's CSV and TSV: exports of the tool, and random texts written as it writes them."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

from spacy_halfree.data.annotated_texts import find_annotated_files, read_annotated_texts
from spacy_halfree.data.file_formats.label_studio_tasks import split_row
from spacy_halfree.data.gold import read_gold
from spacy_halfree.data.read_settings import ReadSettings
from spacy_halfree.data.records import (
    AnnotatedText,
    Annotation,
    FileRecord,
    InvalidRecord,
    LabelledSpan,
    Skipped,
)

NLP = spacy.blank("en")
EXPORTS = Path(__file__).parent / "exports"
TEXTS = st.text(
    st.one_of(
        st.sampled_from(" \n\r\t\",;'\\😀é\u0301\u2028{[|"),
        st.characters(exclude_categories=["Cs"]),
    ),
    min_size=1,
)
COLUMNS = [
    *("annotation_id", "annotator", "created_at", "id", "key", "label", "lead_time", "text"),
    "updated_at",
]


def read(path: Path, settings: ReadSettings | None = None) -> list[FileRecord]:
    (file,) = find_annotated_files([path], settings)
    assert file.format.name == "label-studio"
    return [record for _, record in file.read()]


def region(text: str, start: int, end: int, label: str = "A") -> dict[str, Any]:
    content = text[start:end].replace("\r", "\\n").replace("\n", "\\n")
    return {"start": start, "end": end, "text": content, "labels": [label]}


def table(rows: list[dict[str, Any]], delimiter: str = ",") -> bytes:
    """Write rows in the tool's dialect."""
    file = io.StringIO()
    names = sorted({name for row in rows for name in row})
    writer = csv.DictWriter(file, names, delimiter=delimiter, quoting=csv.QUOTE_NONNUMERIC)
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()


def row(text: str, regions: list[dict[str, Any]], **others: Any) -> dict[str, Any]:
    label = json.dumps(regions, ensure_ascii=False) if regions else ""
    known: dict[str, Any] = {"annotation_id": 1, "annotator": "1", "id": 1, "lead_time": 3.0}
    return {**known, "text": text, "label": label, **others}


@pytest.mark.parametrize("name", ["label_studio_export.csv", "label_studio_export_tsv.csv"])
def test_exports_of_the_tool(name: str) -> None:
    """Those of Label Studio 1.23.2, which names TSV files `.csv`. They have what JSON-MIN has."""
    found = read(EXPORTS / name)
    expected = read(EXPORTS / "label_studio_export_min_all_tasks.json")
    assert found == [record for record in expected if isinstance(record, Annotation)]
    assert found[2] == Annotation(
        "Table for two\nin New\nYork\r\nthanks Oslo",
        (
            LabelledSpan(10, 13, "PARTY"),
            LabelledSpan(17, 25, "CITY"),
            LabelledSpan(34, 38, "CITY"),
        ),
    )


def test_lines_are_those_of_the_file() -> None:
    records = list(read_annotated_texts(EXPORTS / "label_studio_export.csv", NLP))
    numbers = [record.number for record in records if isinstance(record, AnnotatedText)]
    # the third row has a text of four lines
    assert numbers[:4] == [2, 3, 4, 8]


@pytest.mark.parametrize("name", ["export.csv", "export.tsv", "export.txt", "EXPORT", "a.csv.gz"])
def test_the_name_does_not_matter(tmp_path: Path, name: str) -> None:
    content = (EXPORTS / "label_studio_export_tsv.csv").read_bytes()
    content = gzip.compress(content) if name.endswith(".gz") else content
    (tmp_path / name).write_bytes(content)
    assert read(tmp_path / name) == read(EXPORTS / "label_studio_export_tsv.csv")


def test_scoring_on_them() -> None:
    gold = read_gold(EXPORTS / "label_studio_export.csv", NLP)
    assert len(gold.docs) == 14


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@given(data=st.data())
def test_random_texts_are_read_as_they_are(
    tmp_path_factory: pytest.TempPathFactory, delimiter: str, data: st.DataObject
) -> None:
    texts = data.draw(st.lists(TEXTS, min_size=1, max_size=3))
    rows, expected = [], []
    for text in texts:
        bounds = data.draw(
            st.lists(st.tuples(st.integers(0, len(text)), st.integers(0, len(text))), max_size=3)
        )
        places = [(min(own), max(own)) for own in bounds if own[0] != own[1]]
        label = data.draw(st.sampled_from(["CITY", 'a "b", c', "\t", "名"]))
        rows.append(row(text, [region(text, *place, label) for place in places]))
        expected.append([LabelledSpan(*place, label) for place in places])
    path = tmp_path_factory.getbasetemp() / "random.csv"
    path.write_bytes(table(rows, delimiter))
    found = read(path)
    assert [record.text for record in found if isinstance(record, Annotation)] == texts
    assert [list(record.spans) for record in found if isinstance(record, Annotation)] == expected


@given(st.lists(st.text(), min_size=2), st.sampled_from(",\t;"))
def test_rows_are_split_as_python_splits_them(cells: list[str], delimiter: str) -> None:
    for quoting in (csv.QUOTE_ALL, csv.QUOTE_MINIMAL):
        file = io.StringIO()
        csv.writer(file, delimiter=delimiter, quoting=quoting).writerow(cells)
        assert split_row(file.getvalue(), delimiter) == cells


def test_untouched_rows_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "all.csv"
    untouched = {"annotation_id": "", "annotator": "", "lead_time": ""}
    rows = [row("Rome", []), row("Oslo", [], **untouched)]
    path.write_bytes(table(rows))
    annotated, left_out = read(path)
    assert annotated == Annotation("Rome", ())
    assert left_out == Skipped("not labelled in Label Studio")


def test_no_row_has_a_region(tmp_path: Path) -> None:
    """There is no column for labels then."""
    rows = [row("Rome", [])]
    del rows[0]["label"]
    (tmp_path / "a.csv").write_bytes(table(rows))
    assert read(tmp_path / "a.csv") == [Annotation("Rome", ())]


def test_other_names_of_controls_and_texts(tmp_path: Path) -> None:
    rows = [row("", [], sentence="to Rome", ner=json.dumps([region("to Rome", 3, 7)]))]
    del rows[0]["text"], rows[0]["label"]
    (tmp_path / "a.csv").write_bytes(table(rows))
    assert read(tmp_path / "a.csv") == [Annotation("to Rome", (LabelledSpan(3, 7, "A"),))]


def test_a_long_cell(tmp_path: Path) -> None:
    text = "Rome " * 50_000
    (tmp_path / "a.csv").write_bytes(table([row(text, [region(text, 0, 4)])]))
    (record,) = read(tmp_path / "a.csv")
    assert isinstance(record, Annotation)
    assert (record.text, len(record.spans)) == (text, 1)


def test_files_saved_by_a_spreadsheet(tmp_path: Path) -> None:
    """With a byte-order mark, semicolons, and quotation marks only where they are needed."""
    file = io.StringIO()
    writer = csv.DictWriter(file, list(row("", [])), delimiter=";")
    writer.writeheader()
    writer.writerow(row("to Rome", [region("to Rome", 3, 7)]))
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbf" + file.getvalue().encode())
    assert read(tmp_path / "a.csv") == [Annotation("to Rome", (LabelledSpan(3, 7, "A"),))]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            b'1,"1","[{""start"":0,""end"":4,""te","Rome"',
            "not valid JSON: spreadsheets cut long cells",
        ),
        (b'1,"1","","Rome', "no quotation mark at its end"),
        (b'1,"1",""', "has 3 cells, but the header has 4"),
        (b'1,"1","","Rome" "x"', "quotation marks"),
        (b'1,"1","","R\xffome"', "is not UTF-8"),
        (b'1,"1","","{""a"": 1}"', "the text is an object; export with content"),
        (b'1,"1","","/data/upload/1/a.txt"', "the text is a link; export with content"),
        (
            b'1,"1","[{""start"":0,""end"":4,""text"":""Oslo"",""labels"":[""A""]}]","Rome"',
            "said to be 'Oslo'",
        ),
        (
            b'1,"1","[{""start"":0,""end"":4,""text"":""Rome""}]","Rome"',
            "which is a region without a label",
        ),
    ],
)
def test_rows_that_cannot_be_read(tmp_path: Path, content: bytes, reason: str) -> None:
    header = b"annotation_id,annotator,label,text\n"
    (tmp_path / "a.csv").write_bytes(header + b'1,"1","","fine"\n' + content)
    good, bad = read(tmp_path / "a.csv")
    assert good == Annotation("fine", ())
    assert isinstance(bad, InvalidRecord)
    assert bad.line == 3
    assert reason in bad.reason


def test_other_tables_are_not_taken_for_exports(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("Rome\tB-CITY\n")
    (file,) = find_annotated_files([tmp_path / "a.tsv"])
    assert file.format.name == "columns"


def test_a_table_that_python_has_written(tmp_path: Path) -> None:
    """A list in a cell becomes Python's, and its regions are not lost silently."""
    changed = row("to Rome", []) | {"label": str([region("to Rome", 3, 7)])}
    (tmp_path / "a.csv").write_bytes(table([row("to Rome", [region("to Rome", 3, 7)]), changed]))
    good, bad = read(tmp_path / "a.csv")
    assert good == Annotation("to Rome", (LabelledSpan(3, 7, "A"),))
    assert isinstance(bad, InvalidRecord)
    assert "regions under 'label' that are not valid JSON" in bad.reason


def test_tables_before_version_1(tmp_path: Path) -> None:
    """They have no columns of annotators and annotations."""
    regions = json.dumps([region("to Rome", 3, 7)])
    (tmp_path / "a.csv").write_bytes(table([{"text": "to Rome", "id": 1, "label": regions}]))
    assert read(tmp_path / "a.csv") == [Annotation("to Rome", (LabelledSpan(3, 7, "A"),))]


def test_a_header_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"annotation_id,annotator,text,\xff\n1,1,Rome,1\n")
    with pytest.raises(ValueError, match=r"H046.*its header is not UTF-8"):
        read(tmp_path / "a.csv")
