"""A project that `init` has written runs from its labelled texts to a wheel."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import spacy
import srsly
from tiny_encoder import write_encoder
from tiny_seq2seq import saved
from weasel.cli.run import project_run

pytest.importorskip("torch")
pytest.importorskip("accelerate")
pytest.importorskip("spacy_transformers")

CITIES = ("rome", "paris", "oslo")
STEPS = {"encoder_steps": 4, "teacher_steps": 40, "student_steps": 6}


def make_encoder(folder: Path, teacher: str) -> str:
    """A tiny model of the kind that teachers start from, in a folder with a space in its name."""
    if teacher == "t5":
        shutil.copytree(saved("t5"), folder / "an encoder")
    else:
        write_encoder(folder / "an encoder")
    return "an encoder"


# about 70 seconds of processor time, most of which goes to starting Python nine times
@pytest.mark.slow
@pytest.mark.parametrize("teacher", ["aligned", "t5"])
def test_a_new_project_runs(tmp_path: Path, teacher: str) -> None:
    lines = []
    for i in range(24):
        city = CITIES[i % len(CITIES)]
        lines.append(json.dumps({"text": f"{city} {i}", "label": [[0, len(city), "CITY"]]}))
    (tmp_path / "labelled.jsonl").write_text("\n".join(lines), encoding="utf8")
    raw = [f"{CITIES[i % len(CITIES)]} {i}" for i in range(20, 50)]
    (tmp_path / "raw.txt").write_text("\n".join(raw), encoding="utf8")
    folder = tmp_path / "my project"
    command = [sys.executable, "-m", "spacy", "halfree", "init", str(folder)]
    files = ["--labelled", "labelled.jsonl", "--raw", "raw.txt"]
    model = ["--teacher", teacher, "--encoder", make_encoder(tmp_path, teacher)]
    done = subprocess.run(
        [*command, *files, *model, "--test", "4"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    known = srsly.read_yaml(folder / "project.yml")["vars"]
    steps = {f"vars.{name}": value for name, value in STEPS.items() if name in known}
    project_run(folder, "all", overrides=steps, capture=True)
    for name in ("teacher", "student"):
        scores = srsly.read_json(folder / "metrics" / f"{name}.json")
        assert 0 <= scores["ents_f"] <= 1
    student = spacy.load(folder / "training" / "student" / "model-best")
    assert student.get_pipe("halfree_tagger").labels == ("CITY",)
    (wheel,) = folder.rglob("*.whl")
    assert wheel.name == "en_my_project_tagger-0.1.0-py3-none-any.whl"
