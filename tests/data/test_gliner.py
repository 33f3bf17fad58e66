"""GLiNER's training data: entities by the numbers of words, the last one included."""

import os
import subprocess
import sys
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


PROGRAM = """
import json
from gliner.model import UniEncoderSpanGLiNER
from gliner2.training.data import InputExample, TrainingDataset

text = "We fly to New  York \U0001f600 Rome"
spans = [(10, 19, "city"), (10, 13, "adjective"), (22, 26, "city")]
found = [{"start": start, "end": end, "label": label} for start, end, label in spans]
with open("gliner.json", "w") as file:
    json.dump([UniEncoderSpanGLiNER._predictions_to_word_level(text, found)], file)
example = InputExample(text=text, entities={"city": ["Rome"]})
TrainingDataset([example]).save("gliner2.jsonl")
"""


@pytest.mark.slow
def test_files_of_the_libraries(tmp_path: Path) -> None:
    """GLiNER 0.2.29 makes training data of what it found; its words have no other white space."""
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", "packages"]
    subprocess.run([*install, "gliner==0.2.29", "gliner2==2.1.0"], cwd=tmp_path, check=True)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "packages")}
    subprocess.run([sys.executable, "-c", PROGRAM], cwd=tmp_path, env=environment, check=True)
    spans = [(10, 18, "city"), (10, 13, "adjective"), (21, 25, "city")]
    assert read_spans(tmp_path / "gliner.json") == [("We fly to New York 😀 Rome", spans)]
    with pytest.raises(ValueError, match=r"H047.*training data of GLiNER2"):
        read(tmp_path / "gliner2.jsonl")


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
