"""spaCy's own commands with our component: they are the workflow."""

import os
import subprocess
import sys

import pytest
import spacy
import srsly
from spacy.cli import app
from spacy.tokens import DocBin
from thinc.api import Config
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


@architectures
@pytest.mark.parametrize("has_corpus", [True, False])
def test_debug_model(tmp_path, architecture, has_corpus):
    corpus = write_corpus(tmp_path / "gold.spacy", spacy.blank("en"))
    config = training_config(architecture, "ents", corpus, corpus)
    if not has_corpus:
        # then spaCy makes up texts, and labels have to be named
        config["corpora"]["train"]["path"] = None
        config["components"]["halfree_tagger"]["labels"] = LABELS
    config.to_disk(tmp_path / "config.cfg")
    options = ("-P0", "-P1", "-P2", "-P3", "-DIM", "-PAR", "-GRAD", "-ATTR")
    printed = run(
        *("-m", "spacy", "debug", "model", tmp_path / "config.cfg", "halfree_tagger", *options)
    )
    assert "model looks good" in printed
    assert "STEP 3" in printed


def test_other_commands(tmp_path, teacher, monkeypatch):
    """Those that read a pipeline or a config, with their most telling options."""
    # `debug profile` writes a file there
    monkeypatch.chdir(tmp_path)
    model = tmp_path / "model"
    teacher.to_disk(model)
    corpus = write_corpus(tmp_path / "gold.spacy", teacher)
    config, texts = tmp_path / "config.cfg", tmp_path / "texts.jsonl"
    training_config("first_order", "ents", corpus, corpus).to_disk(config)
    srsly.write_jsonl(texts, [{"text": text} for text in TEXTS])
    run_here("debug", "config", config, "--show-variables")
    run_here("debug", "diff-config", config)
    run_here("debug", "profile", model, texts, "-n", "2")
    run_here("info", model)
    run_here("init", "labels", config, tmp_path / "labels")
    run_here("benchmark", "accuracy", model, corpus)
    run_here(*("benchmark", "speed", model, corpus, "-n", "2", "-b", "2", "-w", "1"))
    run_here("find-threshold", model, corpus, "halfree_tagger", "threshold", "halfree_f", "-n", "2")
    metrics = tmp_path / "metrics.json"
    run_here("evaluate", model, corpus, "-o", metrics, "--per-component")
    assert srsly.read_json(metrics)["halfree_tagger"]["halfree_f"] == 1.0
    run_here("apply", model, texts, tmp_path / "applied.spacy")
    docs = DocBin(store_user_data=True).from_disk(tmp_path / "applied.spacy")
    confidences = [ent._.confidence for doc in docs.get_docs(teacher.vocab) for ent in doc.ents]
    assert len(confidences) == 5
    assert None not in confidences
    sourced = {
        "nlp": {"lang": "en", "pipeline": ["halfree_tagger"]},
        "components": {"halfree_tagger": {"source": str(model)}},
    }
    Config(sourced).to_disk(tmp_path / "sourced.cfg")
    run_here("assemble", tmp_path / "sourced.cfg", tmp_path / "assembled")
    assert_same_pipelines(teacher, spacy.load(tmp_path / "assembled"), "ents")
    # four texts are few, it says
    result = CliRunner().invoke(app, ["debug", "data", str(config), "--verbose"])
    assert "Low number of examples to train a new pipeline (4)" in result.output
    assert result.exit_code == 1


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
