"""Damaged files of every format: a small run, and what the run would see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from benchmarks.robustness import mutated_files
from benchmarks.robustness.mutated_files import Violation, readers, run_reader, try_file
from benchmarks.robustness.mutations import damage
from benchmarks.robustness.valid_files import ValidFile, valid_files
from spacy_halfree.data.file_formats import ANNOTATED, RAW
from spacy_halfree.data.records import AnnotatedText, InvalidRecord, LabelledSpan

pytest.importorskip("pyarrow")
pytest.importorskip("cassis")
N_FILES = 20
NAMES = tuple(readers())
OUTCOMES = {"files", "read", "skipped", "invalid", "refused"}


def test_every_reader_is_tried() -> None:
    raw = {f"raw {suffix}" for own in RAW for suffix in own.suffixes}
    assert set(NAMES) == {*raw, *ANNOTATED, "soft labels", "manifest"}
    assert set(valid_files()) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_files_are_valid_before_they_are_damaged(name: str, tmp_path: Path) -> None:
    for number, file in enumerate(valid_files()[name]):
        for seed in range(3):
            folder = tmp_path / f"{number}-{seed}"
            folder.mkdir()
            counts = try_file(readers()[name], folder, file, Random(seed))
            assert counts["read"] > 0, file.name
            assert set(counts) <= {"read", "skipped"}


@pytest.mark.parametrize("name", NAMES)
def test_damaged_files(name: str) -> None:
    counts = run_reader(name, N_FILES, seed=0)
    assert counts["files"] == N_FILES
    assert set(counts) <= OUTCOMES
    # some are still read, and some are not
    assert counts["read"]
    assert counts["invalid"] + counts["refused"]


def test_the_same_seed_makes_the_same_damage() -> None:
    (file,) = valid_files()["webanno"]
    made = [damage(file, (file.content,), Random(seed)) for seed in (1, 1, *range(2, 30))]
    assert made[0] == made[1]
    assert len(set(made)) > 20
    assert sum(own != file.content for own in made) > 20


def raises(error: Exception) -> Callable[..., Any]:
    def read(*_: Any) -> Any:
        raise error

    return read


def record(text: str, *spans: LabelledSpan) -> AnnotatedText:
    return AnnotatedText(1, mutated_files.NLP.make_doc(text), spans)


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        (raises(IndexError("out of range")), "IndexError: out of range"),
        (raises(ValueError("without a number")), "ValueError: without a number"),
        (lambda *_: [InvalidRecord("a", 1, "")], "Violation: an empty message"),
        (lambda *_: [InvalidRecord("a", 0, "is bad")], "Violation: a record without its place"),
        (lambda *_: [], "Violation: values that are neither read nor named"),
    ],
)
def test_violations_are_seen(
    monkeypatch: pytest.MonkeyPatch, read: Callable[..., Any], expected: str
) -> None:
    monkeypatch.setattr(mutated_files, "read_annotated_texts", read)
    counts = run_reader("prodigy", 40, seed=0)
    assert counts[expected] > 0
    assert set(counts) <= {"files", expected}


def test_spans_that_are_lost_or_outside_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(text: AnnotatedText) -> Any:
        return type("Gold", (), {"doc": text.doc, "left_out": ()})()

    assert mutated_files.check_record(record("Rome is", LabelledSpan(0, 4, "A"))) == "read"
    # left out, as it is outside
    assert mutated_files.check_record(record("Rome is", LabelledSpan(0, 40, "A"))) == "read"
    monkeypatch.setattr(mutated_files, "make_gold", lose)
    with pytest.raises(Violation, match="neither read nor left out"):
        mutated_files.check_record(record("Rome is", LabelledSpan(0, 4, "A")))


def test_a_numbered_error_is_no_violation(tmp_path: Path) -> None:
    file = ValidFile("a.json", b"")
    counts = try_file(raises(ValueError("[H046] Cannot read.")), tmp_path, file, Random(0))
    assert counts == Counter(refused=1)
