"""Examples as Prodigy's `db-out` writes them, by its documentation; not run with the tool."""

import json
from pathlib import Path
from typing import Any

import pytest
from annotated_files import read, read_spans, spans_of, write_json

from spacy_halfree.data.file_formats.prodigy import OTHER_INTERFACES
from spacy_halfree.data.records import AnnotatedText, InvalidRecord, Skipped

TEXT = "Fly to Rome"
CITY = {"start": 7, "end": 11, "label": "CITY", "token_start": 2, "token_end": 2}
TOKENS = [
    {"text": "Fly", "start": 0, "end": 3, "id": 0, "ws": True},
    {"text": "to", "start": 4, "end": 6, "id": 1, "ws": True},
    {"text": "Rome", "start": 7, "end": 11, "id": 2, "ws": False},
]
SPANS = [(TEXT, [(7, 11, "CITY")])]
PATTERN = {"text": "Rome", "start": 7, "end": 11, "label": "CITY", "pattern": 3}


def example(**fields: Any) -> dict[str, Any]:
    return {"text": TEXT, "_input_hash": 1, "_task_hash": 2, "answer": "accept"} | fields


@pytest.mark.parametrize(
    "fields",
    [
        {"_view_id": "ner_manual"},
        {"_view_id": "spans_manual", "_is_binary": False},
        {"_view_id": "relations", "relations": [{"head": 0, "child": 2, "label": "TO"}]},
        {"_view_id": "review", "versions": [{"text": TEXT, "spans": [], "sessions": ["b"]}]},
        {"_view_id": "blocks", "options": [{"id": "A"}], "accept": ["A"]},
        {"_view_id": "llm_io", "llm": {"prompt": "x"}},
        {},
    ],
)
def test_all_words_are_annotated(tmp_path: Path, fields: dict[str, Any]) -> None:
    path = write_json(tmp_path / "a.jsonl", [example(tokens=TOKENS, spans=[CITY], **fields)])
    assert read_spans(path) == SPANS
    (text,) = read(path)
    assert isinstance(text, AnnotatedText)
    assert text.missing == ()


@pytest.mark.parametrize(
    "fields",
    [
        {"_view_id": "ner", "_is_binary": True},
        {"_view_id": "spans", "_is_binary": True, "tokens": TOKENS},
        # before version 1.9, no interface was named
        {"spans": [CITY | {"score": 0.5, "rank": 0, "source": "en_core_web_sm"}]},
        {"spans": [PATTERN]},
    ],
)
def test_a_single_span_was_asked_about(tmp_path: Path, fields: dict[str, Any]) -> None:
    """Of the other words, nothing is known."""
    path = write_json(tmp_path / "a.jsonl", [example(**{"spans": [CITY]} | fields)])
    assert read_spans(path) == SPANS
    (text,) = read(path)
    assert isinstance(text, AnnotatedText)
    assert text.missing == (0, 1)


@pytest.mark.parametrize(
    "spans", [[CITY], [PATTERN | {"text": "Fly", "start": 0, "end": 3}, PATTERN]]
)
def test_examples_of_other_programs(tmp_path: Path, spans: list[dict[str, Any]]) -> None:
    """`db-in` adds an answer to all that it is given."""
    (text,) = read(write_json(tmp_path / "a.jsonl", [example(spans=spans)]))
    assert isinstance(text, AnnotatedText)
    assert text.missing == ()


@pytest.mark.parametrize("interface", OTHER_INTERFACES)
@pytest.mark.parametrize("spans", [None, [], [PATTERN]])
def test_interfaces_without_spans(tmp_path: Path, interface: str, spans: Any) -> None:
    """What patterns have found is shown, but nobody has corrected it."""
    fields = {} if spans is None else {"spans": spans}
    (found,) = read(write_json(tmp_path / "a.jsonl", [example(_view_id=interface, **fields)]))
    assert isinstance(found, InvalidRecord)
    assert f"interface '{interface}', in which no spans are marked" in found.reason


@pytest.mark.parametrize("answer", [None, "yes", "Rome"])
def test_other_answers_are_no_decisions(tmp_path: Path, answer: Any) -> None:
    path = write_json(tmp_path / "a.jsonl", [{"text": TEXT, "spans": [CITY], "answer": answer}])
    assert read_spans(path) == SPANS


def test_decisions(tmp_path: Path) -> None:
    answers = [example(spans=[CITY], answer=answer) for answer in ("reject", "ignore", "accept")]
    *left_out, text = read(write_json(tmp_path / "a.jsonl", answers))
    assert left_out == [Skipped("rejected or ignored in Prodigy", TEXT)] * 2
    assert spans_of(text) == SPANS[0][1]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"text": TEXT, "meta": {}}, "no list of spans under any of spans, label, labels, "),
        ({"text": TEXT, "annotation": []}, "; its keys are: text, annotation"),
        ({"text": TEXT, "label": ["TRAVEL"]}, '"TRAVEL", which is no span but a label of the'),
        ({"text": TEXT, "spans": [{"start": 0, "end": 3, "label": None}]}, "which is no span with"),
    ],
)
def test_what_cannot_be_used(tmp_path: Path, value: dict[str, Any], reason: str) -> None:
    (found,) = read(write_json(tmp_path / "a.jsonl", [value]), format="prodigy")
    assert isinstance(found, InvalidRecord)
    assert reason in found.reason


def test_halves_of_characters(tmp_path: Path) -> None:
    """They can be printed in no message, and no label can be stored."""
    half = "\ud83d"
    label, key, span = read(
        write_json(
            tmp_path / "a.jsonl",
            [
                {"text": TEXT, "spans": [CITY | {"label": half}]},
                {"text": TEXT, half: 1},
                {"text": TEXT, "spans": [{"name": half}]},
            ],
        )
    )
    for found in (label, key, span):
        assert isinstance(found, InvalidRecord)
        json.dumps(found.reason, ensure_ascii=False).encode()
    assert isinstance(label, InvalidRecord)
    assert label.reason == "has a label that holds half of a surrogate pair, which is no character"


@pytest.mark.parametrize("content", ["Oslo", " Oslo\n", "Oslo "])
def test_the_text_of_spans(tmp_path: Path, content: str) -> None:
    """It tells if offsets are counted in another unit."""
    span = {"start": 2, "end": 6, "label": "CITY", "text": content}
    path = write_json(tmp_path / "a.jsonl", [{"text": "\U0001f600 Oslo", "spans": [span]}])
    assert read_spans(path) == [("\U0001f600 Oslo", [(2, 6, "CITY")])]
    moved = span | {"start": 3, "end": 7}
    path = write_json(tmp_path / "a.jsonl", [{"text": "\U0001f600 Oslo", "spans": [moved]}])
    (found,) = read(path)
    assert isinstance(found, InvalidRecord)
    assert "from 3 to 7 stands 'slo'" in found.reason
