"""Exports, field by field, and read back as what people export from the tools."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

from spacy_halfree.data.annotated_texts import read_annotated_texts
from spacy_halfree.data.file_formats import WRITABLE
from spacy_halfree.data.offsets import OffsetUnit
from spacy_halfree.data.records import AnnotatedText, LabelledSpan, Suggestion, TextToken
from spacy_halfree.data.suggestion_files import check_suffix, write_suggestions

SUGGESTION = Suggestion(
    source="pool.txt:7",
    text="Hör 😀 Abbey Road!",
    tokens=(
        TextToken("Hör", 0, 3, True),
        TextToken("😀", 4, 5, True),
        TextToken("Abbey", 6, 11, True),
        TextToken("Road", 12, 16, False),
        TextToken("!", 16, 17, False),
    ),
    spans=(LabelledSpan(4, 5, "künstler"), LabelledSpan(6, 16, "album title")),
    score=1.23456,
    confidence=0.87654,
    gain=0.98765,
)
WITHOUT = Suggestion("id 2", "Hi", (TextToken("Hi", 0, 2, False),), (), 0.5, 0.9, 0.5)
ABOUT = {"score": 1.2346, "gain": 0.9877, "confidence": 0.8765, "source": "pool.txt:7"}


def test_prodigy() -> None:
    first, second = write_suggestions([SUGGESTION, WITHOUT], "prodigy").decode().splitlines()
    assert json.loads(first) == {
        "text": "Hör 😀 Abbey Road!",
        "tokens": [
            {"text": "Hör", "start": 0, "end": 3, "id": 0, "ws": True},
            {"text": "😀", "start": 4, "end": 5, "id": 1, "ws": True},
            {"text": "Abbey", "start": 6, "end": 11, "id": 2, "ws": True},
            {"text": "Road", "start": 12, "end": 16, "id": 3, "ws": False},
            {"text": "!", "start": 16, "end": 17, "id": 4, "ws": False},
        ],
        "spans": [
            {"start": 4, "end": 5, "token_start": 1, "token_end": 1, "label": "künstler"},
            {"start": 6, "end": 16, "token_start": 2, "token_end": 3, "label": "album title"},
        ],
        "meta": ABOUT,
    }
    assert json.loads(second)["spans"] == []


def test_doccano() -> None:
    first, second = write_suggestions([SUGGESTION, WITHOUT], "doccano").decode().splitlines()
    assert json.loads(first) == {
        "text": "Hör 😀 Abbey Road!",
        # UTF-16 units
        "label": [[4, 6, "künstler"], [7, 17, "album title"]],
        **ABOUT,
    }
    assert json.loads(second)["label"] == []


def test_label_studio() -> None:
    first, second = json.loads(write_suggestions([SUGGESTION, WITHOUT], "label-studio"))
    names = {"from_name": "label", "to_name": "text", "type": "labels"}
    values = [
        # code points
        {"start": 4, "end": 5, "text": "😀", "labels": ["künstler"]},
        {"start": 6, "end": 16, "text": "Abbey Road", "labels": ["album title"]},
    ]
    assert first == {
        "data": {"text": "Hör 😀 Abbey Road!", **ABOUT},
        "predictions": [
            {
                "model_version": "spacy-halfree",
                "score": 0.8765,
                "result": [
                    {"id": str(i), **names, "value": value} for i, value in enumerate(values, 1)
                ],
            }
        ],
    }
    assert second["predictions"][0]["result"] == []


TABLE = "Please 😀😀 a table in Rome for two 🍕 and Oslo"
LINES = "line one\nRome\nfor two 🍕 Oslo"


def suggestion(text: str, *words: str) -> Suggestion:
    """A text in which words are entities."""
    starts = [text.index(word) for word in words]
    spans = [
        LabelledSpan(start, start + len(word), "A")
        for start, word in zip(starts, words, strict=True)
    ]
    return Suggestion("id 3", text, (), tuple(spans), 0.5, 0.9, 0.5)


@pytest.mark.parametrize(
    ("text", "words", "places"),
    [
        (TABLE, ("Rome", "two", "Oslo"), [(21, 25), (30, 33), (40, 44)]),
        (LINES, ("Oslo",), [(24, 28)]),
    ],
)
def test_label_studio_counts_code_points(
    text: str, words: tuple[str, ...], places: list[tuple[int, int]]
) -> None:
    (task,) = json.loads(write_suggestions([suggestion(text, *words)], "label-studio"))
    values = [region["value"] for region in task["predictions"][0]["result"]]
    assert [(value["start"], value["end"]) for value in values] == places


@pytest.mark.parametrize(
    ("unit", "places"),
    [
        ("utf-16", [[23, 27], [32, 35], [43, 47]]),
        ("code-points", [[21, 25], [30, 33], [40, 44]]),
        ("graphemes", [[21, 25], [30, 33], [40, 44]]),
    ],
)
def test_the_unit_of_doccano(unit: OffsetUnit, places: list[list[int]]) -> None:
    content = write_suggestions([suggestion(TABLE, "Rome", "two", "Oslo")], "doccano", offsets=unit)
    assert [span[:2] for span in json.loads(content)["label"]] == places


def test_a_span_that_ends_inside_of_a_grapheme_cluster_takes_in_all_of_it() -> None:
    text = "a cafe\u0301\r\nin Rome"
    content = write_suggestions([suggestion(text, "cafe", "Rome")], "doccano", offsets="graphemes")
    assert [span[:2] for span in json.loads(content)["label"]] == [[2, 6], [10, 14]]


@pytest.mark.parametrize("tool", WRITABLE)
def test_what_is_exported_can_be_read_back(tool: str, tmp_path: Path) -> None:
    path = tmp_path / f"suggestions{WRITABLE[tool].suffixes[0]}"
    path.write_bytes(write_suggestions([SUGGESTION, WITHOUT], tool))
    if tool == "label-studio":
        # what is imported there comes out as soon as somebody has accepted it
        tasks = json.loads(path.read_bytes())
        accepted = [task | {"annotations": task["predictions"]} for task in tasks]
        path.write_text(json.dumps(accepted), encoding="utf8")
    for record, own in zip(
        read_annotated_texts(path, spacy.blank("en")), [SUGGESTION, WITHOUT], strict=True
    ):
        assert isinstance(record, AnnotatedText)
        assert record.text == own.text
        assert record.spans == own.spans


def test_files_end_as_the_tool_wants_it() -> None:
    for tool, known in WRITABLE.items():
        check_suffix(Path(f"out{known.suffixes[0]}"), tool)
        with pytest.raises(ValueError, match="H084"):
            check_suffix(Path("out.txt"), tool)


# -- what the tools must be set to ---------------------------------------------------------------


def interface_of(labels: list[str]) -> ElementTree.Element:
    describe_setup = WRITABLE["label-studio"].describe_setup
    assert describe_setup is not None
    described = describe_setup(labels)
    return ElementTree.fromstring(described[described.index("<View>") :])


@given(st.lists(st.text(st.characters(exclude_categories=["C"]) | st.sampled_from("<>&\"'"))))
def test_the_labelling_interface(labels: list[str]) -> None:
    """It has the names that tasks use, and any labels."""
    (task,) = json.loads(write_suggestions([SUGGESTION], "label-studio"))
    region = task["predictions"][0]["result"][0]
    view = interface_of(labels)
    control, shown = view.find("Labels"), view.find("Text")
    assert control is not None
    assert shown is not None
    assert control.get("name") == region["from_name"]
    assert control.get("toName") == shown.get("name") == region["to_name"]
    assert shown.get("value") == "$text"
    assert [label.get("value") for label in control] == labels


def test_labels_of_doccano() -> None:
    describe_setup = WRITABLE["doccano"].describe_setup
    assert describe_setup is not None
    assert "album title, künstler" in describe_setup(["album title", "künstler"])
