"""Processes with so many threads, their memory, and where figures come from."""

import json
import os
import subprocess
from pathlib import Path

import pytest
import spacy
from spacy.tokens import DocBin

pytest.importorskip("torch")
pytest.importorskip("matplotlib")

from benchmarks.origin import describe_origin, find_commit
from benchmarks.speed import memory
from benchmarks.speed.plots import plot_memory
from benchmarks.speed.process_memory import peak_megabytes, resident_megabytes
from benchmarks.speed.processes import COUNTS, run_with_threads

TEXTS = [f"play song{i} now" for i in range(40)]


def threads_of_libraries(*names: str) -> tuple[int, list[str | None]]:
    import torch

    return torch.get_num_threads(), [os.environ.get(name) for name in names]


def test_libraries_are_told_the_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("RAYON_NUM_THREADS", raising=False)
    names = [*COUNTS, "TOKENIZERS_PARALLELISM"]
    for number in (1, 2):
        found = run_with_threads(number, threads_of_libraries, *names)
        assert found == (number, [str(number)] * len(COUNTS) + ["false"])
    # this process goes on as it was
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "RAYON_NUM_THREADS" not in os.environ


def test_memory_of_this_process() -> None:
    assert 20 < resident_megabytes() <= peak_megabytes()


def test_a_commit_is_that_of_the_code(tmp_path: Path) -> None:
    def git(*arguments: str) -> str:
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        command = ["git", *identity, *arguments]
        done = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    assert find_commit(tmp_path) is None
    results = tmp_path / "benchmarks" / "results" / "rows.jsonl"
    results.parent.mkdir(parents=True)
    code = tmp_path / "code" / "a.py"
    code.parent.mkdir()
    for path in (results, code):
        path.write_text("old")
    git("init")
    git("add", ".")
    git("commit", "-m", "first")
    commit = git("rev-parse", "HEAD")
    assert find_commit(code.parent) == commit
    # what measuring writes
    results.write_text("new")
    assert find_commit(code.parent) == commit
    code.write_text("new")
    assert find_commit(code.parent) == f"{commit}+"
    assert find_commit(results.parent) == f"{commit}+"


def test_figures_say_where_they_come_from() -> None:
    origin = describe_origin()
    assert origin.keys() == {"started", "commit", "processor", "versions"}
    assert origin["started"].endswith("+00:00")


def test_memory_is_measured_and_drawn(folder: Path, tmp_path: Path) -> None:
    nlp = spacy.blank("en")
    DocBin(docs=[nlp.make_doc(text) for text in TEXTS]).to_disk(tmp_path / "texts.spacy")
    results = tmp_path / "results" / "memory.json"
    memory.main(folder, tmp_path / "texts.spacy", words=10_000, results=results)
    found = json.loads(results.read_text(encoding="utf8"))
    assert found["threads"] == 1
    assert list(found["curves"]) == list(memory.CURVES)
    for points in found["curves"].values():
        assert points[-1][0] >= 10_000
        assert all(20 < megabytes < 4000 for _, megabytes in points)
    lines = memory.memory_table(results).splitlines()[2:]
    assert [line.split(" | ")[0] for line in lines] == [f"| {name}" for name in memory.CURVES]
    plot_memory(results, tmp_path / "images" / "memory.svg")
    assert "words tagged so far" in (tmp_path / "images" / "memory.svg").read_text(encoding="utf8")


def test_growth_is_that_of_the_second_half() -> None:
    assert memory.growth([(0, 0.0), (1_000, 500.0), (200_000, 600.0), (300_000, 603.0)]) == (
        pytest.approx(3.0)
    )
    assert memory.growth([(1_000, 500.0)]) is None
