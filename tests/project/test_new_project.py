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
NAME = "-p 'q' \"d\" \\ $x ${x} {y} {{z}} %(w)s #é \U0001f600\nnew"
"""A folder with everything in its name that shells, YAML, templates and configs take for theirs."""
ENCODER = "-an encoder's {x} {{y}} %(z)s #é \U0001f600"
"""The same, but for what spaCy's projects cannot hold in a variable."""
STEPS = {"encoder_steps": 4, "teacher_steps": 40, "student_steps": 6}


def make_encoder(folder: Path, teacher: str) -> str:
    """A tiny model of the kind that teachers start from, and its path."""
    if teacher == "t5":
        shutil.copytree(saved("t5"), folder / ENCODER)
    else:
        write_encoder(folder / ENCODER)
    return f"./{ENCODER}"


# about 70 seconds of processor time, most of which goes to starting Python nine times
@pytest.mark.slow
@pytest.mark.parametrize("teacher", ["aligned", "t5"])
def test_a_new_project_runs(tmp_path: Path, teacher: str) -> None:
    lines = []
    for i in range(24):
        city = CITIES[i % len(CITIES)]
        lines.append(json.dumps({"text": f"{city} {i}", "label": [[0, len(city), "CITY"]]}))
    labelled, texts, code = (f"{NAME}{suffix}" for suffix in (".jsonl", ".raw", ".py"))
    (tmp_path / labelled).write_text("\n".join(lines), encoding="utf8")
    raw = [f"{CITIES[i % len(CITIES)]} {i}" for i in range(20, 50)]
    (tmp_path / texts).mkdir()
    (tmp_path / texts / f"{NAME}.txt").write_text("\n".join(raw), encoding="utf8")
    (tmp_path / code).write_text("import spacy\n", encoding="utf8")
    spacy.blank("en").to_disk(tmp_path / f"{NAME}.model")
    folder = tmp_path / NAME
    command = [sys.executable, "-m", "spacy", "halfree", "init", str(folder)]
    files = [f"--labelled=./{labelled}", f"--raw=./{texts}", f"--code=./{code}"]
    tokenizer = f"--tokenizer-from=./{NAME}.model"
    model = [tokenizer, "--teacher", teacher, "--encoder", make_encoder(tmp_path, teacher)]
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
    assert wheel.name == "en_p_q_d_x_x_y_z_w_s_new_tagger-0.1.0-py3-none-any.whl"
