"""Halves of surrogate pairs in texts and labels, and names of files that are not UTF-8."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from commands import run_command

GOOD = [
    {"text": f"Find bars in Zürich {n}", "spans": [{"start": 13, "end": 19, "label": "地点"}]}
    for n in range(20)
]
BAD = [
    {"text": "half \ud83d in Zürich", "spans": [{"start": 0, "end": 4, "label": "A"}]},
    {"text": "Find Zürich", "spans": [{"start": 5, "end": 11, "label": "\ud800"}]},
]
HARMLESS = {**GOOD[0], "text": "Find bars in Zürich again", "\ud800": "\udfff", "id": ["\ud83d"]}
RAW = [{"text": f"Find bars in Oslo {n}"} for n in range(9)]
BAD_RAW = [{"text": "half \ud83d"}, {"words": ["a", "\ud83d"]}, {"text": "a", "id": "\ud83d"}]
OTHER = os.fsdecode(b"caf\xe9")
"""A name that is not UTF-8."""


def write(path: Path, values: list[dict]) -> Path:
    path.write_text("".join(f"{json.dumps(value)}\n" for value in values), encoding="utf8")
    return path


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    return write(tmp_path / "gold.jsonl", [*GOOD, *BAD, HARMLESS])


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    return write(tmp_path / "raw.jsonl", [*RAW, *BAD_RAW, {"text": "the last", "\ud800": "\ud800"}])


def test_halves_of_surrogate_pairs(gold: Path, raw: Path, model: Path, tmp_path: Path) -> None:
    problems, summary = tmp_path / "problems.jsonl", tmp_path / "summary.json"
    code, printed = run_command(
        *("check", gold, "--raw", raw, "--output", problems, "--summary", summary)
    )
    assert code == 1
    assert "5 problems" in printed
    entries = [json.loads(line) for line in problems.read_text("utf8").splitlines()]
    assert [entry["number"] for entry in entries] == [21, 22, 10, 11, 12]
    assert all("half of a surrogate pair" in entry["reason"] for entry in entries)
    counts = {own["name"]: own["texts"] for own in json.loads(summary.read_text("utf8"))["files"]}
    assert counts == {str(gold): 21, str(raw): 10}
    project = tmp_path / "project"
    code, printed = run_command("init", project, "--labelled", gold, "--raw", raw)
    assert code == 0, printed
    assert "[W013] All problems (5)" in printed
    more = write(tmp_path / "more.jsonl", [BAD[0], {**GOOD[0], "text": "More of Zürich here"}])
    code, printed = run_command("init", project, "--update", "--labelled", more, "--raw", raw)
    assert code == 0, printed
    assert "(1 new)" in printed
    code, printed = run_command("annotate", model, raw, tmp_path / "soft.spacy")
    assert "Annotated 10 texts" in printed
    code, printed = run_command(
        *("suggest", model, "--raw", raw, "--labelled", gold, "-o", tmp_path / "a.jsonl")
    )
    assert code == 0, printed
    assert f"[W001] {gold}, line 21" in printed
    assert "line 12: skipped" in printed


@pytest.mark.parametrize("name", ["report", "calibrate"])
def test_the_rest_is_scored(
    name: str, gold: Path, model: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    options = ("-o", tmp_path / "r.html") if name == "report" else ("--dry-run",)
    code, printed = run_command(name, model, gold, *options)
    assert code == 0, printed
    (warning,) = [own for own in caplog.messages if "[W049]" in own]
    assert f"[W049] 2 records of {gold}" in warning
    assert f"{gold}, number 21: it holds half of a surrogate pair" in warning


def test_names_that_are_not_utf8(gold: Path, raw: Path, model: Path, tmp_path: Path) -> None:
    other = tmp_path / OTHER
    try:
        other.mkdir()
    except OSError:
        pytest.skip("this file system has no such names")
    odd_gold, odd_raw = other / "gold.jsonl", other / "raw.jsonl"
    odd_gold.write_bytes(gold.read_bytes())
    odd_raw.write_bytes(raw.read_bytes())
    refused = {
        "[H046]": ("check", odd_gold),
        "[H019]": ("check", gold, "--raw", other),
        "[H148]": ("init", other / "project", "--labelled", gold, "--raw", raw),
    }
    for number, arguments in refused.items():
        code, printed = run_command(*arguments)
        assert code == 1
        assert number in printed
        assert r"caf\xe9" in printed
    for arguments in (
        ("check", gold, "--output", other / "problems.jsonl", "--summary", other / "s.json"),
        ("annotate", model, raw, other / "soft.spacy"),
        ("suggest", model, "--raw", raw, "-o", other / "a.jsonl"),
        ("report", model, gold, "-o", other / "r.html"),
    ):
        _, printed = run_command(*arguments)
        assert r"caf\xe9" in printed, printed
    assert {own.name for own in other.iterdir()} >= {
        *("problems.jsonl", "s.json", "soft.spacy", "a.jsonl", "r.html"),
    }
