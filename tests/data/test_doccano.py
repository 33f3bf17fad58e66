"""Exports of doccano: which of their keys are annotation, and what is told of them."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import spacy

from spacy_halfree.data.annotated_texts import find_annotated_files
from spacy_halfree.data.gold import read_gold
from spacy_halfree.data.read_settings import ColumnSettings, ReadSettings
from spacy_halfree.data.records import (
    Annotation,
    FileRecord,
    InvalidRecord,
    LabelledSpan,
    Skipped,
)

NLP = spacy.blank("en")
EXPORTS = Path(__file__).parent / "exports"
MEMBERS = EXPORTS / "doccano_export.zip"
"""An export of doccano 1.8.4 with a file for each member of the project."""
ROME = Annotation("to Rome", (LabelledSpan(3, 7, "CITY"),))
NOTHING = Annotation("to Rome", ())
LIST = [[3, 7, "CITY"]]
OTHER = [[0, 2, "X"]]
OBJECTS = [{"id": 1, "label": "CITY", "start_offset": 3, "end_offset": 7}]
Read = Callable[..., tuple[list[FileRecord], list[str]]]


@pytest.fixture
def read(caplog: pytest.LogCaptureFixture) -> Read:
    """Reads a file of doccano; gives what is read, and what is warned of."""

    def run(path: Path, **settings: Any) -> tuple[list[FileRecord], list[str]]:
        (file,) = find_annotated_files([path], ReadSettings(**settings))
        assert file.format.name == "doccano"
        caplog.clear()
        return [record for _, record in file.read()], list(caplog.messages)

    return run


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def run(*rows: Any) -> Path:
        path = tmp_path / "rows.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf8")
        return path

    return run


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        pytest.param({"label": LIST, "Comments": []}, ROME, id="1.8"),
        pytest.param({"entities": OBJECTS, "relations": [], "Comments": []}, ROME, id="relations"),
        pytest.param({"label": LIST}, ROME, id="1.7"),
        pytest.param({"entities": OBJECTS, "relations": []}, ROME, id="1.7, relations"),
        pytest.param({"labels": LIST}, ROME, id="1.4"),
        pytest.param({"labels": LIST, "annotation_approver": None, "meta": {}}, ROME, id="1.2"),
        pytest.param({"entities": LIST, "username": "admin", "doc_id": 1}, ROME, id="0.1"),
        # keys of the raw texts
        pytest.param({"label": [], "labels": LIST, "Comments": []}, NOTHING, id="labels"),
        pytest.param({"label": LIST, "labels": OTHER, "Comments": []}, ROME, id="both"),
        pytest.param({"label": LIST, "spans": OTHER, "Comments": []}, ROME, id="spans"),
        pytest.param({"label": [], "entities": OTHER, "Comments": []}, NOTHING, id="entities"),
        pytest.param(
            {"entities": OBJECTS, "relations": [], "label": "x", "Comments": []}, ROME, id="string"
        ),
        pytest.param(
            {"entities": OBJECTS, "relations": [], "label": OTHER, "Comments": []}, ROME, id="list"
        ),
        pytest.param({"label": LIST, "labels": None, "n": 1.0, "Comments": []}, ROME, id="null"),
        pytest.param({"label": LIST, "annotations": "x", "Comments": []}, ROME, id="annotations"),
        pytest.param({"label": LIST, "data": "x", "Comments": []}, ROME, id="data"),
    ],
)
def test_the_keys_of_spans(
    read: Read, write: Callable[..., Path], row: dict[str, Any], expected: Annotation
) -> None:
    found, _ = read(write({"id": 1, "text": "to Rome", **row}))
    assert found == [expected]


def test_versions_with_another_key_of_the_text(read: Read, write: Callable[..., Path]) -> None:
    """1.5 has `data` in the place of `text`."""
    assert read(write({"id": 1, "data": "to Rome", "label": LIST}))[0] == [ROME]


def test_line_separators_in_texts(read: Read, tmp_path: Path) -> None:
    """doccano escapes no character that is not ASCII, and strings may have line separators."""
    row = {"id": 1, "text": "a\u2028b\u0085c\u000c Rome", "label": [[7, 11, "CITY"]]}
    path = tmp_path / "all.jsonl"
    lines = (json.dumps(row, ensure_ascii=False) + "\n") * 2
    path.write_text(lines, encoding="utf8", newline="")
    assert [record.text for record in read(path)[0] if isinstance(record, Annotation)] == [
        row["text"]
    ] * 2


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"text": "to Rome"}, "no list of spans under 'label' or 'entities'"),
        ({"text": "to Rome", "label": None}, "no list of spans"),
        ({"text": None, "label": []}, "no object with a string under 'text'"),
        ({"text": "to Rome", "label": ["positive"]}, '"positive"'),
        (
            {"text": "to Rome", "annotations": [{"label": 3, "start_offset": 0, "end_offset": 2}]},
            "export as JSONL with text labels",
        ),
    ],
)
def test_rows_that_cannot_be_read(
    read: Read, write: Callable[..., Path], row: dict[str, Any], reason: str
) -> None:
    first, second = read(write({"text": "to Rome", "label": LIST}, row))[0]
    assert first == ROME
    assert isinstance(second, InvalidRecord)
    assert reason.replace("no object", "not an object") in second.reason


def test_numbers_of_labels(read: Read, write: Callable[..., Path]) -> None:
    """Early versions write them unless they are asked for text labels."""
    spans = [{"label": 3, "start_offset": 0, "end_offset": 2, "user": 1}]
    (record,), _ = read(write({"id": 1, "text": "to Rome", "annotations": spans, "meta": {}}))
    assert isinstance(record, InvalidRecord)
    assert "numbers of labels" in record.reason


@pytest.mark.parametrize(
    "row",
    [
        {"text": "to Rome", "spans": [{"start": 3, "end": 7, "label": "CITY"}], "relations": []},
        {"text": "to Rome", "entities": [], "spans": []},
        {"text": "to Rome", "entities": LIST},
        {"text": "to Rome", "spans": [], "answer": "accept"},
    ],
)
def test_other_programs(write: Callable[..., Path], row: dict[str, Any]) -> None:
    """Their offsets are code points."""
    nothing = {"text": "a", "spans": [], "entities": []}
    (file,) = find_annotated_files([write(row, nothing)])
    assert file.format.name != "doccano"


# -- texts that nobody has looked at --------------------------------------------------------------


def test_untouched_texts_are_counted(read: Read) -> None:
    path = EXPORTS / "doccano_member_untouched_texts.jsonl"
    found, (message,) = read(path)
    assert len(found) == 21
    assert message.startswith("[W030] 19 of 21 texts of ")
    assert "`--skip-empty`" in message
    assert "approved texts only" in message
    found, warnings = read(path, skip_empty=True)
    assert not warnings
    assert sum(isinstance(record, Skipped) for record in found) == 19
    assert sum(isinstance(record, Annotation) for record in found) == 2


def test_nothing_is_told_if_all_texts_have_spans(read: Read, write: Callable[..., Path]) -> None:
    assert read(write({"text": "to Rome", "label": LIST}))[1] == []


# -- archives -------------------------------------------------------------------------------------


def test_an_archive_of_several_members() -> None:
    names = r"Use `--member` to choose one of its files: annotator1\.jsonl, annotator2\.jsonl\."
    with pytest.raises(ValueError, match=rf"H109.*of several files\. {names}"):
        find_annotated_files([MEMBERS])
    with pytest.raises(ValueError, match=rf"H109.*without a file called 'all\.jsonl'\. {names}"):
        find_annotated_files([MEMBERS], ReadSettings(members=("all.jsonl",)))


@pytest.mark.parametrize(
    ("member", "name"),
    [
        ("annotator1.jsonl", "doccano_member_untouched_texts.jsonl"),
        ("annotator2.jsonl", "doccano_export.jsonl"),
    ],
)
def test_a_member_of_an_archive(read: Read, member: str, name: str) -> None:
    found, _ = read(MEMBERS, members=(member,), offsets="code-points")
    expected, _ = read(EXPORTS / name, offsets="code-points")
    assert found == expected
    gold = read_gold(MEMBERS, NLP, ReadSettings(members=(member,), offsets="code-points"))
    assert len(gold.docs) == 21


def test_an_archive_of_one_file(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "project.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("all.jsonl", json.dumps({"text": "to Rome", "label": LIST}) + "\n")
        archive.writestr("__MACOSX/._all.jsonl", "x")
    assert read(path)[0] == [ROME]
    assert read(path, members=("all.jsonl",))[0] == [ROME]


def test_an_archive_of_no_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.zip"
    zipfile.ZipFile(path, "w").close()
    with pytest.raises(ValueError, match="the archive has no files"):
        find_annotated_files([path])


def test_an_archive_of_many_files(tmp_path: Path) -> None:
    path = tmp_path / "many.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(30):
            archive.writestr(f"{i:02}.jsonl", "")
    with pytest.raises(ValueError, match=r"00\.jsonl, 01\.jsonl, .* 19\.jsonl and 10 more\."):
        find_annotated_files([path])


@pytest.mark.parametrize("label", [["POS"], ["Wir fliegen"]])
def test_labels_of_whole_texts(read: Read, write: Callable[..., Path], label: list[str]) -> None:
    """Projects of classification and of translation write strings."""
    ((found,), _) = read(write({"id": 1, "text": "to Rome", "label": label, "Comments": []}))
    assert isinstance(found, InvalidRecord)
    assert "which is a label of the whole text and not a span" in found.reason


def test_metadata_called_answer(read: Read, write: Callable[..., Path]) -> None:
    """It is no decision of Prodigy."""
    row = {"id": 1, "text": "to Rome", "label": LIST, "Comments": [], "answer": "reject"}
    assert read(write(row))[0] == [ROME]


def test_numbers_of_labels_beside_none(read: Read, write: Callable[..., Path]) -> None:
    empty = {"id": 1, "text": "to Rome", "annotations": [], "annotation_approver": None}
    first, second = read(write(empty, empty | {"annotations": [OBJECTS[0] | {"label": 5}]}))[0]
    assert isinstance(first, InvalidRecord)
    assert isinstance(second, InvalidRecord)
    assert first.reason == second.reason


def test_a_member_beside_one_that_is_missing() -> None:
    settings = ReadSettings(members=("annotator1.jsonl", "nobody.jsonl"))
    names = r"annotator1\.jsonl, annotator2\.jsonl\."
    with pytest.raises(ValueError, match=rf"H109.*a file called 'nobody\.jsonl'\. .*: {names}"):
        find_annotated_files([MEMBERS], settings)


def test_members_of_several_archives(tmp_path: Path) -> None:
    paths = [tmp_path / "a.zip", tmp_path / "b.zip"]
    for path in paths:
        with zipfile.ZipFile(path, "w") as archive:
            for name in ("all.jsonl", f"{path.stem}.jsonl"):
                archive.writestr(name, json.dumps({"text": "to Rome", "label": LIST}) + "\n")
    found = find_annotated_files(paths, ReadSettings(members=("a.jsonl", "b.jsonl")))
    assert [file.source.member for file in found] == ["a.jsonl", "b.jsonl"]
    with pytest.raises(ValueError, match=r"H109.*'c\.jsonl'.*: a\.jsonl, all\.jsonl\."):
        find_annotated_files(paths, ReadSettings(members=("all.jsonl", "c.jsonl")))


def test_members_without_an_archive(write: Callable[..., Path]) -> None:
    with pytest.raises(ValueError, match=r"H097.*: --member\."):
        find_annotated_files(
            [write({"text": "to Rome", "label": LIST})], ReadSettings(members=("a.jsonl",))
        )


@pytest.mark.parametrize(("spaces", "option"), [(True, "--spaces"), (False, "--no-spaces")])
def test_spaces_of_a_format_without_columns(
    write: Callable[..., Path], spaces: bool, option: str
) -> None:
    settings = ReadSettings(columns=ColumnSettings(spaces=spaces))
    with pytest.raises(ValueError, match=rf"H097.*: {option}\."):
        find_annotated_files([write({"text": "to Rome", "label": LIST})], settings)


def test_annotations_that_are_no_spans(read: Read, write: Callable[..., Path]) -> None:
    relation = {"id": 1, "from_id": 1, "to_id": 2, "type": "near"}
    rows = [
        {"id": 1, "text": "to Rome", "entities": OBJECTS, "relations": relations, "Comments": []}
        for relations in ([relation] * 2, [], [relation])
    ]
    records, warnings = read(write(*rows))
    assert records == [ROME] * 3
    (message,) = warnings
    assert "W035" in message
    assert message.endswith("read from the labelled spans. Ignored: relations (3).")
    row = {"id": 1, "text": "to Rome", "cats": ["TRAVEL"], "entities": LIST, "Comments": []}
    records, (message,) = read(write(row))
    assert records == [ROME]
    assert message.endswith("Ignored: labels of whole texts (1).")
