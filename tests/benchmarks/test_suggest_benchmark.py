"""The benchmark of suggestions: on a tiny corpus, and what is made of its cells."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import spacy
from spacy.tokens import DocBin

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("spacy_transformers")

from tiny_projects import copy_project, write_split

from benchmarks import suggest
from benchmarks.accuracy.results import Cell, append_cell
from benchmarks.accuracy.systems import TEACHER, training
from benchmarks.accuracy.tables import MixedRecipesError
from benchmarks.accuracy.workspace import Run
from benchmarks.suggest import (
    SuggestCell,
    SuggestedRun,
    append_result,
    measure,
    read_results,
    suggest_table,
)

CITIES = ("Rome", "Berlin", "Lima", "Oslo", "Accra")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a tiny encoder and a tiny corpus, and a teacher that is trained in no time."""
    copy_project(tmp_path, "configs", "scripts")
    for split, size in (("train", 40), ("valid", 50), ("test", 8)):
        # in ever other words, or else all but a few would be near-duplicates
        texts = [f"{chr(97 + i % 26) * (2 + i // 26)} to {CITIES[i % 5]} now" for i in range(size)]
        write_split(tmp_path / "assets" / "snips", split, texts, "O O B-city O")
    monkeypatch.chdir(tmp_path)
    short = replace(TEACHER, changes=training(max_steps=2, eval_frequency=1), encoder_steps=2)
    monkeypatch.setattr(suggest, "TEACHER", short)
    monkeypatch.setattr(suggest, "N_FIRST", 6)
    monkeypatch.setattr(suggest, "N_MORE", 4)
    return tmp_path


def read(path: Path) -> list[tuple[str, list[tuple[str, str]]]]:
    docs = DocBin().from_disk(path).get_docs(spacy.blank("en").vocab)
    return [(doc.text, [(ent.text, ent.label_) for ent in doc.ents]) for doc in docs]


@pytest.mark.slow
def test_first_texts_and_suggested_ones(place: Path) -> None:
    first = measure("first", "snips", 1, Path("nothing.jsonl"))
    found = measure("suggested", "snips", 1, Path("nothing.jsonl"))
    assert (first.words, first.entities) == (24, 6)
    assert (found.words, found.entities) == (40, 10)
    assert (first.cell.shots, found.cell.shots) == (6, 10)
    run = SuggestedRun("snips", "10", 1, "suggested")
    gold = read(run.texts / "gold.spacy")
    assert gold[:6] == read(Run("snips", "6", 1).texts / "gold.spacy")
    suggested = [
        json.loads(line)["text"]
        for line in (run.texts / "suggestions.jsonl").read_text().splitlines()
    ]
    assert [text for text, _ in gold[6:]] == suggested
    assert len({text for text, _ in gold}) == 10
    # with the corpus' own labels, whatever the teacher has found
    assert all(ents == [(text.split()[2], "city")] for text, ents in gold)
    before = (run.texts / "gold.spacy").stat().st_mtime_ns
    assert measure("suggested", "snips", 1, Path("nothing.jsonl")).cell.f1 == found.cell.f1
    assert (run.texts / "gold.spacy").stat().st_mtime_ns == before
    # cells of the accuracy table are taken, but for suggested texts
    known = replace(first.cell, f1=12.34)
    append_cell(Path("accuracy.jsonl"), known)
    assert measure("first", "snips", 1, Path("accuracy.jsonl")).cell == known


def make_cell(choice: str, seed: int, f1: float, words: int = 500) -> SuggestCell:
    names = ("precision", "recall", "dev_f1", "train_seconds", "words_per_second", "megabytes")
    cell = Cell(
        **{"corpus": "snips", "system": "teacher", "shots": 100, "seed": seed, "f1": f1},
        **dict.fromkeys(names, 1.0),
        **{"threads": 1, "config_hash": "a", "versions": {}},
    )
    return SuggestCell(choice, words, 250, cell)


def test_table_and_results(tmp_path: Path) -> None:
    path = tmp_path / "new" / "results.jsonl"
    assert read_results(path) == []
    assert len(suggest_table(path).splitlines()) == 2
    cells = [
        make_cell("suggested", 1, 63.0, 700),
        make_cell("random", 1, 60.0),
        make_cell("suggested", 2, 62.0, 900),
        make_cell("random", 2, 61.0),
        # its draw has no random cell yet, so it counts for no difference
        make_cell("suggested", 3, 64.0, 800),
        make_cell("first", 1, 50.0, 1250),
    ]
    for cell in cells:
        append_result(path, cell)
    assert [asdict(cell) for cell in read_results(path)] == [asdict(cell) for cell in cells]
    assert suggest_table(path).splitlines()[2:] == [
        "| SNIPS: 50 random texts | 50.0 |  | 1,250 | 250 | 1 |",
        "| SNIPS: and 50 random ones | 60.5 ± 0.7 |  | 500 | 250 | 2 |",
        "| SNIPS: **and 50 suggested ones** | 63.0 ± 1.0 | +2.0 ± 1.4 | 800 | 250 | 3 |",
    ]


def test_machines_and_recipes_are_not_mixed(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    elsewhere = make_cell("suggested", 1, 63.0)
    for cell in (
        replace(elsewhere, cell=replace(elsewhere.cell, processor="another")),
        make_cell("random", 1, 60.0),
    ):
        append_result(path, cell)
    assert "| SNIPS: **and 50 suggested ones** | 63.0 | - | 500" in suggest_table(path)
    other = make_cell("first", 1, 50.0)
    append_result(path, replace(other, cell=replace(other.cell, config_hash="b")))
    with pytest.raises(MixedRecipesError, match=r"\['a', 'b'\]"):
        suggest_table(path)
