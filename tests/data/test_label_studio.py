"""Exports of Label Studio, written by hand after its documentation of JSON and JSON-MIN."""

import json
from pathlib import Path
from typing import Any

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

from spacy_halfree.data.annotated_texts import read_annotated_texts
from spacy_halfree.data.file_formats.label_studio_regions import find_region
from spacy_halfree.data.read_settings import ReadSettings
from spacy_halfree.data.records import (
    AnnotatedRecord,
    AnnotatedText,
    InvalidRecord,
    LabelledSpan,
    Skipped,
)

NLP = spacy.blank("en")
EXPORTS = Path(__file__).parent / "exports"
TEXT = "Play Abbey Road"
REGION = {"start": 5, "end": 15, "text": "Abbey Road", "labels": ["ALBUM"]}


def result(value: dict[str, Any], kind: str = "labels") -> dict[str, Any]:
    return {
        "value": value,
        "id": "bRO6Tw3T9N",
        "from_name": "label",
        "to_name": "text",
        "type": kind,
        "origin": "manual",
    }


def annotation(*results: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "id": 9,
        "completed_by": 1,
        "result": list(results),
        "was_cancelled": False,
        "ground_truth": False,
        "created_at": "2021-03-09T22:16:08.728353Z",
        "lead_time": 4.288,
        "task": 1,
    } | fields


def task(*annotations: dict[str, Any], **data: Any) -> dict[str, Any]:
    return {
        "id": 1,
        "annotations": list(annotations),
        "predictions": [],
        "data": data or {"text": TEXT},
        "meta": {},
        "project": 83,
    }


SHORT = {
    "text": TEXT,
    "id": 1,
    "label": [REGION],
    "annotator": 1,
    "annotation_id": 9,
    "created_at": "2021-03-09T22:16:08.728353Z",
    "updated_at": "2021-03-09T22:16:08.728378Z",
    "lead_time": 4.288,
}


def read(path: Path, *tasks: Any) -> list[AnnotatedRecord]:
    """What is read of tasks, which are written as a list or as lines."""
    if path.suffix == ".json":
        path.write_text(json.dumps(list(tasks)), encoding="utf8")
    else:
        path.write_text("".join(json.dumps(task) + "\n" for task in tasks), encoding="utf8")
    return list(read_annotated_texts(path, NLP))


@pytest.mark.parametrize("name", ["export.json", "export.jsonl"])
@pytest.mark.parametrize(
    "value",
    [
        pytest.param(task(annotation(result(REGION))), id="JSON"),
        pytest.param(
            task(annotation(result(REGION), result({"choices": ["pop"]}, "choices"))),
            id="with choices",
        ),
        pytest.param(task(annotation(result(REGION)), sentence=TEXT, rank=3), id="other name"),
        pytest.param({"data": {"text": TEXT}, "completions": [{"result": [result(REGION)]}]}),
        pytest.param(SHORT, id="JSON-MIN"),
        pytest.param(
            {k: v for k, v in SHORT.items() if k != "label"} | {"ner": [REGION]},
            id="JSON-MIN, other control",
        ),
    ],
)
def test_tasks(tmp_path: Path, name: str, value: dict[str, Any]) -> None:
    first, second = read(tmp_path / name, value, value)
    assert isinstance(first, AnnotatedText)
    assert first.text == TEXT
    assert first.spans == (LabelledSpan(5, 15, "ALBUM"),)
    assert (first.number, second.number) == (1, 2)


def test_texts_in_which_there_is_nothing(tmp_path: Path) -> None:
    short = {key: value for key, value in SHORT.items() if key != "label"}
    for entry in read(tmp_path / "a.json", task(annotation()), short):
        assert isinstance(entry, AnnotatedText)
        assert entry.spans == ()


def test_what_nobody_has_labelled_is_left_out(tmp_path: Path) -> None:
    skipped = annotation(was_cancelled=True)
    entries = read(tmp_path / "a.json", task(), task(skipped), task(skipped, annotation()))
    assert [type(entry) for entry in entries] == [Skipped, Skipped, AnnotatedText]
    # what somebody has skipped is known by its text, so that it is not suggested again
    assert [entry.text for entry in entries[:2]] == ["", TEXT]


def test_several_annotations_of_a_task(tmp_path: Path) -> None:
    """All of them, so that contradictions are found; but only the truth if it is known."""
    marked, other = annotation(result(REGION)), annotation()
    assert len(read(tmp_path / "a.json", task(marked, other))) == 2
    (entry,) = read(tmp_path / "a.json", task(marked | {"ground_truth": True}, other))
    assert isinstance(entry, AnnotatedText)
    assert entry.spans


def test_several_labels_of_a_region(tmp_path: Path) -> None:
    (entry,) = read(tmp_path / "a.json", task(annotation(result(REGION | {"labels": ["A", "B"]}))))
    assert isinstance(entry, AnnotatedText)
    assert entry.spans == (LabelledSpan(5, 15, "A"), LabelledSpan(5, 15, "B"))


@pytest.mark.parametrize(
    "value",
    [
        task(annotation(result(REGION)), first="a", second="b"),
        task(annotation(result(REGION, "paragraphlabels"))),
        task(annotation(result(REGION | {"start": "/div[1]/text()[1]"}))),
        task(annotation(result(REGION | {"labels": None}))),
        task(annotation(result(REGION | {"text": "Let it be"}))),
        task({"result": None}),
        SHORT | {"label": [REGION | {"end": None}]},
        3,
    ],
)
def test_tasks_that_cannot_be_read(tmp_path: Path, value: Any) -> None:
    _, entry = read(tmp_path / "a.json", task(), value)
    assert isinstance(entry, InvalidRecord)
    assert entry.reason


def test_a_file_that_is_no_list(tmp_path: Path) -> None:
    for content in ("[", "\udcff"):
        (tmp_path / "a.json").write_text(content, encoding="utf8", errors="surrogateescape")
        with pytest.raises(ValueError, match="H046"):
            list(read_annotated_texts(tmp_path / "a.json", NLP))


ANY_TEXT = st.text(
    st.one_of(st.sampled_from("ab \n\r\\n😀é"), st.characters(exclude_categories=["Cs"])),
    min_size=1,
)
WORDS = st.text(st.sampled_from("ab 😀\U00010400é"), min_size=1, max_size=8)


@given(WORDS, WORDS, WORDS, st.booleans())
def test_regions_are_found_however_they_were_counted(
    before: str, inside: str, after: str, by_script: bool
) -> None:
    text = before + inside + after

    def count(part: str) -> int:
        return len(part.encode("utf-16-le")) // 2 if by_script else len(part)

    start = count(before)
    end = start + count(inside)
    found = find_region(text, start, end, inside)
    assert text[slice(*found)] == inside
    if not by_script:
        assert found == (start, end)


@given(ANY_TEXT, st.data())
def test_regions_of_the_editor_are_read_where_they_were_marked(
    text: str, data: st.DataObject
) -> None:
    """The editor counts code points and escapes the ends of lines."""
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    for content in (text[start:end], text[start:end].replace("\n", "\\n"), None):
        assert find_region(text, start, end, content) == (start, end)


@pytest.mark.parametrize(
    "name", ["label_studio_marked_by_hand.json", "label_studio_marked_by_hand_min.json"]
)
def test_regions_marked_by_hand(name: str) -> None:
    """Marked with the mouse in Label Studio 1.23.2, and exported by it."""
    found = [
        [(span.start, span.end) for span in entry.spans]
        for entry in read_annotated_texts(EXPORTS / name, NLP)
        if isinstance(entry, AnnotatedText)
    ]
    # in the first text, the second "ha" was marked
    assert found == [[(7, 9), (21, 25)], [(6, 14), (37, 40)], [(7, 11)]]


def test_a_region_without_its_text_is_counted_in_code_points() -> None:
    assert find_region("😀 Abbey Road", 2, 12, None) == (2, 12)


def test_a_line_break_in_a_region() -> None:
    assert find_region("Abbey\nRoad", 0, 10, "Abbey\\nRoad") == (0, 10)
    # a backslash and an n that stand in the text
    assert find_region("C:\\new C:\\old", 0, 6, "C:\\new") == (0, 6)
    assert find_region("😀 C:\\new", 3, 9, "C:\\new") == (2, 8)


TAXONOMY = {"start": 5, "end": 15, "text": "Abbey Road", "taxonomy": [["Music", "Album"]]}
CHOICE = {"start": 5, "end": 15, "text": "Abbey Road", "choices": ["good"]}


@pytest.mark.parametrize("value", [TAXONOMY, CHOICE])
def test_what_is_asked_about_regions(tmp_path: Path, value: dict[str, Any]) -> None:
    """It stands beside the labels of a region. Without labels, the text is not without entities."""
    kind = next(key for key in value if key in ("taxonomy", "choices"))
    rows = [SHORT | {kind: [value]}, {k: v for k, v in SHORT.items() if k != "label"}]
    rows[1][kind] = [value]
    for beside, alone in (
        read(tmp_path / "min.json", *rows),
        read(
            tmp_path / "a.json",
            task(annotation(result(REGION), result(value, kind))),
            task(annotation(result(value, kind))),
        ),
    ):
        assert isinstance(beside, AnnotatedText)
        assert beside.spans == (LabelledSpan(5, 15, "ALBUM"),)
        assert isinstance(alone, InvalidRecord)
        assert f"a part of the text with '{kind}', but without a label" in alone.reason


@pytest.mark.parametrize(("start", "end"), [("5", "15"), (5.0, 15.0), (5, "15")])
def test_offsets_that_programs_write(tmp_path: Path, start: Any, end: Any) -> None:
    value = task(annotation(result(REGION | {"start": start, "end": end})))
    (found,) = read(tmp_path / "a.json", value)
    assert isinstance(found, AnnotatedText)
    assert found.spans == (LabelledSpan(5, 15, "ALBUM"),)


def test_numbers_as_texts(tmp_path: Path) -> None:
    """Label Studio reads a column of digits as numbers, and shows them."""
    region = {"start": 0, "end": 4, "text": "2024", "labels": ["YEAR"]}
    (found,) = read(tmp_path / "a.json", task(annotation(result(region)), text=2024))
    assert isinstance(found, AnnotatedText)
    assert (found.text, found.spans) == ("2024", (LabelledSpan(0, 4, "YEAR"),))


PARAGRAPH = {"start": "0", "end": "0", "startOffset": 3, "endOffset": 7, "paragraphlabels": ["A"]}
HTML = {"start": "/p[1]/text()[1]", "end": "/p[1]/text()[1]", "startOffset": 0, "endOffset": 4}
TURNS = [{"author": "A", "text": "In Rome"}]
BOX = {"x": 1, "y": 2, "width": 3, "height": 4, "rectanglelabels": ["A"]}


@pytest.mark.parametrize(
    ("kind", "value", "data", "reason"),
    [
        ("paragraphlabels", PARAGRAPH, {"dialogue": TURNS}, "type 'paragraphlabels'"),
        ("paragraphlabels", PARAGRAPH, {"text": TURNS}, "type 'paragraphlabels'"),
        ("rectanglelabels", BOX, {"ocr": "https://example.org/a.png"}, "type 'rectanglelabels'"),
        ("hypertextlabels", HTML | {"hypertextlabels": ["A"]}, {}, "type 'hypertextlabels'"),
        ("labels", HTML | {"labels": ["A"]}, {"html": "<p>Rome</p>"}, "only regions of plain"),
    ],
)
def test_regions_of_other_objects(
    tmp_path: Path, kind: str, value: dict[str, Any], data: dict[str, Any], reason: str
) -> None:
    (found,) = read(tmp_path / "a.json", task(annotation(result(value, kind)), **data))
    assert isinstance(found, InvalidRecord)
    assert reason in found.reason


@pytest.mark.parametrize(
    ("annotations", "reason"),
    [
        ([{"result": "[]"}], "an annotation without a list under 'result'"),
        ("[]", "annotations that are not a list"),
        ([7], "the numbers of its annotations"),
    ],
)
def test_annotations_of_another_shape(tmp_path: Path, annotations: Any, reason: str) -> None:
    (found,) = read(tmp_path / "a.json", {"data": {"text": TEXT}, "annotations": annotations})
    assert isinstance(found, InvalidRecord)
    assert reason in found.reason


@pytest.mark.parametrize(
    "value",
    [
        {"data": {"text": TEXT}},
        {"data": {"text": TEXT}, "spans": [[0, 4, "X"]]},
        {"id": 1, "type": "articles", "data": {"text": TEXT}},
        {"id": "a", "data": {"text": TEXT}},
        {"success": True, "data": {"items": []}},
    ],
)
def test_objects_with_data_of_other_tools(tmp_path: Path, value: Any) -> None:
    with pytest.raises(ValueError, match="H047"):
        read(tmp_path / "a.json", value)


@pytest.mark.parametrize(
    "others",
    [
        {"predictions": []},
        {"completions": []},
        {"annotations": []},
        {"id": 1},
        {"id": 1, "meta": {}, "project": 3, "created_at": "2021-03-09", "is_labeled": False},
    ],
)
def test_untouched_tasks_are_recognized(tmp_path: Path, others: dict[str, Any]) -> None:
    (found,) = read(tmp_path / "a.json", {"data": {"text": TEXT}} | others)
    assert isinstance(found, Skipped)
    assert found.reason == "not labelled in Label Studio"


def test_objects_of_other_tools(tmp_path: Path) -> None:
    """If a format is named, what does not have it is no text without entities."""
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"text": TEXT, "spans": [{"start": 0}]}), encoding="utf8")
    (found,) = read_annotated_texts(path, NLP, ReadSettings(format="label-studio"))
    assert isinstance(found, InvalidRecord)
    assert found.reason == "is neither a task nor a row of Label Studio"
