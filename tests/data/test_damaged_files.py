"""Files that are nearly valid: they give records and numbered messages, and no other error."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from annotated_files import read
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spacy_halfree.data.file_formats import ANNOTATED
from spacy_halfree.data.file_formats.json_values import JSON_SUFFIXES
from spacy_halfree.data.records import InvalidRecord

REGION = {"start": 0, "end": 4, "text": "Rome", "labels": ["CITY"]}
SPAN = {"start": 0, "end": 4, "label": "CITY"}
TOKENS: list[dict[str, Any]] = [{"start": 0, "end": 4, "id": 0}, {"start": 5, "end": 6, "id": 1}]
VALID: dict[str, list[Any]] = {
    "label-studio": [
        {
            "data": {"text": "Rome !"},
            "annotations": [{"result": [{"type": "labels", "to_name": "text", "value": REGION}]}],
        },
        {"text": "Rome !", "label": [REGION], "annotator": 1, "annotation_id": 1},
    ],
    "doccano": [
        {"id": 1, "text": "Rome !", "label": [[0, 4, "CITY"]], "Comments": []},
        {"text": "Rome !", "entities": [{"start_offset": 0, "end_offset": 4, "label": "CITY"}]},
    ],
    "prodigy": [{"text": "Rome !", "spans": [SPAN], "answer": "accept", "_view_id": "ner"}],
    "argilla": [
        {
            **{"id": "1", "status": "completed", "_server_id": "2", "text": "Rome !"},
            **{"ner.responses": [[SPAN]], "ner.responses.status": ["submitted"]},
        },
        {
            **{"id": "1", "status": "completed", "_server_id": "2", "fields": {"text": "Rome !"}},
            **{"responses": {"ner": [{"value": [SPAN]}]}, "suggestions": {}},
        },
    ],
    "pairs": [["Rome !", {"entities": [[0, 4, "CITY"]]}]],
    "spacy-2": [
        {
            "paragraphs": [
                {"raw": "Rome !", "sentences": [{"tokens": [{"orth": "Rome", "ner": "O"}]}]}
            ]
        }
    ],
    "gliner": [{"tokenized_text": ["Rome", "!"], "ner": [[0, 0, "CITY"]]}],
    "hugging-face": [{"tokens": ["Rome", "!"], "ner_tags": ["B-CITY", "O"]}],
    "spacy-json": [{"text": "Rome !", "ents": [SPAN], "tokens": TOKENS, "spans": {"sc": [SPAN]}}],
}
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 20),
    st.just(10**30),
    st.floats(),
    st.text(max_size=4),
    st.sampled_from(["\ud83d", "text", "labels", "0", "O", "B-X"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["text", "start", "end", "label", "data"]), inner)
    ),
    max_leaves=4,
)


def damage(value: Any, data: st.DataObject) -> Any:
    """Change a part of a value: replace it, remove it, or call it by another name."""
    if not isinstance(value, dict | list) or not value or data.draw(st.integers(0, 5)) == 0:
        return data.draw(VALUES)
    places = list(value) if isinstance(value, dict) else list(range(len(value)))
    place = data.draw(st.sampled_from(places))
    change = data.draw(st.integers(0, 7))
    if change == 0:
        del value[place]
    elif change == 1 and isinstance(value, dict):
        value[data.draw(st.sampled_from([*places, "text", "label", "spans"]))] = value.pop(place)
    else:
        value[place] = damage(value[place], data)
    return value


def test_every_json_format_is_tried() -> None:
    known = {name for name, own in ANNOTATED.items() if JSON_SUFFIXES[0] in own.suffixes}
    assert known == {*VALID, "uima-cas"}


@pytest.mark.parametrize("name", VALID)
@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_no_other_error(tmp_path: Path, name: str, data: st.DataObject) -> None:
    values = copy.deepcopy(VALID[name] * 2)
    for _ in range(data.draw(st.integers(1, 3))):
        values = damage(values, data)
    suffix = data.draw(st.sampled_from([".json", ".jsonl"]))
    lines = values if isinstance(values, list) else [values]
    text = json.dumps(values) if suffix == ".json" else "".join(f"{json.dumps(v)}\n" for v in lines)
    path = tmp_path / f"a{suffix}"
    path.write_text(text, encoding="utf8")
    options: dict[str, Any] = data.draw(
        st.fixed_dictionaries(
            {},
            optional={
                "format": st.sampled_from(["doccano", name]),
                "field": st.sampled_from(["text", "ner"]),
                "offsets": st.sampled_from(["graphemes", "utf-16"]),
                "spans_key": st.just("sc"),
                "accept_unknown_status": st.just(True),
            },
        )
    )
    for message in messages_of(path, options):
        # it can be printed
        message.encode()


def messages_of(path: Path, options: dict[str, Any]) -> list[str]:
    """What is told of a file: a numbered error, or why records cannot be used."""
    try:
        records = read(path, **options)
    except ValueError as error:
        if not str(error).startswith("[H"):
            raise
        return [str(error)]
    return [record.reason for record in records if isinstance(record, InvalidRecord)]
