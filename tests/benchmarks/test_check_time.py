"""The time of `check` in two builds."""

import json
from pathlib import Path

import pytest

from benchmarks import check_time
from benchmarks.check_inputs import CASES, write_case
from benchmarks.check_process import MEASURES
from benchmarks.speed.builds import ROOT


def test_a_build_beside_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = tmp_path / "results.json"
    check_time.main(before=ROOT, rounds=1, case=["untagged"], results=results)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == [f"untagged, {name}" for name in MEASURES]
    assert all(line.endswith("the same output") for line in lines)
    found = json.loads(results.read_text(encoding="utf8"))
    assert list(found["cases"]["untagged"]) == list(MEASURES)


def test_what_is_measured_is_wrong_as_it_should_be(tmp_path: Path) -> None:
    kinds = {
        name: {kind for kind, *_ in MEASURES["check_file"](write_case(tmp_path, name))()[0]}
        for name in CASES
    }
    assert kinds == {
        "misaligned": {"not aligned with tokens"},
        "nested": {"overlapping spans"},
        "labels": set(),
        "untagged": set(),
    }


def test_what_is_printed() -> None:
    answers: check_time.Answers = {
        "before": [(4.0, "a"), (6.0, "a")],
        "current": [(1.0, "a"), (3.0, "b")],
    }
    assert check_time.describe(check_time.compare(answers)) == (
        "3.0 times as fast (2.0 to 4.0), 2.0 s instead of 5.0 s; ANOTHER output"
    )
