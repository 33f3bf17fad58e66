"""Two builds side by side: speed and output."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from benchmarks.origin import run_git
from benchmarks.speed import previous_build
from benchmarks.speed.build_process import BuildProcess
from benchmarks.speed.builds import ROOT, copy_current

HEAD = run_git(ROOT, "rev-parse", "HEAD")
TEXTS = [f"play song{i} now" for i in range(40)]


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The current build in a folder of its own."""
    path = tmp_path_factory.mktemp("builds") / "current"
    copy_current(path)
    return path


@pytest.mark.skipif(HEAD is None, reason="not in a checkout")
def test_a_commit_and_the_code_as_it_is(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "texts.txt").write_text("\n".join(TEXTS), encoding="utf8")
    results = tmp_path / "results" / "previous_build.json"
    previous_build.main(
        previous="HEAD",
        student=folder,
        teacher=[folder, folder],
        texts=tmp_path / "texts.txt",
        rounds=1,
        seconds=0.01,
        n_hashed=20,
        measure=["tagging", "all_teachers"],
        results=results,
    )
    found = json.loads(results.read_text(encoding="utf8"))
    assert (found["previous"], found["rounds"], found["teachers"]) == (HEAD, 1, 2)
    assert "one_teacher" not in found
    for measure, n_hashed in {"tagging": 40, "all_teachers": 20}.items():
        figures = found[measure]
        assert (figures["n_hashed"], figures["n_texts"] % 64) == (n_hashed, 0)
        for ratio in (figures["current_by_previous"], figures["by_processor_time"]):
            assert ratio["least"] == ratio["median"] == ratio["greatest"] > 0
        hashes = figures["sha256"]
        assert [len(own) for own in hashes.values()] == [64, 64]
        assert figures["same_output"] == (hashes["previous"] == hashes["current"])


def test_a_build_has_its_own_entry_points(build: Path) -> None:
    points = next(build.glob("*.dist-info")) / "entry_points.txt"
    content = points.read_text(encoding="utf8")
    added = "halfree.OnlyHere.v1 = spacy_halfree.about:__version__"
    points.write_text(content.replace("[spacy_misc]", f"[spacy_misc]\n{added}"), encoding="utf8")
    code = (
        "from importlib.metadata import entry_points\n"
        "for name in sorted(point.name for point in entry_points(group='spacy_misc')): print(name)"
    )
    try:
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=build, capture_output=True, text=True, check=True
        )
    finally:
        points.write_text(content, encoding="utf8")
    names = done.stdout.split()
    assert "halfree.OnlyHere.v1" in names
    assert names.count("halfree.TagOnlyFormat.v1") == 1


def test_another_build_is_noticed(build: Path, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "benchmarks").symlink_to(ROOT / "benchmarks")
    (tmp_path / "spacy_halfree").symlink_to(build / "spacy_halfree")
    (tmp_path / "texts.json").write_text("[]", encoding="utf8")
    with pytest.raises(RuntimeError, match="was imported, which is not in"):
        BuildProcess(tmp_path, "tagging", tmp_path / "texts.json", [folder])


def test_what_is_printed() -> None:
    figures = {
        "current_by_previous": {"median": 0.95, "least": 0.9, "greatest": 1.0},
        "by_processor_time": {"median": 0.96, "least": 0.9, "greatest": 1.0},
        "same_output": False,
    }
    assert previous_build.describe("tagging", figures) == (
        "tagging: 0.950 times the speed before (0.900 to 1.000, less than 0.97), "
        "0.960 by processor time; ANOTHER OUTPUT"
    )
    figures = figures | {
        "current_by_previous": {"median": 1.0, "least": 0.9, "greatest": 1.1},
        "same_output": True,
    }
    assert previous_build.describe("tagging", figures) == (
        "tagging: 1.000 times the speed before (0.900 to 1.100), "
        "0.960 by processor time; the same output"
    )
