"""`python -m spacy halfree calibrate`, on pipelines on disk."""

import json
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import spacy
from commands import run_command
from spacy.tokens import DocBin
from toy_pipelines import TEXTS, annotation, make_examples, make_nlp, train

from spacy_halfree.pipeline.serialization import read_settings, write_settings

calibrate = partial(run_command, "calibrate")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    nlp, _ = make_nlp()
    train(nlp, make_examples(nlp), 12)
    nlp.to_disk(tmp_path / "model")
    return tmp_path / "model"


@pytest.fixture
def dev(tmp_path: Path) -> Path:
    nlp = spacy.blank("en")
    docs = [example.reference for example in make_examples(nlp)]
    DocBin(docs=docs * 3).to_disk(tmp_path / "dev.spacy")
    return tmp_path / "dev.spacy"


def calibration(model: Path) -> float:
    return json.loads((model / "halfree_tagger" / "cfg").read_text(encoding="utf8"))["calibration"]


def test_in_a_subprocess(model: Path, dev: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    before = spacy.load(model)
    command = [sys.executable, "-m", "spacy", "halfree", "calibrate", model, dev]
    diagram = tmp_path / "diagram.png"
    result = subprocess.run(
        [*map(str, command), "--diagram", str(diagram)], capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    found = re.search(r"Temperature ([\d.]+)", result.stdout)
    assert found
    assert calibration(model) == float(found[1]) != 1.0
    assert diagram.exists()
    assert not list(model.rglob("*.partial"))
    # what is tagged is the same, how sure it is is not
    after = spacy.load(model)
    assert after.get_pipe("halfree_tagger").calibration == calibration(model)
    confidences = []
    for nlp in (before, after):
        docs = list(nlp.pipe(TEXTS))
        confidences.append([ent._.confidence for doc in docs for ent in doc.ents])
    assert confidences[0] != confidences[1]
    for text in TEXTS:
        assert annotation(before(text), "ents") == annotation(after(text), "ents")


def test_calibrating_twice_changes_nothing(model: Path, dev: Path) -> None:
    assert calibrate(model, dev)[0] == 0
    first = calibration(model)
    assert calibrate(model, dev)[0] == 0
    assert calibration(model) == first


def test_dry_run(model: Path, dev: Path) -> None:
    code, output = calibrate(model, dev, "--dry-run")
    assert code == 0
    assert "calibration error" in output
    assert calibration(model) == 1.0


@pytest.mark.parametrize("name", ["diagram.txt", "diagram"])
def test_a_diagram_of_an_unknown_kind(model: Path, dev: Path, tmp_path: Path, name: str) -> None:
    pytest.importorskip("matplotlib")
    code, printed = calibrate(model, dev, "--diagram", tmp_path / name)
    assert code == 1
    assert "[H105]" in printed
    assert ".png" in printed
    assert calibration(model) == 1.0


def test_spans_that_are_left_out_are_counted(model: Path, tmp_path: Path) -> None:
    """Here one of them ends inside of a token."""
    export = tmp_path / "dev.jsonl"
    rows = []
    for text in TEXTS:
        doc = spacy.load(model)(text)
        rows.append(
            {"text": text, "spans": [[e.start_char, e.end_char, e.label_] for e in doc.ents]}
        )
    n_spans = sum(len(row["spans"]) for row in rows)
    first = next(row for row in rows if row["spans"])
    first["spans"][0][1] -= 1
    export.write_text("\n".join(map(json.dumps, rows)), encoding="utf8")
    code, printed = calibrate(model, export, "--dry-run")
    assert code == 0, printed
    assert f"[W024] 1 of {n_spans} labelled spans" in printed
    # also if there is nothing else to calibrate with
    export.write_text('{"text": "Find bars", "spans": [[1, 3, "A"]]}\n', encoding="utf8")
    code, printed = calibrate(model, export, "--dry-run")
    assert code == 1
    assert "[W024] 1 of 1 labelled spans" in printed
    assert "[H044]" in printed


def test_training_anew_forgets_it(model: Path, dev: Path) -> None:
    assert calibrate(model, dev)[0] == 0
    nlp = spacy.load(model)
    tagger = nlp.get_pipe("halfree_tagger")
    assert tagger.calibration != 1.0
    nlp.initialize(lambda: make_examples(nlp))
    assert tagger.calibration == 1.0


@pytest.mark.parametrize(
    ("content", "number"), [(b"no DocBin", "H046"), (DocBin().to_bytes(), "H044")]
)
def test_data_that_cannot_be_used(model: Path, tmp_path: Path, content: bytes, number: str) -> None:
    data = tmp_path / "data.spacy"
    data.write_bytes(content)
    code, output = calibrate(model, data)
    assert code == 1
    assert f"[{number}]" in output
    assert "The pipeline was not changed" in output
    assert calibration(model) == 1.0


def test_a_damaged_temperature_is_refused(model: Path) -> None:
    cfg = model / "halfree_tagger" / "cfg"
    settings = read_settings(cfg)
    write_settings(cfg, settings | {"calibration": -1})
    with pytest.raises(ValueError, match=r"\[H010\].*calibration"):
        spacy.load(model)
    # saved before there was such a number
    del settings["calibration"]
    write_settings(cfg, settings)
    assert spacy.load(model).get_pipe("halfree_tagger").calibration == 1.0
