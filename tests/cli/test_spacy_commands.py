"""spaCy's own commands with our component: they are the workflow."""

import os
import subprocess
import sys

import pytest
import spacy
import srsly
from spacy.cli import app
from toy_pipelines import (
    LABELS,
    TEXTS,
    architectures,
    assert_same_pipelines,
    predictions,
    training_config,
    write_corpus,
)
from typer.testing import CliRunner


def run(*args, **options):
    result = subprocess.run(
        [sys.executable, *map(str, args)], capture_output=True, text=True, **options
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def run_here(*args):
    """The same inside this process, because starting spaCy takes seconds."""
    result = CliRunner().invoke(app, [*map(str, args)], catch_exceptions=False)
    assert result.exit_code == 0, result.output


@architectures
def test_train(tmp_path, architecture):
    target = {"first_order": "ents", "aligned": "spans", "sentinel": "ents"}[architecture]
    corpus = write_corpus(tmp_path / "gold.spacy", spacy.blank("en"), target)
    config = training_config(architecture, target, corpus, corpus)
    if architecture == "first_order":
        # with the labels from a file, as `init labels` writes it
        config.to_disk(tmp_path / "config.cfg")
        run_here("init", "labels", tmp_path / "config.cfg", tmp_path / "labels")
        labels = tmp_path / "labels" / "halfree_tagger.json"
        assert srsly.read_json(labels) == LABELS
        config["initialize"]["components"] = {
            "halfree_tagger": {"labels": {"@readers": "spacy.read_labels.v1", "path": str(labels)}}
        }
    config.to_disk(tmp_path / "config.cfg")
    run("-m", "spacy", "train", tmp_path / "config.cfg", "--output", tmp_path / "out")
    nlp = spacy.load(tmp_path / "out" / "model-best")
    assert nlp.meta["performance"]["halfree_f"] == 1.0
    assert list(nlp.get_pipe("halfree_tagger").labels) == LABELS
    spans = predictions(nlp, target, TEXTS)
    assert [len(found) for found in spans] == [2, 1, 0, 2]
    if architecture == "first_order":
        metrics = tmp_path / "metrics.json"
        run_here("evaluate", tmp_path / "out" / "model-best", corpus, "-o", metrics)
        scores = srsly.read_json(metrics)
        assert scores["ents_f"] == scores["halfree_f"] == 1.0
        assert set(scores["ents_per_type"]) == set(LABELS)


@pytest.mark.slow
@architectures
def test_package(tmp_path, architecture):
    """The wheel of a trained pipeline names what it needs, and loads from where it was unpacked."""
    pytest.importorskip("wheel")
    corpus = write_corpus(tmp_path / "gold.spacy", spacy.blank("en"))
    training_config(architecture, "ents", corpus, corpus).to_disk(tmp_path / "config.cfg")
    run("-m", "spacy", "train", tmp_path / "config.cfg", "--output", tmp_path / "out")
    (tmp_path / "packages").mkdir()
    run(
        "-m",
        "spacy",
        "package",
        tmp_path / "out" / "model-best",
        tmp_path / "packages",
        "--name",
        "toy",
        "--version",
        "1.2.3",
        "--build",
        "wheel",
    )
    (wheel,) = (tmp_path / "packages").glob("*/dist/*.whl")
    assert wheel.name.startswith("en_toy-1.2.3")
    target = tmp_path / "site"
    run("-m", "pip", "install", "--no-deps", "--no-index", "--target", target, wheel)
    metadata = next(target.glob("en_toy-1.2.3.dist-info/METADATA")).read_text(encoding="utf8")
    assert "Requires-Dist: spacy-halfree" in metadata
    code = "import spacy; nlp = spacy.load('en_toy'); print(len(nlp('Find bars in Zürich').ents))"
    printed = run("-c", code, env={**os.environ, "PYTHONPATH": str(target)})
    assert printed.strip() == "1"
    packaged = spacy.load(next(target.glob("en_toy/en_toy-*")))
    assert_same_pipelines(spacy.load(tmp_path / "out" / "model-best"), packaged, "ents")
