"""The tables of docs/guarantees.md that say what each seam keeps are what happens."""

from __future__ import annotations

from importlib.util import find_spec

import pytest
from code_blocks import ROOT

from benchmarks.robustness.seams import HEADS, LIGHT, ROWS, make_table, read_rows
from benchmarks.robustness.toy_docs import is_close

PAGE = ROOT / "docs" / "guarantees.md"
NAMES = [(table, name) for table, rows in ROWS.items() for name in rows]


@pytest.fixture(scope="module")
def shown() -> dict[str, dict[str, list[str]]]:
    return read_rows(PAGE.read_text(encoding="utf8"))


def test_the_tables_have_every_row(shown: dict[str, dict[str, list[str]]]) -> None:
    assert {table: [*rows] for table, rows in shown.items()} == {
        table: [*rows] for table, rows in ROWS.items()
    }
    text = PAGE.read_text(encoding="utf8")
    for table, rows in shown.items():
        assert make_table(HEADS[table], rows.values()) in text


@pytest.mark.parametrize(("table", "name"), [own for own in NAMES if own[1] in LIGHT])
def test_light_seams(table: str, name: str, shown: dict[str, dict[str, list[str]]]) -> None:
    _, make_row = ROWS[table][name]
    assert make_row() == shown[table][name]


@pytest.mark.slow
@pytest.mark.parametrize(("table", "name"), [own for own in NAMES if own[1] not in LIGHT])
def test_other_seams(table: str, name: str, shown: dict[str, dict[str, list[str]]]) -> None:
    package, make_row = ROWS[table][name]
    if find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    assert make_row() == shown[table][name]


def test_values_that_differ_are_told_apart() -> None:
    assert is_close({"a": 0.5, "b": {"c": [0.25]}}, {"b": {"c": [0.25]}, "a": 0.500001})
    assert not is_close({"a": 0.5}, {"a": 0.51})
    assert not is_close({"a": 0.5}, {"b": 0.5})
    assert not is_close({"a": None}, {"a": None})
