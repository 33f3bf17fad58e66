"""`python -m spacy halfree report`, as users run it."""

import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import spacy
from commands import run_command
from spacy.tokens import DocBin

report = partial(run_command, "report")


def test_in_a_subprocess(
    model_folder: Path, teacher_folder: Path, test_file: Path, tmp_path: Path
) -> None:
    output = tmp_path / "new" / "page.html"
    command = [sys.executable, "-m", "spacy", "halfree", "report", model_folder, test_file]
    options = ["--teacher", teacher_folder, "--output", output]
    result = subprocess.run([*map(str, [*command, *options])], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert "5 texts" in result.stdout
    assert "[W011] 1 texts" in " ".join(result.stdout.split())
    page = output.read_text(encoding="utf8")
    assert page.startswith("<!DOCTYPE html>")
    assert "Words per second" in page
    assert str(teacher_folder) in page
    assert [path.name for path in output.parent.iterdir()] == ["page.html"]


def test_the_same_bytes_again(model_folder: Path, test_file: Path, tmp_path: Path) -> None:
    pages = []
    for name in ("first.html", "second.html"):
        code, printed = report(model_folder, test_file, "--output", tmp_path / name, "--no-speed")
        assert code == 0, printed
        pages.append((tmp_path / name).read_bytes())
    assert pages[0] == pages[1]
    assert b"Words per second" not in pages[0]


def test_an_existing_file_is_kept(model_folder: Path, test_file: Path, tmp_path: Path) -> None:
    output = tmp_path / "page.html"
    output.write_text("mine", encoding="utf8")
    code, printed = report(model_folder, test_file, "--output", output)
    assert code == 1
    assert "[H024]" in printed
    assert output.read_text(encoding="utf8") == "mine"
    assert report(model_folder, test_file, "--output", output, "--overwrite")[0] == 0
    assert output.read_text(encoding="utf8") != "mine"


def test_without_matplotlib(
    model_folder: Path, test_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    output = tmp_path / "page.html"
    code, printed = report(model_folder, test_file, "--output", output)
    assert code == 0
    assert "[W010]" in printed
    assert "<svg" not in output.read_text(encoding="utf8")


def test_what_cannot_be_reported_on(model_folder: Path, test_file: Path, tmp_path: Path) -> None:
    output = tmp_path / "page.html"
    blank, damaged, empty = tmp_path / "blank", tmp_path / "damaged.spacy", tmp_path / "no.spacy"
    spacy.blank("en").to_disk(blank)
    damaged.write_bytes(b"no DocBin")
    DocBin().to_disk(empty)
    for model, data, number in (
        (blank, test_file, "[H021]"),
        (model_folder, damaged, "[H046]"),
        (model_folder, empty, "[H044]"),
        (tmp_path / "nowhere", test_file, "[E050]"),
    ):
        code, printed = report(model, data, "--output", output)
        assert code == 1
        assert number in printed
        assert "was not written" in printed
        assert not output.exists()
    code, printed = report(model_folder, test_file, "--output", tmp_path)
    assert code == 1
    assert "[H052]" in printed
