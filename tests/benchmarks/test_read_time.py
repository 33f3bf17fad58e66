"""The time of reading in two builds."""

import json
from pathlib import Path

import pytest

from benchmarks import read_time
from benchmarks.read_process import MEASURES, drain
from benchmarks.speed.builds import ROOT


def test_a_build_beside_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = tmp_path / "results.json"
    read_time.main(before=ROOT, rows=100, rounds=1, results=results)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["before", "current", "peak memory"]
    found = json.loads(results.read_text(encoding="utf8"))
    assert set(found["to_json_loads"]) == {"before", "current"}
    assert list(found["peak_megabytes"]) == ["1", "10", "100"]


@pytest.mark.parametrize("measure", MEASURES)
def test_all_rows_are_read(tmp_path: Path, measure: str) -> None:
    path = read_time.write_rows(tmp_path / "rows.jsonl", 7)
    assert drain(MEASURES[measure](path)) == (7, 7)
