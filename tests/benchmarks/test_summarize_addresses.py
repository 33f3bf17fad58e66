"""The addresses' table: nothing that is kept is replaced unless that is asked for."""

import json
from pathlib import Path

import pytest

from benchmarks.summarize_addresses import main


def report(folder: Path, seed: int, f1: float, megabytes: float) -> Path:
    result = {"system": "crf_gold", "f1": f1, "words_per_second": 1000, "megabytes": megabytes}
    path = folder / f"{seed}.json"
    path.write_text(json.dumps({"seed": seed, "results": [result]}), encoding="utf8")
    return path


def test_figures_are_kept_where_they_are_asked_for_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reports = [report(tmp_path, 2, 81.0, 0.04), report(tmp_path, 1, 80.0, 0.04)]
    monkeypatch.chdir(tmp_path)
    main(reports)
    row = capsys.readouterr().out.splitlines()[-1]
    assert "80.5 ± 0.7" in row
    assert "< 0.1" in row
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.json", "2.json"]
    main(reports, tmp_path / "kept" / "all.json")
    kept = json.loads((tmp_path / "kept" / "all.json").read_text(encoding="utf8"))
    assert [entry["seed"] for entry in kept] == [1, 2]
