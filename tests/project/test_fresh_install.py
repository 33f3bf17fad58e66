"""The student's wheel in a fresh virtual environment; and the real downloads."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest
import spacy
import srsly
from spacy.cli.package import package
from spacy.training import Example

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import importlib.resources, importlib.util, spacy
assert importlib.util.find_spec("torch") is None
assert importlib.util.find_spec("transformers") is None
files = importlib.resources.files("spacy_halfree.project")
assert (files / "configs" / "student_first_order.cfg").is_file()
assert (files / "templates" / "project.yml.jinja").is_file()
doc = spacy.load("en_city_tagger")("From Berlin to Rome")
print([(ent.text, ent.label_) for ent in doc.ents])
"""


@pytest.mark.slow
def test_wheel_installs_and_runs_without_torch(tmp_path: Path) -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("halfree_tagger")
    doc = nlp.make_doc("From Berlin to Rome")
    examples = [Example.from_dict(doc, {"entities": [(5, 11, "CITY"), (15, 19, "CITY")]})]
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(30):
        nlp.update(examples, sgd=optimizer)
    nlp.to_disk(tmp_path / "pipeline")
    package(
        tmp_path / "pipeline",
        tmp_path,
        name="city_tagger",
        version="0.1.0",
        create_wheel=True,
        create_sdist=False,
    )
    (wheel,) = tmp_path.rglob("*.whl")
    assert wheel.stat().st_size < 8_000_000
    venv.create(tmp_path / "fresh", with_pip=True)
    python = tmp_path / "fresh" / ("Scripts" if os.name == "nt" else "bin") / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", str(ROOT), str(wheel)], check=True)
    done = subprocess.run(
        [python, "-c", PROGRAM], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[('Berlin', 'CITY'), ('Rome', 'CITY')]"


@pytest.mark.slow
@pytest.mark.parametrize("artefact", ["addresses", "minilm"])
def test_fetch_gets_what_the_project_names(artefact: str, tmp_path: Path) -> None:
    script = ROOT / "scripts" / "fetch.py"
    command = [sys.executable, str(script), artefact, str(tmp_path / artefact)]
    subprocess.run(command, check=True)
    assets = srsly.read_yaml(ROOT / "project.yml")["assets"]
    named = [Path(asset["dest"]).name for asset in assets if artefact in asset["dest"]]
    assert sorted(file.name for file in (tmp_path / artefact).iterdir()) == sorted(named)
