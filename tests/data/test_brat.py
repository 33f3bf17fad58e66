"""brat's standoff, written after its specification; not run with the tool."""

import gzip
import zipfile
from pathlib import Path
from shutil import make_archive
from typing import Any
from unittest.mock import patch

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

from spacy_halfree.data.annotated_texts import read_annotated_texts
from spacy_halfree.data.file_formats import remarks
from spacy_halfree.data.read_settings import ReadSettings
from spacy_halfree.data.records import (
    AnnotatedRecord,
    AnnotatedText,
    InvalidRecord,
    LabelledSpan,
    MisplacedSpan,
    Skipped,
)

NLP = spacy.blank("en")
TEXT = "😀 Soup in New York,\nthen Rome."
LINES = "T1\tDISH 2 6\tSoup\nT2\tCITY 10 18\tNew York\nT3\tCITY 25 29\tRome\n"
SPANS = ((2, 6, "DISH"), (10, 18, "CITY"), (25, 29, "CITY"))


def write(folder: Path, text: str | None, lines: str | None, name: str = "a") -> Path:
    """Write a document. RETURNS: Its annotations."""
    for suffix, content in ((".txt", text), (".ann", lines)):
        if content is not None:
            (folder / f"{name}{suffix}").write_text(content, encoding="utf8", newline="")
    return folder / f"{name}.ann"


def read(path: Path, **settings: Any) -> list[AnnotatedRecord]:
    return list(read_annotated_texts(path, NLP, ReadSettings(**settings)))


def read_one(path: Path) -> AnnotatedText:
    (record,) = read(path)
    assert isinstance(record, AnnotatedText), record
    return record


def spans_of(record: AnnotatedText) -> tuple[tuple[int, int, str], ...]:
    assert not any(isinstance(span, MisplacedSpan) for span in record.spans)
    return tuple((span.start, span.end, span.label) for span in record.spans)


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_a_document(tmp_path: Path, end: str) -> None:
    path = write(tmp_path, TEXT, LINES.replace("\n", end))
    for given_path in (path, path.with_suffix(".txt"), tmp_path):
        record = read_one(given_path)
        assert record.text == TEXT
        assert spans_of(record) == SPANS


def test_a_folder(tmp_path: Path) -> None:
    write(tmp_path, "Rome", "T1\tCITY 0 4\tRome\n", "b")
    write(tmp_path, "Nothing", "", "a.v2")
    write(tmp_path, "Not opened", None, "c")
    write(tmp_path, None, "T1\tCITY 0 4\tRome\n", "d")
    (tmp_path / "deeper").mkdir()
    write(tmp_path / "deeper", "Oslo", "T1\tCITY 0 4\tOslo", "a")
    (tmp_path / "annotation.conf").write_text("[entities]\nCITY\n")
    empty, first, unopened, lost, deep = read(tmp_path)
    assert isinstance(empty, AnnotatedText)
    assert (empty.number, empty.text, empty.spans) == (1, "Nothing", ())
    assert isinstance(first, AnnotatedText)
    assert first.spans == (LabelledSpan(0, 4, "CITY"),)
    assert unopened == Skipped("not annotated in brat (no .ann file)")
    assert isinstance(lost, InvalidRecord)
    assert lost.file.endswith("d.ann")
    assert "has no text" in lost.reason
    assert isinstance(deep, AnnotatedText)
    assert (deep.number, deep.text) == (5, "Oslo")


def test_a_text_of_its_own_is_no_document(tmp_path: Path) -> None:
    write(tmp_path, "Rome", None)
    for path in (tmp_path, tmp_path / "a.txt"):
        with pytest.raises(ValueError, match="H047"):
            read(path)


def test_an_archive(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("notes/a.txt", TEXT)
        archive.writestr("notes/a.ann", LINES)
    for members in ((), ("notes/a.ann",), ("notes/a.txt",)):
        (record,) = read(path, members=members)
        assert isinstance(record, AnnotatedText)
        assert spans_of(record) == SPANS


def test_an_archive_of_documents(tmp_path: Path) -> None:
    """It is read as the folder that it was made of."""
    folder = tmp_path / "notes"
    (folder / "deeper").mkdir(parents=True)
    write(folder, TEXT, LINES)
    write(folder, "Nothing", "", "b.v2")
    write(folder, "Not opened", None, "c")
    write(folder, None, "T1\tCITY 0 4\tRome\n", "d")
    write(folder / "deeper", "Oslo", "T1\tCITY 0 4\tOslo")
    (folder / "annotation.conf").write_text("[entities]\nCITY\n")
    path = Path(make_archive(str(tmp_path / "notes"), "zip", tmp_path, "notes"))
    expected, found = read(folder), read(path)
    assert len(found) == 5
    for own, other in zip(expected, found, strict=True):
        if isinstance(own, AnnotatedText):
            assert isinstance(other, AnnotatedText)
            assert (own.number, own.text, own.spans) == (other.number, other.text, other.spans)
        elif isinstance(own, InvalidRecord):
            assert isinstance(other, InvalidRecord)
            assert other.file == f"{path}: notes/d.ann"
            assert other.reason == own.reason
        else:
            assert own == other


@pytest.mark.parametrize("members", [(), ("a.ann",)])
def test_an_archive_without_the_text(tmp_path: Path, members: tuple[str, ...]) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.ann", LINES)
    (record,) = read(path, members=members)
    assert isinstance(record, InvalidRecord)
    assert record.reason == "has no text: its .txt file is not beside it"


def test_compressed_annotations(tmp_path: Path) -> None:
    path = write(tmp_path, TEXT, LINES)
    packed = tmp_path / "a.ann.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    assert spans_of(read_one(packed)) == SPANS


def test_an_archive_with_other_files(tmp_path: Path) -> None:
    """None of them is left out without a word."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (("a.txt", TEXT), ("a.ann", LINES), ("b.jsonl", "{}")):
            archive.writestr(name, content)
    with pytest.raises(ValueError, match=r"H109.*a\.ann, a\.txt, b\.jsonl"):
        read(path)


def test_pieces(tmp_path: Path) -> None:
    """brat splits annotations at line breaks. Words between pieces belong to no entity."""
    text = "North and South Lake,\r\nGreen  Bay"
    lines = (
        "T1\tLAKE 0 5;16 20\tNorth Lake\n"
        "T2\tBAY 23 28;30 33\tGreen Bay\n"
        "T3\tLIST 10 20;23 28\tSouth Lake Green\n"
        "T4\tLAKE 10 20\tSouth Lake\n"
    )
    with patch.object(remarks.logger, "warning") as warning:
        record = read_one(write(tmp_path, text, lines))
    assert spans_of(record) == ((23, 33, "BAY"), (10, 20, "LAKE"))
    missing = [record.doc[i].text for i in record.missing]
    assert missing == ["North", "South", "Lake", "Green"]
    message = warning.call_args.args[0]
    assert "W036" in message
    assert "(2 in all): T1 in" in message
    assert ", T3 in" in message


def test_other_annotations_are_counted(tmp_path: Path) -> None:
    lines = LINES + (
        "R1\tin Arg1:T1 Arg2:T2\n*\tsame T2 T3\nE1\tMEAL:T1 Place:T2\nA1\tSure T1\nM1\tSure T2\n"
        "N1\tReference T2 Wiki:7\tNew York\n#1\tAnnotatorNotes T1\tgood\n\n"
    )
    with patch.object(remarks.logger, "warning") as warning:
        assert spans_of(read_one(write(tmp_path, TEXT, lines))) == SPANS
    expected = "attributes (2), events (1), links to databases (1), notes (1), relations (2)"
    assert f"Ignored: {expected}." in warning.call_args.args[0]


def test_words_in_another_place(tmp_path: Path) -> None:
    lines = LINES + "T4\tCITY 3 7\tSoup\nT5\tCITY 26 99\tome\n"
    record = read_one(write(tmp_path, TEXT, lines))
    *right, wrong, outside = record.spans
    assert tuple((span.start, span.end, span.label) for span in right) == SPANS
    assert isinstance(wrong, MisplacedSpan)
    assert "T4 is said to be 'Soup', but from 3 to 7 stands 'oup '" in wrong.reason
    assert isinstance(outside, MisplacedSpan)
    assert "T5" in outside.reason
    assert (outside.start, outside.end) == (26, len(TEXT))


@pytest.mark.parametrize("unit", ["code points", "UTF-16", "line ends as one", "byte-order mark"])
def test_other_programs_count_otherwise(tmp_path: Path, unit: str) -> None:
    text = TEXT.replace("\n", "\r\n")
    counted = {
        "code points": text,
        "UTF-16": text.replace("😀", "😀."),
        "line ends as one": TEXT,
        "byte-order mark": f".{text}",
    }[unit]
    words = ("Soup", "New York", "Rome")
    starts = [counted.index(word) for word in words]
    lines = "".join(
        f"T{i}\tX {start} {start + len(word)}\t{word}\n"
        for i, (start, word) in enumerate(zip(starts, words, strict=True))
    )
    path = write(tmp_path, f"\ufeff{text}" if unit == "byte-order mark" else text, lines)
    record = read_one(path)
    assert tuple(record.text[start:end] for start, end, _ in spans_of(record)) == words


@pytest.mark.parametrize(
    ("line", "number"), [("T9\tCITY\tRome", 4), ("T9\tCITY 2 x\tRome", 4), ("?1\tX", 4)]
)
def test_lines_that_cannot_be_read(tmp_path: Path, line: str, number: int) -> None:
    (record,) = read(write(tmp_path, TEXT, f"{LINES}{line}\n"))
    assert isinstance(record, InvalidRecord)
    assert record.line == number
    assert repr(line)[1:-1] in record.reason


def test_files_that_are_not_utf8(tmp_path: Path) -> None:
    path = write(tmp_path, None, LINES)
    path.with_suffix(".txt").write_bytes("Café".encode("latin-1"))
    (record,) = read(path)
    assert isinstance(record, InvalidRecord)
    assert record.file.endswith("a.txt")


@given(data=st.data())
def test_offsets_are_exact(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """brat counts code points, and writes spaces for line breaks."""
    text = data.draw(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
    places = st.integers(0, len(text))
    bounds = st.tuples(places, places).map(sorted).filter(lambda own: own[0] < own[1])
    spans = data.draw(st.lists(bounds, max_size=4))
    lines = "".join(
        f"T{i}\tX {start} {end}\t{text[start:end].translate({10: ' ', 13: ' '})}\n"
        for i, (start, end) in enumerate(spans)
    )
    path = write(tmp_path_factory.mktemp("brat"), text, lines)
    record = read_one(path)
    if not text.startswith("\ufeff"):
        assert record.text == text
        assert spans_of(record) == tuple((start, end, "X") for start, end in spans)
