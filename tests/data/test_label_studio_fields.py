"""Which text of Label Studio's tasks is read, and what is told of the rest."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_halfree.data.annotated_texts import find_annotated_files
from spacy_halfree.data.file_formats.label_studio_fields import describe_content
from spacy_halfree.data.read_settings import ReadSettings
from spacy_halfree.data.records import (
    Annotation,
    FileRecord,
    InvalidRecord,
    LabelledSpan,
    Skipped,
)

DATA = {"title": "Rome trip", "text": "We fly to Oslo"}
Read = Callable[..., tuple[list[FileRecord], list[str]]]


@pytest.fixture
def read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Read:
    """Reads tasks; gives what is read, and what is warned of."""

    def run(*tasks: Any, field: str | None = None) -> tuple[list[FileRecord], list[str]]:
        path = tmp_path / "tasks.json"
        path.write_text(json.dumps(tasks), encoding="utf8")
        (file,) = find_annotated_files([path], ReadSettings(field=field))
        assert file.format.name == "label-studio"
        caplog.clear()
        return [record for _, record in file.read()], list(caplog.messages)

    return run


def mark(text: str, word: str, label: str = "CITY", *, content: bool = True) -> dict[str, Any]:
    """A region around a word."""
    start = text.index(word)
    value: dict[str, Any] = {"start": start, "end": start + len(word), "labels": [label]}
    return value | ({"text": word} if content else {})


def of(name: str, value: dict[str, Any], kind: str = "labels") -> dict[str, Any]:
    return {"to_name": name, "from_name": "label", "type": kind, "value": value}


def task(data: dict[str, Any], *results: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"id": 1, "data": data, "annotations": [{"result": list(results)}], **fields}


def row(data: dict[str, Any], **controls: Any) -> dict[str, Any]:
    return {**data, "id": 1, "annotator": 1, "annotation_id": 1, **controls}


ROME = of("title", mark("Rome trip", "Rome"))
OSLO = of("text", mark("We fly to Oslo", "Oslo"))
IN_TITLE = Annotation("Rome trip", (LabelledSpan(0, 4, "CITY"),))
IN_TEXT = Annotation("We fly to Oslo", (LabelledSpan(10, 14, "CITY"),))


def test_as_many_regions_in_two_texts(read: Read) -> None:
    found, (message,) = read(task(DATA, ROME, OSLO))
    assert found == [IN_TEXT]
    assert message.startswith("[W028]")
    assert "'text' (1) are read" in message
    assert "'title' (1)" in message
    assert "`--field`" in message


def test_the_text_with_the_most_regions(read: Read) -> None:
    found, (message,) = read(task(DATA, ROME, OSLO), task(DATA, ROME))
    assert found == [IN_TITLE, IN_TITLE]
    assert "'title' (2) are read" in message
    assert "'text' (1)" in message


def test_the_only_text_with_regions(read: Read) -> None:
    assert read(task(DATA, ROME)) == ([IN_TITLE], [])


def test_a_chosen_text(read: Read) -> None:
    found, (message,) = read(task(DATA, ROME, OSLO), task(DATA, OSLO), field="title")
    assert found == [IN_TITLE, Annotation("Rome trip", ())]
    assert "'title' (1) are read" in message
    assert "'text' (2)" in message
    assert read(task(DATA, OSLO), field="text") == ([IN_TEXT], [])


def test_other_names_in_the_interface(read: Read) -> None:
    """The texts that come with regions tell to which field they belong."""
    rome, oslo = ROME | {"to_name": "head"}, OSLO | {"to_name": "body"}
    assert read(task(DATA, rome))[0] == [IN_TITLE]
    assert read(task(DATA, oslo))[0] == [IN_TEXT]
    assert read(task(DATA, rome, oslo), field="head")[0] == [IN_TITLE]
    assert read(task(DATA, rome, oslo), field="body")[0] == [IN_TEXT]


def test_a_name_that_belongs_to_another_field(read: Read) -> None:
    assert read(task(DATA, ROME | {"to_name": "text"})) == ([IN_TITLE], [])


def test_regions_without_their_text(read: Read) -> None:
    value = mark("Rome trip", "Rome", content=False)
    assert read(task(DATA, of("title", value)))[0] == [IN_TITLE]
    only = {"sentence": "Rome trip", "rank": 3}
    assert read(task(only, of("text", value)))[0] == [IN_TITLE]


def test_regions_of_two_objects_without_their_texts(read: Read) -> None:
    head = of("head", mark("Rome trip", "Rome", content=False))
    body = of("body", mark("We fly to Oslo", "Oslo", content=False))
    (record,), _ = read(task(DATA, head, body))
    assert isinstance(record, InvalidRecord)
    assert "nothing says to which text it belongs: text, title" in record.reason


def test_a_field_that_is_not_there(read: Read) -> None:
    with pytest.raises(
        ValueError, match=r"H113.*'summary'.*`--field` to choose one of: title, text\."
    ):
        read(task(DATA, OSLO), field="summary")


def test_nothing_tells_which_text_it_is(read: Read) -> None:
    data = {"title": "Rome trip", "body": "We fly to Oslo"}
    (record,), _ = read(task(data))
    assert isinstance(record, InvalidRecord)
    assert "(its strings: title, body)" in record.reason
    assert "`--field`" in record.reason
    assert read(task(data), field="body")[0] == [Annotation("We fly to Oslo", ())]


def test_a_task_without_the_text(read: Read) -> None:
    _, record = read(task(DATA, OSLO), task({"title": "Rome trip"}, ROME))[0]
    assert isinstance(record, InvalidRecord)
    assert "no text under 'text'" in record.reason


# -- JSON-MIN, which has no names of texts ---------------------------------------------------------


def test_rows_with_a_control_for_each_text(read: Read) -> None:
    value = row(DATA, head=[ROME["value"]], label=[OSLO["value"]])
    found, (message,) = read(value)
    assert found == [IN_TEXT]
    assert "'title' (1)" in message
    assert read(value, field="title")[0] == [IN_TITLE]
    assert read(value, field="head")[0] == [IN_TITLE]


def test_rows_with_a_control_for_two_texts(read: Read) -> None:
    value = row(DATA, label=[ROME["value"], OSLO["value"]])
    found, (message,) = read(value)
    assert found == [IN_TEXT]
    assert "'title' (1)" in message
    assert read(value, field="title")[0] == [IN_TITLE]


def test_a_region_that_stands_in_both_texts(read: Read) -> None:
    both = {"title": "Rome trip", "text": "Rome again"}
    clear = row(DATA, label=[ROME["value"], OSLO["value"]])
    _, record = read(clear, row(both, label=[ROME["value"]]))[0]
    assert isinstance(record, InvalidRecord)
    assert "text, title; export as JSON" in record.reason
    # nothing is clear
    prefix = {"title": "Rome", "text": "Rome again"}
    for value in (
        row(prefix, label=[mark("Rome", "Rome")]),
        task(prefix, of("head", mark("Rome", "Rome"))),
    ):
        (record,), _ = read(value)
        assert isinstance(record, InvalidRecord)
        assert "use `--field` to choose the text" in record.reason
        for name in prefix:
            chosen = Annotation(prefix[name], (LabelledSpan(0, 4, "CITY"),))
            assert read(value, field=name)[0] == [chosen]
    # all that is clear is in one text
    found, warnings = read(row(DATA, label=[OSLO["value"]]), row(both, label=[ROME["value"]]))
    assert found == [IN_TEXT, Annotation("Rome again", (LabelledSpan(0, 4, "CITY"),))]
    assert not warnings


def test_a_region_that_stands_in_neither(read: Read) -> None:
    (record,), _ = read(row(DATA, label=[ROME["value"] | {"text": "Paris"}]))
    assert isinstance(record, InvalidRecord)
    assert "said to be 'Paris'" in record.reason


@pytest.mark.parametrize("label", ["x", 3, ["x"], {"a": 1}, [{"a": 1}], [], None])
def test_data_under_the_name_of_the_control(read: Read, label: Any) -> None:
    """An annotated task without regions keeps what the raw file had."""
    value = row({"text": "We fly to Oslo"}, label=[OSLO["value"]])
    found, warnings = read(value, row({"text": "Nothing here"}, label=label))
    assert found == [IN_TEXT, Annotation("Nothing here", ())]
    assert not warnings


def test_old_rows(read: Read) -> None:
    """They have neither `annotator` nor `annotation_id`."""
    value = {"text": "We fly to Oslo", "id": 3, "label": [OSLO["value"]]}
    assert read(value, {"text": "Nothing", "id": 4})[0] == [IN_TEXT, Annotation("Nothing", ())]


def test_untouched_rows(read: Read) -> None:
    value = row({"text": "We fly to Oslo"}) | {"annotator": None, "annotation_id": None}
    assert read(value)[0] == [Skipped("not labelled in Label Studio")]


def spans_in(data: st.DataObject, text: str) -> list[tuple[int, int]]:
    """Some stretches of a text."""
    places = st.integers(0, len(text))
    pairs = data.draw(st.lists(st.tuples(places, places), max_size=3))
    return sorted({(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]})


@given(st.text(min_size=1), st.text(min_size=1), st.booleans(), st.data())
def test_regions_of_random_texts_are_read_where_they_are(
    tmp_path_factory: pytest.TempPathFactory,
    title: str,
    text: str,
    shares_control: bool,
    data: st.DataObject,
) -> None:
    """In JSON exactly; in JSON-MIN exactly, or they are refused.

    A control of two texts has no names of texts at all, and a chosen text has the regions of the
    only control.
    """
    texts = {"title": title, "text": text}
    spans = {name: spans_in(data, own) for name, own in texts.items()}
    regions = {
        name: [
            {"start": start, "end": end, "text": escape(texts[name][start:end]), "labels": ["A"]}
            for start, end in own
        ]
        for name, own in spans.items()
    }
    results = [of(name, value) for name, values in regions.items() for value in values]
    controls = {"head": regions["title"], "label": regions["text"]}
    if shares_control:
        controls = {"label": [*regions["title"], *regions["text"]]}
    is_clear = not shares_control and all(regions.values())
    path = tmp_path_factory.getbasetemp() / "random.json"
    for value in (task(texts, *results), row(texts, **controls)):
        path.write_text(json.dumps([value]), encoding="utf8")
        for name in (None, *texts):
            (file,) = find_annotated_files([path], ReadSettings(field=name))
            ((_, record),) = file.read()
            if "data" not in value and isinstance(record, InvalidRecord):
                assert regions["title"] or regions["text"]
                continue
            assert isinstance(record, Annotation)
            found = sorted((span.start, span.end) for span in record.spans)
            assert set(found) <= {*spans["title"], *spans["text"]}
            if name is not None:
                assert record.text == texts[name]
            if "data" in value or is_clear or (name is None and not shares_control):
                right = [spans[own] for own in texts if texts[own] == record.text]
                assert found in right


def escape(text: str) -> str:
    """A region's text as the editor writes it."""
    return text.replace("\r", "\\n").replace("\n", "\\n")


# -- links and objects -----------------------------------------------------------------------------

LINKS = [
    "/data/upload/1/ab12-trip.txt",
    "/data/upload/1/ab12 my trip.txt",
    "/data/local-files/?d=trips/1.txt",
    "http://localhost:8080/data/upload/1/a.txt",
    "https://example.org/a?b=c",
    "s3://bucket/a b.txt",
    "gs://bucket/a",
    "azure-blob://container/a.txt",
    "S3://bucket/A.TXT ",
    "data:text/plain;base64,Um9tZQ==",
]


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("is_row", [True, False])
@pytest.mark.parametrize("n_regions", [0, 1])
def test_links(read: Read, link: str, is_row: bool, n_regions: int) -> None:
    # of the linked text
    values = [{"start": 3, "end": 7, "labels": ["CITY"]}] * n_regions
    make = row if is_row else task
    if is_row:
        linked = row({"text": link}, **({"label": values} if values else {}))
    else:
        linked = task({"text": link}, *(of("text", value) for value in values))
    with pytest.raises(ValueError, match=re.escape("the text is a link; export with content")):
        read(linked)
    with pytest.raises(ValueError, match=r"H114.*\(3\)"):
        read(linked, linked, linked)
    good, bad = read(make({"text": "We fly to Oslo"}), linked)[0]
    assert good == Annotation("We fly to Oslo", ())
    assert isinstance(bad, InvalidRecord)
    assert "the text is a link; export with content" in bad.reason


def test_links_with_the_texts_of_regions(read: Read) -> None:
    value = {"start": 10, "end": 14, "text": "Rome", "labels": ["CITY"]}
    with pytest.raises(ValueError, match="the text is a link; export with content"):
        read(task({"text": LINKS[0]}, of("text", value)))


def test_a_link_that_is_the_text(read: Read) -> None:
    link = "https://example.org/a"
    assert read(task({"text": link}, of("text", mark(link, "example.org"))))[0] == [
        Annotation(link, (LabelledSpan(8, 19, "CITY"),))
    ]


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ({"a": "b"}, "an object"),
        (["a"], "an object"),
        ([{"author": "A", "text": "Rome"}], "an object"),
        (7.5, "not a string"),
    ],
)
def test_objects(read: Read, value: Any, what: str) -> None:
    for make in (task, row):
        with pytest.raises(ValueError, match=f"the text is {what}; export with content"):
            read(make({"text": value, "title": "Rome trip"}))


@given(st.text(st.sampled_from("a b:/.\n"), max_size=12))
def test_texts_with_words_are_no_links(text: str) -> None:
    for content in (f"See https://example.org {text}", f"{text} Rome", f"a {text}/data/upload/1"):
        assert describe_content(content) == ""


def test_untouched_links_are_left_out(read: Read) -> None:
    untouched = {"id": 1, "data": {"text": LINKS[0]}, "annotations": []}
    assert read(untouched)[0] == [Skipped("not labelled in Label Studio")]


# -- what is not read ------------------------------------------------------------------------------


def test_parts_that_are_no_labelled_spans(read: Read) -> None:
    relation = {"from_id": "a", "to_id": "b", "type": "relation", "direction": "right"}
    others = [
        of("text", {"choices": ["yes"]}, "choices"),
        of("text", {"choices": ["no"]}, "choices"),
        of("text", {"text": ["a note"]}, "textarea"),
        of("image", {"x": 1, "y": 2, "rectanglelabels": ["A"]}, "rectanglelabels"),
        of("sound", {"start": 1.5, "end": 2.5, "labels": ["A"]}),
        relation,
    ]
    data = {"text": "We fly to Oslo", "image": "/data/upload/1.png", "sound": "/data/upload/1.mp3"}
    found, (message,) = read(task(data, OSLO, *others))
    assert found == [IN_TEXT]
    assert message.startswith("[W029]")
    parts = "choices (2), textarea (1), rectanglelabels (1), labels (1), relation (1)"
    assert parts in message


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("hypertextlabels", {"start": "/p[1]/text()[1]", "end": "/p[1]/text()[1]"}),
        ("paragraphlabels", {"start": "0", "end": "0"}),
        ("labels", {"start": "/p[1]/text()[1]", "end": "/p[1]/text()[1]", "labels": ["A"]}),
        ("labels", {"start": 1.5, "end": 2.5, "labels": ["A"]}),
        ("rectanglelabels", {"x": 1}),
    ],
)
def test_regions_that_cannot_be_read(read: Read, kind: str, value: dict[str, Any]) -> None:
    (record,), _ = read(task({"text": "We fly to Oslo"}, of("text", value, kind)))
    assert isinstance(record, InvalidRecord)
    assert record.reason.startswith("has ")
    # beside one that can be read
    (record,), _ = read(task({"text": "We fly to Oslo"}, OSLO, of("text", value, kind)))
    assert isinstance(record, InvalidRecord)


@pytest.mark.parametrize("labels", [{}, {"labels": []}, {"labels": None}])
def test_regions_without_a_label(read: Read, labels: dict[str, Any]) -> None:
    """Suggestions for other names than those of the interface are exported like that."""
    value = {"start": 10, "end": 14, "text": "Oslo", **labels}
    (record,), _ = read(task({"text": "We fly to Oslo"}, of("text", value)))
    assert isinstance(record, InvalidRecord)
    assert "a region without a label" in record.reason
    if labels.get("labels", 0) is not None:
        (record,), _ = read(row({"text": "We fly to Oslo"}, label=[value]))
        assert isinstance(record, InvalidRecord)
        assert "a region without a label" in record.reason


def test_predictions_and_drafts_are_no_annotation(read: Read) -> None:
    prediction = {"result": [OSLO], "score": 0.9}
    annotation = {"result": [], "prediction": prediction, "parent_prediction": 1}
    data = {"text": "We fly to Oslo"}
    accepted = {"data": data, "annotations": [annotation], "predictions": [1]}
    untouched = {"data": data, "annotations": [], "predictions": [prediction]}
    drafted = {"data": data, "annotations": [], "drafts": [prediction]}
    found, _ = read(accepted, untouched, drafted)
    assert found[0] == Annotation("We fly to Oslo", ())
    assert found[1:] == [Skipped("not labelled in Label Studio")] * 2


def test_numbers_of_annotations(read: Read) -> None:
    (record,), _ = read({"data": {"text": "a"}, "annotations": [17]})
    assert isinstance(record, InvalidRecord)
    assert "export it as JSON" in record.reason
