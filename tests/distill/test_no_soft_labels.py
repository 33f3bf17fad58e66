"""A student whose training texts have lost their soft labels is told so."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
import spacy
import toy_pipelines as toy
from spacy.language import Language
from spacy.tokens import DocBin
from spacy.training import Corpus
from spacy.training.initialize import init_nlp
from spacy.util import load_config

from spacy_halfree.distill.teachers import annotate
from spacy_halfree.pipeline.training_texts import N_TEXTS

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
TOLD = r"\[W054\] Component 'halfree_tagger' has `use_soft_labels = true`"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, teacher: Language) -> Path:
    """Soft labels, and what is left when spaCy's reader of files loads and saves them."""
    folder = tmp_path_factory.mktemp("soft")
    DocBin(docs=annotate(teacher, toy.TEXTS * 3), store_user_data=True).to_disk(
        folder / "soft.spacy"
    )
    docs = list(DocBin().from_disk(folder / "soft.spacy").get_docs(teacher.vocab))
    # as users do
    DocBin(docs=docs).to_disk(folder / "lost.spacy")
    toy.write_corpus(folder / "gold.spacy", teacher)
    return folder


def overrides(files: Path, name: str, **more: Any) -> dict[str, Any]:
    return {
        "paths.train": str(files / f"{name}.spacy"),
        "paths.dev": str(files / "gold.spacy"),
        "training.max_steps": 2,
        **more,
    }


def initialize(config: str, settings: dict[str, Any]) -> list[str]:
    """What `spacy train` tells before the first step."""
    loaded = load_config(CONFIGS / config, settings, interpolate=False)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        init_nlp(loaded)
    return [str(own.message) for own in caught if "[W05" in str(own.message)]


@pytest.mark.parametrize("labels_are_given", [False, True])
@pytest.mark.parametrize("config", ["student_first_order.cfg"])
@pytest.mark.parametrize("reader", ["halfree.ShardedCorpus.v1", "spacy.Corpus.v1"])
def test_students(files: Path, reader: str, config: str, labels_are_given: bool) -> None:
    settings: dict[str, Any] = {"corpora.train.@readers": reader}
    if labels_are_given:
        settings["components.halfree_tagger.labels"] = toy.LABELS
    assert initialize(config, overrides(files, "soft", **settings)) == []
    (told,) = initialize(config, overrides(files, "lost", **settings))
    assert "none of 12 training texts has soft labels" in told
    assert f"They were read from {files / 'lost.spacy'} ([corpora.train])." in told
    assert "store_user_data=True" in told
    settings["components.halfree_tagger.use_soft_labels"] = False
    assert initialize(config, overrides(files, "lost", **settings)) == []


def mixed(files: Path, *names: str) -> dict[str, Any]:
    sources = {
        name: {"@readers": "halfree.ShardedCorpus.v1", "path": str(files / f"{name}.spacy")}
        for name in names
    }
    return {
        "@readers": "halfree.MixedCorpus.v1",
        "sources": sources,
        "weights": dict.fromkeys(names, 1.0),
    }


def test_one_source_of_several_is_enough(files: Path) -> None:
    """Gold texts stand beside soft labels; they have none."""
    config = "student_first_order.cfg"
    settings = overrides(files, "soft")
    assert initialize(config, {**settings, "corpora.train": mixed(files, "gold", "soft")}) == []
    settings |= {"corpora.train": mixed(files, "gold", "lost")}
    (told,) = initialize(config, settings)
    for name in ("gold", "lost"):
        assert f"{files / f'{name}.spacy'} ([corpora.train.sources.{name}])" in told


def test_by_default_a_line_in_the_log(files: Path, caplog: pytest.LogCaptureFixture) -> None:
    """As in the configs of teachers, which learn from annotation."""
    for name, n_lines in (("soft", 0), ("gold", 1)):
        caplog.clear()
        nlp, tagger = toy.make_nlp()
        assert tagger.use_soft_labels is None
        corpus = Corpus(files / f"{name}.spacy")
        with warnings.catch_warnings(), caplog.at_level(logging.INFO, "spacy.halfree"):
            warnings.simplefilter("error")
            nlp.initialize(lambda corpus=corpus, nlp=nlp: corpus(nlp))
        found = [line for line in caplog.messages if "learns from annotation" in line]
        assert len(found) == n_lines


@pytest.mark.parametrize("name", ["soft", "lost"])
def test_training_on(files: Path, teacher: Language, name: str, tmp_path: Path) -> None:
    """A component that is not initialized sees one update after another."""
    teacher.to_disk(tmp_path / "nlp")
    nlp = spacy.load(tmp_path / "nlp")
    nlp.get_pipe("halfree_tagger").use_soft_labels = True  # type: ignore[attr-defined]
    examples = list(Corpus(files / f"{name}.spacy")(nlp))
    optimizer = nlp.resume_training()
    n_updates = -(-N_TEXTS // len(examples))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(n_updates - 1):
            nlp.update(examples, sgd=optimizer)
        assert not caught
        for _ in range(3):
            nlp.update(examples, sgd=optimizer)
    told = [str(own.message) for own in caught]
    assert len(told) == (name == "lost")
    assert all(f"none of {n_updates * len(examples)} training texts" in text for text in told)


def train(config: Path, output: Path, settings: dict[str, Any]) -> str:
    options = [text for name, value in settings.items() for text in (f"--{name}", str(value))]
    command = [sys.executable, "-m", "spacy", "train", str(config), "--output", str(output)]
    result = subprocess.run(
        [*command, *options], capture_output=True, text=True, env=os.environ | {"COLUMNS": "400"}
    )
    assert result.returncode == 0, result.stderr
    return result.stdout + result.stderr


def test_spacy_train(files: Path, tmp_path: Path) -> None:
    config = CONFIGS / "student_first_order.cfg"
    printed = train(config, tmp_path / "student", overrides(files, "lost"))
    assert "[W054]" in printed
    assert str(files / "lost.spacy") in printed
    settings = {
        "paths.student": tmp_path / "student" / "model-last",
        "paths.gold": files / "gold.spacy",
        "paths.dev": files / "gold.spacy",
        "training.max_steps": 40,
        "training.eval_frequency": 40,
        "training.batcher.size": 500,
    }
    update = CONFIGS / "student_update.cfg"
    for name in ("soft", "lost"):
        settings["paths.soft"] = files / f"{name}.spacy"
        printed = train(update, tmp_path / name, settings)
        assert ("[W054]" in printed) == (name == "lost"), printed
