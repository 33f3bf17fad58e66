"""Records of Argilla. The files in `exports` are made by its library, from invented texts.

Its editor counts UTF-16 units: it takes offsets from the browser's selection (read in its code, not
run).
"""

import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

from spacy_halfree.data.annotated_texts import read_annotated_texts
from spacy_halfree.data.file_formats import remarks
from spacy_halfree.data.offsets import offset_table
from spacy_halfree.data.read_settings import ReadSettings
from spacy_halfree.data.records import AnnotatedRecord, AnnotatedText, InvalidRecord, Skipped

NLP = spacy.blank("en")
EXPORTS = Path(__file__).parent / "exports"
FLATTENED = EXPORTS / "argilla_2.8.0_flattened.json"
NESTED = EXPORTS / "argilla_2.8.0_nested.json"
ROME = (13, 17, "CITY")
SUBMITTED = [
    (1, [ROME]),
    (1, [ROME, (3, 9, "MEAL")]),
    (2, [(11, 15, "CITY"), (22, 28, "CITY")]),
    (6, []),
]


def read(path: Path, **settings: Any) -> list[AnnotatedRecord]:
    return list(read_annotated_texts(path, NLP, ReadSettings(**settings)))


def spans_of(records: list[AnnotatedRecord]) -> list[tuple[int, list[tuple[int, int, str]]]]:
    return [
        (record.number, [(span.start, span.end, span.label) for span in record.spans])
        for record in records
        if isinstance(record, AnnotatedText)
    ]


def write(path: Path, *records: dict[str, Any]) -> Path:
    path.write_text(json.dumps(list(records)), encoding="utf8")
    return path


def flattened(text: str, *responses: tuple[Any, str | None], **others: Any) -> dict[str, Any]:
    """A record in the form of `to_list(flatten=True)`."""
    return {
        "id": "1",
        "status": "completed",
        "_server_id": None,
        "text": text,
        "spans.responses": [value for value, _ in responses] or None,
        "spans.responses.users": [str(i) for i, _ in enumerate(responses)] or None,
        "spans.responses.status": [status for _, status in responses] or None,
        **others,
    }


@pytest.mark.parametrize(
    "path", sorted(EXPORTS.glob("argilla_*_[df]*")), ids=lambda path: path.name
)
def test_only_submitted_responses_are_read(path: Path) -> None:
    records = read(path)
    assert spans_of(records) == SUBMITTED
    assert [record for record in records if not isinstance(record, AnnotatedText)] == [
        # what somebody has discarded is known by its text, so that it is not suggested again
        Skipped("discarded in Argilla", "Nothing to see here"),
        Skipped("only drafts in Argilla"),
        Skipped("not annotated in Argilla (no response)"),
    ]


def test_what_is_ignored_is_told() -> None:
    with patch.object(remarks.logger, "warning") as warning:
        read(FLATTENED, offsets="utf-16")
    (message,) = [call.args[0] for call in warning.call_args_list]
    assert "responses to 'spans' about 'text'" in message
    assert "responses to 'mood' (1), suggestions (2)" in message


def test_nested_records_need_a_decision() -> None:
    with pytest.raises(ValueError, match=r"H123.*to_list\(flatten=True\)"):
        read(NESTED)
    # what was discarded or a draft looks the same
    found = spans_of(read(NESTED, accept_unknown_status=True))
    assert found == [
        *SUBMITTED[:3],
        (2, [(11, 15, "MEAL")]),
        (3, [(11, 14, "CITY")]),
        (4, [(2, 7, "CITY")]),
        SUBMITTED[3],
    ]


def test_the_unit_can_be_chosen(tmp_path: Path) -> None:
    text = "😀 Oslo"
    span = {"start": 2, "end": 6, "label": "CITY"}
    path = write(tmp_path / "a.json", flattened(text, ([span], "submitted")))
    assert spans_of(read(path, offsets="code-points")) == [(1, [(2, 6, "CITY")])]
    (record,) = read(path, offsets="utf-16")
    assert isinstance(record, AnnotatedText)
    assert record.text[slice(record.spans[0].start, record.spans[0].end)] == " Osl"


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (None, [(0, 4, "CITY")]),
        ("places", [(0, 4, "CITY")]),
        ("people", [(5, 8, "NAME")]),
        ("people:body", [(5, 8, "NAME")]),
        ("body", [(0, 4, "CITY")]),
    ],
)
def test_questions_and_fields_can_be_chosen(
    tmp_path: Path, field: str | None, expected: list[tuple[int, int, str]]
) -> None:
    place = [{"start": 0, "end": 4, "label": "CITY"}]
    people = [{"start": 5, "end": 8, "label": "NAME"}]
    record = {
        **{"id": "1", "status": "completed", "_server_id": None, "body": "Rome Ann"},
        **{"places.responses": [place, place], "places.responses.users": ["1", "2"]},
        **{"places.responses.status": ["submitted", "draft"], "people.responses": [people]},
        **{"people.responses.users": ["1"], "people.responses.status": ["submitted"]},
    }
    found = read(write(tmp_path / "a.json", record), field=field)
    assert spans_of(found) == [(1, expected)]


def test_choices_that_cannot_be_made(tmp_path: Path) -> None:
    record = flattened("Rome", ([], "submitted"))
    path = write(tmp_path / "a.json", record)
    with pytest.raises(ValueError, match=r"H124.*nor a field 'span'.*spans, text"):
        read(path, field="span")
    renamed = {key: value for key, value in record.items() if key != "text"}
    path = write(tmp_path / "a.json", {**renamed, "title": "Trip", "body": "Rome"})
    with pytest.raises(ValueError, match=r"H124.*several fields.*body, title"):
        read(path)
    assert spans_of(read(path, field="body")) == [(1, [])]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({**flattened("Rome", ([], "submitted")), "text": None}, "no string under 'text'"),
        (flattened("Rome", ([{"start": 0}], "submitted")), "not a span with a start"),
        (
            flattened("Rome", ([], "submitted"), **{"spans.responses.status": []}),
            "does not have as many values",
        ),
    ],
)
def test_records_that_cannot_be_read(tmp_path: Path, record: dict[str, Any], reason: str) -> None:
    path = write(tmp_path / "a.json", record, flattened("Rome", ([], "submitted")))
    broken, whole = read(path)
    assert isinstance(broken, InvalidRecord)
    assert reason in broken.reason
    assert isinstance(whole, AnnotatedText)


def test_a_response_of_unknown_status_is_not_submitted(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", flattened("Rome", ([], None)))
    assert [type(record) for record in read(path)] == [Skipped]
    assert spans_of(read(path, accept_unknown_status=True)) == [(1, [])]


@given(data=st.data())
def test_offsets_are_exact(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """What the editor would store of a span is read as that span."""
    text = data.draw(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
    bounds = st.integers(0, len(text))
    spans = data.draw(st.lists(st.tuples(bounds, bounds).map(sorted), max_size=4))
    table = offset_table(text, "utf-16")
    value = [
        dict(zip(("start", "end"), table.from_code_points(*span), strict=True)) | {"label": "X"}
        for span in spans
    ]
    path = tmp_path_factory.mktemp("argilla") / "a.json"
    write(path, flattened(text, (value, "submitted")))
    assert spans_of(read(path)) == [(1, [(start, end, "X") for start, end in spans])]


def test_known_statuses_count(tmp_path: Path) -> None:
    """Responses whose status is known are not taken for submitted ones by an option."""
    spans = [{"start": 0, "end": 4, "label": "CITY"}]
    path = write(
        tmp_path / "a.json",
        flattened("Rome", (spans, "discarded")),
        flattened("Rome", (spans, "draft"), (spans, "submitted")),
    )
    assert spans_of(read(path, accept_unknown_status=True)) == [(2, [(0, 4, "CITY")])]


def test_suggestions_of_another_shape(tmp_path: Path) -> None:
    records = json.loads(NESTED.read_text(encoding="utf8"))
    records[0]["suggestions"] = [{"value": "x"}]
    first, *_ = read(write(tmp_path / "a.json", *records), accept_unknown_status=True)
    assert isinstance(first, InvalidRecord)
