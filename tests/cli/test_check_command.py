"""`python -m spacy halfree check`, as users run it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "spacy", "halfree", "check"]
GOOD = [{"text": f"play song {i} now", "spans": [[5, 9, "WHAT"]]} for i in range(60)]


def write(path: Path, entries: list[dict]) -> Path:
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries), encoding="utf8")
    return path


def run(*arguments: object) -> tuple[int, str]:
    result = subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True)
    return result.returncode, result.stdout + result.stderr


def test_nothing_wrong(tmp_path: Path) -> None:
    code, output = run(write(tmp_path / "train.jsonl", GOOD))
    assert code == 0, output
    assert "No text or span is wrong" in output
    counts = [line.split() for line in output.splitlines()]
    assert ["texts", "60"] in counts
    assert ["WHAT", "60"] in counts


def test_a_single_problem(tmp_path: Path) -> None:
    cut = {"text": "play tune", "spans": [[5, 8, "WHAT"]]}
    code, output = run(write(tmp_path / "train.jsonl", [*GOOD, cut]))
    assert code == 1
    assert "1 problem" in output
    assert "1 problems" not in output


def test_problems_are_shown_and_written(tmp_path: Path) -> None:
    cut = [{"text": f"play tune {i}", "spans": [[5, 8, "WHAT"]]} for i in range(7)]
    train = write(tmp_path / "train.jsonl", [*GOOD, *cut])
    dev = write(tmp_path / "dev.jsonl", [GOOD[3], {"text": "go", "spans": [[0, 2, "NEW"]]}])
    found = tmp_path / "new" / "problems.jsonl"
    code, output = run(train, "--dev", dev, "--output", found)
    assert code == 1
    # long lines are wrapped
    output = " ".join(output.split())
    assert "not aligned with tokens (7)" in output
    assert "... and 2 more" in output
    assert "text of two files (1)" in output
    assert "NEW" in output
    assert "8 problems" in output
    problems = [json.loads(line) for line in found.read_text(encoding="utf8").splitlines()]
    assert [problem["file"] for problem in problems] == [str(train)] * 7 + [str(dev)]
    assert problems[0] == {
        "file": str(train),
        "number": 61,
        "kind": "not aligned with tokens",
        "reason": "'tun' cuts the tokens 'tune'",
        "text": "play tune 0",
        "start": 5,
        "end": 8,
        "label": "WHAT",
    }


@pytest.mark.parametrize("name", ["train.csv", "train.spacy"])
def test_a_file_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("something", encoding="utf8")
    code, output = run(path)
    assert code == 1
    assert "The files were not checked" in output
    assert "Traceback" not in output
