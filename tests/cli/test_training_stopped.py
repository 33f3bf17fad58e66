"""`spacy train`: killed at any moment it leaves nothing that looks complete and is not; and the
same seed gives the same weights."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import spacy
import toy_pipelines as toy
from thinc.api import Config

PATIENCE = 120


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Saves `model-best` as often as it gets better, which it does for a while."""
    corpus = toy.write_corpus(tmp_path / "toy.spacy", toy.make_nlp()[0])
    made = toy.training_config("first_order", "ents", corpus, corpus, max_steps=400)
    changes = {
        "training": {"eval_frequency": 1, "optimizer": {"learn_rate": 0.0005}, "patience": 0},
        "components": {"halfree_tagger": {"model": {"tok2vec": {"width": 96}}}},
    }
    path = tmp_path / "config.cfg"
    Config(made).merge(changes).to_disk(path)
    return path


def train_command(config: Path, output: Path) -> list[str]:
    return [sys.executable, "-m", "spacy", "train", str(config), "--output", str(output)]


def kill_in_training(config: Path, folder: Path, n_kills: int) -> tuple[int, int]:
    """Kill training again and again, and load what it leaves.

    RETURNS: How often that could be loaded, and how often it was refused.
    """
    generator = random.Random(0)
    n_loaded = 0
    reasons: list[str] = []
    for number in range(n_kills):
        output = folder / str(number)
        process = subprocess.Popen(
            train_command(config, output), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        best = output / "model-best"
        deadline = time.monotonic() + PATIENCE
        try:
            while process.poll() is None and not best.exists():
                assert time.monotonic() < deadline, "hangs"
                time.sleep(0.001)
            time.sleep(generator.uniform(0, 0.4))
            assert process.poll() is None, "there must be more steps than that"
        finally:
            process.kill()
            process.wait()
        try:
            nlp = spacy.load(best)
        except (ValueError, OSError) as error:
            reasons.append(str(error))
        else:
            assert len(toy.predictions(nlp, "ents", toy.TEXTS)) == len(toy.TEXTS)
            weights = toy.parameters(nlp.get_pipe("halfree_tagger").model)
            assert all(np.isfinite(value).all() for value in weights.values())
            n_loaded += 1
        shutil.rmtree(output)
    # ours or spaCy's, which name what is missing; or what a JSON reader says of half a file
    known = re.compile(r"\[[EH]\d+\]|.*No such file|.*JSON|Expected object")
    assert [reason for reason in reasons if not known.match(reason)] == []
    return n_loaded, len(reasons)


def test_killed_in_training(config: Path, tmp_path: Path) -> None:
    n_loaded, _ = kill_in_training(config, tmp_path / "out", 5)
    assert n_loaded > 0


@pytest.mark.slow
def test_killed_fifty_times_in_training(config: Path, tmp_path: Path) -> None:
    n_loaded, n_refused = kill_in_training(config, tmp_path / "out", 50)
    assert n_loaded > 0
    # or else no kill has ever come while files were being written
    assert n_refused > 0


def test_weights_are_replaced_at_once(tmp_path: Path) -> None:
    """Whoever loads a pipeline while it is saved again gets the former weights or the new ones."""
    nlp, _ = toy.make_nlp()
    examples = toy.make_examples(nlp)
    toy.train(nlp, examples, 2)
    nlp.to_disk(tmp_path / "nlp")
    weights = tmp_path / "nlp" / "halfree_tagger" / "model"
    with weights.open("rb") as file:
        former = weights.read_bytes()
        toy.train_on(nlp, examples, 2)
        nlp.to_disk(tmp_path / "nlp")
        assert weights.read_bytes() != former
        # the file that was open is still whole: it was not written into
        assert file.read() == former


@pytest.mark.parametrize("architecture", ["first_order", "aligned"])
def test_the_same_seed_gives_the_same_weights(architecture: str, tmp_path: Path) -> None:
    corpus = toy.write_corpus(tmp_path / "toy.spacy", toy.make_nlp()[0])
    config = toy.training_config(architecture, "ents", corpus, corpus, max_steps=10)
    config["training"]["dropout"] = 0.2
    config.to_disk(tmp_path / "config.cfg")
    found = []
    for name in ("one", "two"):
        result = subprocess.run(
            train_command(tmp_path / "config.cfg", tmp_path / name), capture_output=True, text=True
        )
        assert result.returncode == 0, result.stderr
        found.append(tmp_path / name / "model-last" / "halfree_tagger" / "model")
    assert found[0].read_bytes() == found[1].read_bytes()
