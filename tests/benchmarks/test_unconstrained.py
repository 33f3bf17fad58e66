"""Reading what was written freely: what is wrong with it is seen, and what is right is kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import DocBin
from spacy.training import Example
from thinc.api import Adam, fix_random_seed

pytest.importorskip("torch")
pytest.importorskip("transformers")

from tiny_seq2seq import saved

from benchmarks.unconstrained import (
    as_markdown,
    compare,
    gold_spans,
    read_output,
    score,
    spans,
    write_output,
)
from spacy_halfree.models.sentinel.ragged import Ragged
from spacy_halfree.models.sentinel.target_texts import Vocabulary

NOTHING = np.array([], dtype=np.int64)
VOCABULARY = Vocabulary(
    sentinels=np.arange(100, 110),
    # O, I, two labels of which one begins the other, and the unknown tag
    tags=Ragged.of([[20], [21], [22], [22, 23], [2]]),
    before=NOTHING,
    after=NOTHING,
    start=0,
    padding=0,
    max_length=64,
)


@given(st.lists(st.integers(0, 3), max_size=9))
def test_what_is_spelled_is_read(tags: list[int]) -> None:
    reading = read_output(write_output(tags, VOCABULARY), len(tags), VOCABULARY)
    illegal = any(tag == 1 and (i == 0 or tags[i - 1] == 0) for i, tag in enumerate(tags))
    assert reading.problems == ({"illegal_order"} if illegal else set())
    if not illegal:
        assert reading.tags == tags


@pytest.mark.parametrize(
    ("tokens", "tags", "problems"),
    [
        ([100, 22, 101, 21, 102], [2, 1], set()),
        ([100, 22, 23, 101, 20, 102], [3, 0], set()),
        ([100, 24, 101, 20, 102], [0, 0], {"unknown_label"}),
        ([100, 22, 22, 101, 20, 102], [0, 0], {"unknown_label"}),
        ([100, 22, 101, 21], [2, 1], {"missing_sentinel"}),
        ([100, 22, 102], [2, 0], {"missing_sentinel", "wrong_length"}),
        ([100, 22, 101, 21, 102, 22, 103], [2, 1], {"extra_sentinel", "wrong_length"}),
        ([100, 22, 100, 20, 101, 21, 102], [2, 1], {"repeated_word", "wrong_length"}),
        ([100, 20, 101, 21, 102], [0, 0], {"illegal_order"}),
        ([], [0, 0], {"missing_sentinel", "wrong_length"}),
        ([22, 23], [0, 0], {"missing_sentinel", "wrong_length"}),
    ],
)
def test_what_can_go_wrong(tokens: list[int], tags: list[int], problems: set[str]) -> None:
    reading = read_output(tokens, 2, VOCABULARY)
    assert reading.tags == tags
    assert reading.problems == problems


def test_scores() -> None:
    readings = [read_output(write_output([2, 1, 0], VOCABULARY), 3, VOCABULARY)]
    assert spans([readings[0].tags]) == {(0, 0, 1, 0)}
    result = score("constrained", readings, {(0, 0, 1, 0), (0, 2, 2, "NOT OURS")})
    assert (result.precision, result.recall, result.f1) == (100.0, 50.0, 66.67)
    assert result.strict_f1 == result.f1
    assert "| constrained | 66.7 | 66.7 | 0.0 %" in as_markdown([result])
    broken = [read_output([100, 22, 101, 21], 2, VOCABULARY)]
    result = score("unconstrained", broken, {(0, 0, 1, 0)})
    assert (result.f1, result.strict_f1, result.any_problem) == (100.0, 0.0, 100.0)


def test_a_trained_pipeline_both_ways(tmp_path: Path) -> None:
    fix_random_seed(0)
    nlp = spacy.blank("en")
    settings = {"label_style": "words", "loss": "both", "dropout": 0.0, "margin": 2}
    model = {"@architectures": "halfree.SentinelSeq2Seq.v1", "name": saved("flan-t5"), **settings}
    nlp.add_pipe("halfree_tagger", config={"model": model})
    texts = {
        "play Abbey Road": [(5, 15, "object")],
        "find bars in London": [(13, 19, "city")],
        "what is on tonight ?": [],
    }
    examples = [
        Example.from_dict(nlp.make_doc(text), {"entities": found}) for text, found in texts.items()
    ]
    nlp.initialize(lambda: examples)
    optimizer = Adam(0.01, L2=0.0)
    for _ in range(60):
        nlp.update(examples, sgd=optimizer)
    nlp.to_disk(tmp_path / "pipeline")
    docs = [example.reference for example in examples]
    DocBin(docs=docs).to_disk(tmp_path / "test.spacy")
    constrained, free = compare(tmp_path / "pipeline", tmp_path / "test.spacy")
    assert gold_spans(docs, ["city", "object"]) == {(0, 1, 2, 1), (1, 3, 3, 0)}
    assert constrained.f1 == 100
    assert constrained.any_problem == 0
    # it has learned its three texts by heart, and writes them as well
    assert free.f1 == 100
    assert free.any_problem == 0
