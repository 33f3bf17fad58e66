"""GLiNER's training data: entities by the numbers of words, the last one included."""

from itertools import accumulate
from pathlib import Path

import pytest
from annotated_files import read, read_spans, write_json
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spacy_halfree.data.read_settings import ColumnSettings
from spacy_halfree.data.records import InvalidRecord, Skipped

WORDS = ["We", "fly", "to", "New", "York"]


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_entities(tmp_path: Path, name: str) -> None:
    values = [
        {"tokenized_text": WORDS, "ner": [[3, 4, "city"]]},
        # entities may overlap, and other keys are for training
        {
            "tokenized_text": WORDS,
            "ner": [[3, 4, "city"], [3, 3, "adjective"]],
            "negatives": ["person"],
            "ner_labels": ["city", "adjective"],
            "relations": [],
        },
        {"tokenized_text": WORDS, "ner": []},
    ]
    text = "We fly to New York"
    assert read_spans(write_json(tmp_path / name, values)) == [
        (text, [(10, 18, "city")]),
        (text, [(10, 18, "city"), (10, 13, "adjective")]),
        (text, []),
    ]


def test_texts_without_annotation(tmp_path: Path) -> None:
    values = [{"tokenized_text": WORDS, "ner": None}, {"tokenized_text": WORDS}]
    first, second = read(write_json(tmp_path / "a.json", values))
    assert isinstance(first, Skipped)
    assert first == second


def test_what_cannot_be_used(tmp_path: Path) -> None:
    values = [
        {"tokenized_text": WORDS, "ner": [[3, 5, "city"]]},
        {"tokenized_text": WORDS, "ner": [[4, 3, "city"]]},
        {"tokenized_text": WORDS, "ner": [[3, 4, ["city"]]]},
        {"tokenized_text": WORDS, "ner": [[False, True, "city"]]},
        {"tokenized_text": WORDS, "ner": [["New York", "city"]]},
        {"tokenized_text": "New York", "ner": []},
        ["New York"],
    ]
    found = read(write_json(tmp_path / "a.json", values))
    assert all(isinstance(own, InvalidRecord) for own in found)
    reasons = [own.reason for own in found if isinstance(own, InvalidRecord)]
    assert "numbered from 0 to 4; the last word of an entity belongs to it" in reasons[0]
    assert reasons[2:5] == [
        f"has {entity}, which is not a first word, a last word and a label"
        for entity in ([3, 4, ["city"]], [False, True, "city"], ["New York", "city"])
    ]


def test_words_without_spaces(tmp_path: Path) -> None:
    values = [{"tokenized_text": ["我", "在", "北京"], "ner": [[2, 2, "LOC"]]}]
    path = write_json(tmp_path / "a.json", values)
    assert read_spans(path, ColumnSettings(spaces=False)) == [("我在北京", [(2, 4, "LOC")])]


words = st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=8)


@given(words=words, data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_random_words(words: list[str], data: st.DataObject, tmp_path: Path) -> None:
    """Any words and entities, overlapping ones included."""
    places = st.integers(0, len(words) - 1)
    entities = data.draw(st.lists(st.tuples(places, places, st.text(max_size=4)), max_size=5))
    entities = [(min(a, b), max(a, b), label) for a, b, label in entities]
    starts = [0, *accumulate(len(word) + 1 for word in words)]
    path = write_json(tmp_path / "a.jsonl", [{"tokenized_text": words, "ner": entities}])
    assert read_spans(path) == [
        (
            " ".join(words),
            [(starts[first], starts[last + 1] - 1, label) for first, last, label in entities],
        )
    ]
