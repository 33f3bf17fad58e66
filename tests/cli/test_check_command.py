"""`python -m spacy halfree check`, as users run it."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from spacy_halfree.cli.options import reading_bar

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


@pytest.mark.parametrize(
    ("offset", "unit"), [(8, None), (8, "utf-16"), (6, "code-points"), (5, "graphemes")]
)
def test_the_unit_of_offsets(tmp_path: Path, offset: int, unit: str | None) -> None:
    text = "\U0001f600\U0001f600 e\u0301 Rome"
    row = {"text": text, "label": [[offset, offset + 4, "CITY"]]}
    good = [{"text": own["text"], "label": []} for own in GOOD]
    path = write(tmp_path / "train.jsonl", [*good, row])
    code, output = run(path, *(() if unit is None else ("--offsets", unit)))
    assert code == 0, output
    assert ("[W023]" in output) == (unit is None)
    if unit is not None:
        others = {"utf-16", "code-points", "graphemes"} - {unit}
        assert all(run(path, "--offsets", other)[0] == 1 for other in others)


def test_a_unit_that_is_none(tmp_path: Path) -> None:
    code, output = run(write(tmp_path / "train.jsonl", GOOD), "--offsets", "bytes")
    assert code == 2
    assert "graphemes" in output


@pytest.mark.parametrize("name", ["train.csv", "train.spacy"])
def test_a_file_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("something", encoding="utf8")
    code, output = run(path)
    assert code == 1
    assert "The files were not checked" in output
    assert "Traceback" not in output


class Terminal(io.StringIO):
    """Takes what is printed, and says that somebody sees it."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("stream", "is_shown"), [(Terminal(), True), (io.StringIO(), False)])
def test_records_are_counted_on_terminals_only(
    monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, is_shown: bool
) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    with reading_bar() as bar:
        bar.delay = 0
        bar.update(3)
        bar.refresh()
    assert ("Records read: 3 [00:00, " in stream.getvalue()) == is_shown
    assert bool(stream.getvalue()) == is_shown
