"""Offsets in every unit, against a count by brute force, and through files as tools write them."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

from spacy_halfree.data.annotated_texts import find_annotated_files, read_annotated_texts
from spacy_halfree.data.checks import check_text
from spacy_halfree.data.file_formats import offset_units
from spacy_halfree.data.gold import make_gold, read_gold
from spacy_halfree.data.offsets import UNITS, OffsetUnit, grapheme_pattern, offset_table
from spacy_halfree.data.read_settings import ReadSettings
from spacy_halfree.data.records import AnnotatedText, LabelledSpan, MisplacedSpan, Suggestion
from spacy_halfree.data.suggestion_files import write_suggestions

NLP = spacy.blank("en")
EXPORTS = Path(__file__).parent / "exports"
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
HINDI = "\u0915\u094d\u0937\u0947\u0924\u094d\u0930"
RICH = st.lists(
    st.sampled_from(
        [
            *("a", " ", "Rome", "\u00e9", "e\u0301", "\r\n", "\r", "\n", "\U0001f600", HINDI),
            *("\u0e01\u0e33", "\U0001f1e9\U0001f1ea", "\U0001f1eb", "\U0001f44d\U0001f3fd", FAMILY),
            *("1\ufe0f\u20e3", "\u200d", "\u1100\u1161\u11a8", "\U00010400", "\u0600", "\ufe0f"),
        ]
    ),
    min_size=1,
    max_size=12,
).map("".join)
TEXTS = st.one_of(
    RICH, st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
).filter(str.strip)

SPLIT_BY_DOCCANO = [
    ("plain", 5),
    ("e\u0301", 1),
    ("Z\u0351\u036b\u0343\u032a\u0302", 1),
    # Indic conjuncts: fewer in later versions of Unicode
    (HINDI, 4),
    ("\u0e20\u0e32\u0e29\u0e32\u0e44\u0e17\u0e22 \u0e01\u0e33", 9),
    ("\uac01\u1100\u1161\u11a8\u1100\u11a8", 4),
    ("\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7\U0001f1e9", 3),
    ("\U0001f44d\U0001f3fd\U0001f44d\U0001f3ff", 2),
    ("a\U0001f3fd", 2),
    (f"{FAMILY}\u200d\U0001f466", 1),
    ("a\r\nb\n\rc", 6),
    ("1\ufe0f\u20e3#\ufe0f\u20e3", 2),
    ("\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", 1),
    ("\U0001f3f3\ufe0f\u200d\U0001f308", 1),
    ("\U0001f469\U0001f3fd\u200d\U0001f680", 1),
    # sequences that are newer than Unicode 10
    ("\U0001f43b\u200d\u2744\ufe0f", 2),
    ("\U0001f469\u200d\U0001f9b0", 2),
    ("\U0001f9d1\u200d\U0001f91d\u200d\U0001f9d1", 3),
]
"""Texts and the numbers of clusters that grapheme-splitter 1.0.4 has counted, on Node 20."""


def count(text: str, unit: OffsetUnit) -> int:
    """How many units a text has."""
    if unit == "utf-16":
        return len(text.encode("utf-16-le")) // 2
    if unit == "code-points":
        return len(text)
    return len(grapheme_pattern().findall(text))


def places_of(text: str, unit: OffsetUnit) -> list[int]:
    """Where units begin and end, in code points, without what is inside of a grapheme cluster."""
    if unit != "graphemes":
        return list(range(len(text) + 1))
    return [0, *accumulate(map(len, grapheme_pattern().findall(text)))]


def spans_between(data: st.DataObject, places: list[int]) -> list[tuple[int, int]]:
    """Spans whose bounds are among some places."""
    last = len(places) - 1
    pairs = data.draw(
        st.lists(st.tuples(st.integers(0, last), st.integers(0, last)), min_size=1, max_size=4)
    )
    return [(places[min(pair)], places[max(pair)]) for pair in pairs if pair[0] != pair[1]]


def write_lines(path: Path, *values: Any) -> Path:
    path.write_text("".join(json.dumps(value) + "\n" for value in values), encoding="utf8")
    return path


def read_one(path: Path, unit: OffsetUnit | None) -> AnnotatedText:
    (entry,) = read_annotated_texts(path, NLP, ReadSettings(offsets=unit))
    assert isinstance(entry, AnnotatedText)
    return entry


def is_warned_of(path: Path, unit: OffsetUnit | None) -> bool:
    with patch.object(offset_units.logger, "warning") as warning:
        read_one(path, unit)
    return any("W023" in str(call) for call in warning.call_args_list)


@pytest.mark.parametrize(("text", "n_clusters"), SPLIT_BY_DOCCANO)
def test_grapheme_clusters_are_those_of_doccano(text: str, n_clusters: int) -> None:
    assert count(text, "graphemes") == n_clusters
    assert offset_table(text, "graphemes").offsets[-1] == n_clusters


@given(TEXTS)
def test_grapheme_clusters_make_up_the_text(text: str) -> None:
    assert "".join(grapheme_pattern().findall(text)) == text


@pytest.mark.parametrize("unit", ["utf-16", "code-points"])
@given(TEXTS)
def test_every_place_of_a_text(unit: OffsetUnit, text: str) -> None:
    table = offset_table(text, unit)
    for place in range(len(text) + 1):
        offset = count(text[:place], unit)
        assert table.from_code_points(place, place) == (offset, offset)
        assert table.to_code_points(offset, offset) == (place, place)


@given(TEXTS)
def test_every_place_between_grapheme_clusters(text: str) -> None:
    table = offset_table(text, "graphemes")
    places = places_of(text, "graphemes")
    for offset, place in enumerate(places):
        assert table.to_code_points(offset, offset) == (place, place)
    for place in range(len(text) + 1):
        first, last = table.from_code_points(place, place)
        assert places[first] <= place <= places[last]
        assert last - first == (place not in places)


@given(TEXTS, st.data())
def test_offsets_inside_of_a_surrogate_pair_are_no_places(text: str, data: st.DataObject) -> None:
    table = offset_table(text, "utf-16")
    known = [count(text[:place], "utf-16") for place in range(len(text) + 1)]
    offset = data.draw(st.integers(0, known[-1]))
    assert (table.to_code_points(offset, offset) is None) == (offset not in known)


@pytest.mark.parametrize("unit", UNITS)
@given(TEXTS, st.integers(1, 10**30))
def test_places_outside_of_a_text_stay_outside(unit: OffsetUnit, text: str, beyond: int) -> None:
    table = offset_table(text, unit)
    end = count(text, unit) + beyond
    assert table.to_code_points(-beyond, end) == (-beyond, len(text) + beyond)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("key", ["label", "labels", "entities"])
@given(TEXTS, st.data())
def test_spans_of_doccano_are_read_in_its_unit(
    folder: Path, key: str, unit: OffsetUnit, text: str, data: st.DataObject
) -> None:
    spans = spans_between(data, places_of(text, unit))
    counted = [(count(text[:start], unit), count(text[:end], unit)) for start, end in spans]
    written: list[Any] = [[start, end, "A"] for start, end in counted]
    if key == "entities":
        names = ("start_offset", "end_offset", "label")
        written = [dict(zip(names, span, strict=True)) for span in written]
    row: dict[str, Any] = {"text": text, key: written}
    if key == "entities":
        row["relations"] = []
    path = write_lines(folder / "row.jsonl", row)
    assert places(read_one(path, unit)) == spans
    if unit == "utf-16":
        assert places(read_one(path, None)) == spans


@pytest.mark.parametrize("unit", UNITS)
@given(TEXTS, st.data())
def test_suggestions_for_doccano_are_read_back(
    folder: Path, unit: OffsetUnit, text: str, data: st.DataObject
) -> None:
    spans = spans_between(data, places_of(text, unit))
    path = folder / "suggestions.jsonl"
    path.write_bytes(write_suggestions([suggestion(text, spans)], "doccano", offsets=unit))
    assert places(read_one(path, unit)) == spans


@given(TEXTS, st.data())
def test_suggestions_for_label_studio_are_read_back(
    folder: Path, text: str, data: st.DataObject
) -> None:
    spans = spans_between(data, places_of(text, "code-points"))
    (task,) = json.loads(write_suggestions([suggestion(text, spans)], "label-studio"))
    path = folder / "task.jsonl"
    write_lines(path, {"data": task["data"], "annotations": task["predictions"]})
    assert places(read_one(path, None)) == spans


@given(TEXTS, st.data())
def test_spans_of_other_programs_are_code_points(
    folder: Path, text: str, data: st.DataObject
) -> None:
    """Those of Prodigy, and those that keep to spaCy's conventions."""
    spans = spans_between(data, places_of(text, "code-points"))
    named = [{"start": start, "end": end, "label": "A"} for start, end in spans]
    listed = [[start, end, "A"] for start, end in spans]
    for value in ({"spans": named}, {"entities": named}, {"entities": listed}):
        path = write_lines(folder / "other.jsonl", {"text": text} | value)
        assert places(read_one(path, None)) == spans
        assert not is_warned_of(path, None)
        if spans:
            # a unit would be ignored
            with pytest.raises(ValueError, match="H097"):
                read_one(path, "graphemes")


@given(TEXTS, st.lists(st.tuples(st.integers(-2, 30), st.integers(-2, 30)), max_size=3))
def test_texts_are_marked_if_units_give_different_spans(
    folder: Path, text: str, spans: list[tuple[int, int]]
) -> None:
    path = write_lines(folder / "any.jsonl", {"text": text, "label": [[*s, "A"] for s in spans]})
    by_unit = {read_one(path, unit).spans for unit in UNITS}
    assert is_warned_of(path, None) == (len(by_unit) > 1)
    for unit in UNITS:
        entry = read_one(path, unit)
        assert not is_warned_of(path, unit)
        # whatever stands in a file, what is wrong with it is told, and the rest is learned
        make_gold(entry)
        bad = [problem.span for problem in check_text(entry)]
        assert all(span in bad for span in entry.spans if isinstance(span, MisplacedSpan))


def places(entry: AnnotatedText) -> list[tuple[int, int]]:
    return [(span.start, span.end) for span in entry.spans]


def suggestion(text: str, spans: list[tuple[int, int]]) -> Suggestion:
    found = tuple(LabelledSpan(*span, "A") for span in spans)
    return Suggestion("id", text, (), found, 0.5, 0.9, 0.5)


def test_spans_that_are_no_places_are_bad_by_themselves(tmp_path: Path) -> None:
    row = {"text": "Hi \U0001f600 Rome", "label": [[4, 6, "A"], [6, 10, "CITY"], [6, 99, "B"]]}
    entry = read_one(write_lines(tmp_path / "a.jsonl", row), None)
    assert entry.spans[1] == LabelledSpan(5, 9, "CITY")
    cut, outside = check_text(entry)
    assert (cut.kind, cut.span) == ("cuts a character", entry.spans[0])
    assert "UTF-16 units it is from 4 to 6" in cut.reason
    assert outside.kind == "outside of the text"
    assert "from 6 to 99, and the text has 10" in outside.reason
    for problem in (cut, outside):
        assert "`--offsets code-points` or `--offsets graphemes`" in problem.reason
    gold = make_gold(entry)
    assert [ent.text for ent in gold.doc.ents] == ["Rome"]
    assert len(gold.left_out) == 2


@pytest.mark.parametrize("unit", UNITS)
def test_a_span_outside_of_a_plain_text(tmp_path: Path, unit: OffsetUnit) -> None:
    row = {"text": "beyond the end", "label": [[7, 99, "A"]]}
    (problem,) = check_text(read_one(write_lines(tmp_path / "a.jsonl", row), unit))
    assert problem.kind == "outside of the text"
    assert problem.span == LabelledSpan(7, 99, "A")


# -- files of the tools -------------------------------------------------------------------------


def test_marked_by_hand_in_doccano() -> None:
    """With the mouse, in doccano 1.8.4: "Rome" in each text, with emoji, accents and line ends."""
    entries = list(read_annotated_texts(EXPORTS / "doccano_marked_by_hand.jsonl", NLP))
    words = []
    for entry in entries:
        assert isinstance(entry, AnnotatedText)
        words += [entry.text[span.start : span.end] for span in entry.spans]
    assert words == ["Rome"] * 5
    assert isinstance(entries[0], AnnotatedText)
    assert places(entries[0]) == [(21, 25)]


Read = Callable[[OffsetUnit | None], tuple[list[Any], list[str]]]


@pytest.fixture(params=["doccano_export.jsonl", "doccano_export_relations.jsonl"])
def read_doccano(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Read:
    """Reads an export in a unit; gives its entries, and what is warned of."""

    def read(unit: OffsetUnit | None) -> tuple[list[Any], list[str]]:
        with caplog.at_level(logging.WARNING, logger="spacy.halfree"):
            entries = list(
                read_annotated_texts(EXPORTS / request.param, NLP, ReadSettings(offsets=unit))
            )
        return entries, [message for message in caplog.messages if "W030" not in message]

    return read


def test_spans_that_were_imported_in_code_points(read_doccano: Read) -> None:
    entries, warnings = read_doccano("code-points")
    assert not warnings
    words = {
        entry.number: [entry.text[span.start : span.end] for span in entry.spans]
        for entry in entries
        if isinstance(entry, AnnotatedText)
    }
    assert words[2] == ["Rome", "ten"]
    assert words[3] == ["two", "New\nYork", "Oslo"]
    # the second "ha"
    assert words[12] == ["ha"]
    assert isinstance(entries[11], AnnotatedText)
    assert places(entries[11]) == [(7, 9)]


def test_texts_are_named_for_which_the_unit_matters(read_doccano: Read) -> None:
    _, (message,) = read_doccano(None)
    assert message.startswith("[W023]")
    # emoji, a line end of two characters, and emoji before one of two words that are the same
    assert "number 2, 3, 12. " in message
    for unit in UNITS:
        assert f"`--offsets {unit}`" in message


def test_only_the_first_texts_are_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    row = {"text": "\U0001f600 Rome", "label": [[3, 7, "CITY"]]}
    path = tmp_path / "a.json"
    path.write_text(json.dumps([row] * 53), encoding="utf8")
    with caplog.at_level(logging.WARNING, logger="spacy.halfree"):
        docs = read_gold(path, NLP).docs
        read_gold(path, NLP, ReadSettings(offsets="utf-16"))
    (record,) = caplog.records
    assert "(53 in all)" in record.getMessage()
    assert "number 1, 2, 3, " in record.getMessage()
    assert ", 49, 50 and 3 more. " in record.getMessage()
    assert [ent.text for doc in docs for ent in doc.ents] == ["Rome"] * 53


@pytest.mark.parametrize(
    ("settings", "option"),
    [
        (ReadSettings(offsets="graphemes"), "--offsets"),
        (ReadSettings(skip_empty=True), "--skip-empty"),
        (ReadSettings(format="doccano"), "--read-as"),
    ],
)
def test_options_without_files(settings: ReadSettings, option: str) -> None:
    assert find_annotated_files([]) == []
    with pytest.raises(ValueError, match=f"H146.* is given: {option}"):
        find_annotated_files([], settings)
