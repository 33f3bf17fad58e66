"""Pairs of a text and its entities, and the export of NER Annotator."""

import json
from pathlib import Path
from typing import Any

import pytest
from annotated_files import Spans, read, read_spans, spans_of, write_json
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spacy_halfree.data.records import AnnotatedText, InvalidRecord, Skipped

TEXT = "😀 We fly to Rome"
ROME = [12, 16, "CITY"]
FOUND = (TEXT, [(12, 16, "CITY")])


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
@pytest.mark.parametrize(
    "pair", [[TEXT, {"entities": [ROME]}], [TEXT, {"entities": [ROME], "cats": {}}], [TEXT, [ROME]]]
)
def test_pairs(tmp_path: Path, name: str, pair: Any) -> None:
    nothing = ["Oslo", {"entities": []}]
    path = write_json(tmp_path / name, [pair, nothing])
    assert read_spans(path) == [FOUND, ("Oslo", [])]


def test_what_cannot_be_used(tmp_path: Path) -> None:
    values = [
        [TEXT, {"entities": [ROME]}],
        [TEXT, {"cats": {"TRAVEL": 1}}],
        [TEXT, {"entities": ["O", "O", "O", "O", "U-CITY"]}],
        [TEXT, {"entities": [[12, 16, "CITY", "Q220"]]}],
        None,
    ]
    first, *others = read(write_json(tmp_path / "a.json", values))
    assert isinstance(first, AnnotatedText)
    reasons = [own.reason for own in others if isinstance(own, InvalidRecord)]
    expected = ["is not a text with", "not a span", "not a span", "is not a text with"]
    assert len(reasons) == len(expected)
    assert all(own in reason for own, reason in zip(expected, reasons, strict=True))


def test_ner_annotator(tmp_path: Path) -> None:
    """By its source of version 2.1.0: spans are counted in UTF-16 units."""
    saved = [[TEXT, {"entities": [[13, 17, "CITY"]]}], None, ["Oslo\r", {"entities": []}]]
    path = tmp_path / "annotations.json"
    path.write_text(json.dumps({"classes": ["CITY"], "annotations": saved}), encoding="utf8")
    first, second, third = read(path)
    assert isinstance(first, AnnotatedText)
    assert (first.number, first.text, spans_of(first)) == (1, *FOUND)
    assert second == Skipped("not saved in NER Annotator")
    assert isinstance(third, AnnotatedText)
    assert (third.number, third.text, third.spans) == (3, "Oslo\r", ())
    # another program may have counted otherwise
    (first, *_) = read(path, offsets="code-points")
    assert isinstance(first, AnnotatedText)
    assert spans_of(first) == [(13, 17, "CITY")]


def test_offsets_of_pairs_can_be_utf16(tmp_path: Path) -> None:
    path = write_json(tmp_path / "a.json", [[TEXT, {"entities": [[13, 17, "CITY"]]}]])
    assert read_spans(path, offsets="utf-16") == [FOUND]


def test_texts_whose_spans_depend_on_the_unit(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Counted in UTF-16 units, a span may still stand inside of the text."""
    pairs = [
        ["to Rome", {"entities": [[3, 7, "CITY"]]}],
        ["\U0001f600 Oslo or Rome", {"entities": [[3, 7, "CITY"]]}],
        ["Oslo \U0001f600", {"entities": [[0, 4, "CITY"]]}],
        ["Caf\u00e9 in Rome", {"entities": [[8, 12, "CITY"]]}],
    ]
    path = write_json(tmp_path / "a.json", pairs)
    read(path)
    (message,) = caplog.messages
    assert "[W046]" in message
    assert "(1 in all): number 2." in message
    for unit, start in (("code-points", 3), ("utf-16", 2)):
        caplog.clear()
        assert read_spans(path, offsets=unit)[1][1] == [(start, start + 4, "CITY")]
        assert not caplog.messages
    # its unit is known
    export = tmp_path / "b.json"
    export.write_text(json.dumps({"classes": ["CITY"], "annotations": pairs}), encoding="utf8")
    assert read_spans(export)[1][1] == [(2, 6, "CITY")]
    assert not caplog.messages


@st.composite
def annotated(draw: st.DrawFn) -> tuple[str, Spans]:
    """A text with spans anywhere."""
    text = draw(st.text(min_size=1, max_size=12))
    places = st.integers(0, len(text))
    spans = draw(st.lists(st.tuples(places, places, st.text(max_size=4)), max_size=4))
    return text, [(min(a, b), max(a, b), label) for a, b, label in spans if a != b]


def utf16(text: str, place: int) -> int:
    return len(text[:place].encode("utf-16-le")) // 2


@given(texts=st.lists(annotated(), min_size=1, max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_random_texts(texts: list[tuple[str, Spans]], tmp_path: Path) -> None:
    """Any text and spans, in code points and in UTF-16 units."""
    pairs = [[text, {"entities": spans}] for text, spans in texts]
    assert read_spans(write_json(tmp_path / "a.json", pairs)) == texts
    units = [
        [text, {"entities": [[utf16(text, a), utf16(text, b), label] for a, b, label in spans]}]
        for text, spans in texts
    ]
    path = tmp_path / "b.json"
    path.write_text(json.dumps({"classes": [], "annotations": units}), encoding="utf8")
    assert read_spans(path) == texts


def test_spans_as_objects(tmp_path: Path) -> None:
    span = {"start": 12, "end": 16, "label": "CITY"}
    for pair in ([TEXT, [span]], [TEXT, {"entities": [span]}]):
        assert read_spans(write_json(tmp_path / "a.json", [pair])) == [(TEXT, [(12, 16, "CITY")])]
