"""Kinds of mistakes, and recall by the number of examples."""

from pathlib import Path

import pytest
import spacy
from spacy.tokens import Doc, Span

pytest.importorskip("torch")
pytest.importorskip("transformers")

from benchmarks.accuracy.mistakes import count_mistakes, mistakes_table, recall_table
from benchmarks.json_results import write_json

WORDS = ["a", "b", "c", "d", "e", "f", "g", "h"]


def make_doc(*spans: tuple[int, int, str]) -> Doc:
    doc = Doc(spacy.blank("en").vocab, words=WORDS)
    doc.set_ents([Span(doc, start, end, label=label) for start, end, label in spans])
    return doc


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        ([(1, 3, "X")], "right"),
        ([(1, 3, "Y")], "label"),
        ([(1, 4, "X")], "bounds"),
        ([(2, 3, "X")], "bounds"),
        ([(2, 4, "Y")], "both"),
        # one of several that touch it has its label
        ([(0, 2, "Y"), (2, 3, "X")], "bounds"),
        # what ends where it begins does not touch it
        ([(0, 1, "X"), (3, 5, "X")], "missed"),
        ([], "missed"),
    ],
)
def test_kinds(found: list[tuple[int, int, str]], kind: str) -> None:
    counted = count_mistakes([(make_doc(*found), make_doc((1, 3, "X")))], {})["kinds"]
    spurious = 200.0 if kind == "missed" and found else 0.0
    expected = dict.fromkeys(counted, 0.0) | {kind: 100.0, "spurious": spurious}
    assert counted == expected


def test_recall_by_the_number_of_examples() -> None:
    gold = make_doc((0, 1, "UNSEEN"), (1, 2, "RARE"), (2, 3, "RARE"), (4, 5, "OFTEN"))
    predicted = make_doc((1, 2, "RARE"), (2, 3, "OFTEN"), (4, 5, "OFTEN"), (6, 7, "OFTEN"))
    counted = count_mistakes([(predicted, gold)], {"RARE": 3, "OFTEN": 11})
    assert counted["recall"] == {
        "none": {"entities": 1, "right": 0.0},
        "1 to 3": {"entities": 2, "right": 50.0},
        "more": {"entities": 1, "right": 100.0},
    }
    assert counted["kinds"]["spurious"] == 25.0


def test_texts_without_entities() -> None:
    counted = count_mistakes([(make_doc(), make_doc())], {})
    assert set(counted["kinds"].values()) == {0.0}
    assert counted["recall"] == {}


def test_tables(tmp_path: Path) -> None:
    gold = make_doc((1, 3, "X"))
    found = count_mistakes([(gold, gold)], {"X": 5})
    write_json(tmp_path / "mistakes.json", {"snips": {"student_first_order_soft": found}})
    (row,) = mistakes_table(tmp_path / "mistakes.json").splitlines()[2:]
    assert row == (
        "| SNIPS: our CNN, distilled with soft labels | 100.0 | 0.0 | 0.0 | 0.0 | 0.0 | 0.0 |"
    )
    (row,) = recall_table(tmp_path / "mistakes.json").splitlines()[2:]
    assert row.endswith("| - | - | 100.0 % of 1 | - |")
    head = recall_table(tmp_path / "mistakes.json").splitlines()[0]
    assert head.startswith("| corpus, model | no example | 1 to 3 examples |")
    assert "| wrong bounds alone |" in mistakes_table(tmp_path / "mistakes.json").splitlines()[0]
    assert len(mistakes_table(tmp_path / "none.json").splitlines()) == 2
