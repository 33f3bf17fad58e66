"""Settings: what they may be, and that they stay when a live component is saved."""

from __future__ import annotations

import copy
import json
import math
import pickle
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
import toy_pipelines as toy
from hypothesis import given
from hypothesis import strategies as st
from spacy.cli.find_threshold import find_threshold
from spacy.language import Language
from thinc.api import Adam

from spacy_halfree.pipeline.serialization import read_settings, write_settings
from spacy_halfree.pipeline.settings import CONFIG
from spacy_halfree.pipeline.tagger import HalfreeTagger

CHANGED = {
    "use_soft_labels": False,
    "temperature": 2.5,
    "gold_weight": 0.25,
    "head_learn_rate_factor": 3.0,
    "threshold": 0.6,
    "store_probs": True,
}
"""A value for every setting that can be changed, none of them the default."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained pipeline whose settings were changed behind its config."""
    nlp, tagger = toy.make_nlp()
    toy.train(nlp, toy.make_examples(nlp), 8)
    change(tagger)
    path = tmp_path_factory.mktemp("settings") / "nlp"
    nlp.to_disk(path)
    return path


def tagger_of(nlp: Language) -> HalfreeTagger:
    tagger = nlp.get_pipe("halfree_tagger")
    assert isinstance(tagger, HalfreeTagger)
    return tagger


def change(tagger: HalfreeTagger) -> None:
    for name, value in CHANGED.items():
        setattr(tagger, name, value)


def settings_of(tagger: HalfreeTagger) -> dict[str, Any]:
    return {name: getattr(tagger, name) for name in CHANGED}


def with_threshold(value: float) -> dict[str, Any]:
    return {"components": {"halfree_tagger": {"threshold": value}}}


def test_every_setting_is_listed() -> None:
    _, tagger = toy.make_nlp()
    assert set(tagger.cfg[CONFIG]) == set(CHANGED)
    assert not any(CHANGED[name] == value for name, value in tagger.cfg[CONFIG].items())


def by_bytes(nlp: Language) -> Language:
    other = spacy.util.load_model_from_config(nlp.config)
    return other.from_bytes(nlp.to_bytes())


def by_component_bytes(nlp: Language) -> Language:
    other = by_bytes(nlp)
    _, fresh = toy.make_nlp()
    fresh.from_bytes(tagger_of(nlp).to_bytes())
    assert settings_of(fresh) == CHANGED
    return other


WAYS: list[Callable[[Language], Language]] = [
    by_bytes,
    by_component_bytes,
    copy.deepcopy,
    lambda nlp: pickle.loads(pickle.dumps(nlp)),
]


@pytest.mark.parametrize("way", WAYS)
def test_changed_settings_survive(folder: Path, way: Callable[[Language], Language]) -> None:
    nlp = spacy.load(folder)
    assert settings_of(tagger_of(nlp)) == CHANGED
    again = way(nlp)
    assert settings_of(tagger_of(again)) == CHANGED
    toy.assert_same_pipelines(nlp, again, "ents")


def test_saved_again_and_again(folder: Path, tmp_path: Path) -> None:
    for number in range(2):
        nlp = spacy.load(folder)
        assert nlp.config["components"]["halfree_tagger"]["threshold"] == 0.0
        folder = tmp_path / str(number)
        nlp.to_disk(folder)
    assert settings_of(tagger_of(spacy.load(folder))) == CHANGED
    # changed back
    tagger_of(nlp).threshold = 0.0
    nlp.to_disk(folder)
    assert settings_of(tagger_of(spacy.load(folder))) == CHANGED | {"threshold": 0.0}


def test_the_loader_wins(folder: Path, tmp_path: Path) -> None:
    nlp = spacy.load(folder, config=with_threshold(0.3))
    assert settings_of(tagger_of(nlp)) == CHANGED | {"threshold": 0.3}
    nlp.to_disk(tmp_path / "nlp")
    assert tagger_of(spacy.load(tmp_path / "nlp")).threshold == 0.3
    # what cannot be told from no wish at all
    assert tagger_of(spacy.load(folder, config=with_threshold(0.0))).threshold == 0.6


def test_find_threshold_tries_every_value(folder: Path, tmp_path: Path) -> None:
    nlp = spacy.load(folder)
    corpus = toy.write_corpus(tmp_path / "dev.spacy", nlp)
    _, _, scores = find_threshold(
        str(folder), corpus, "halfree_tagger", "threshold", "halfree_f", n_trials=5
    )
    tagger = tagger_of(nlp)
    examples = toy.make_examples(nlp)
    for threshold, score in scores.items():
        tagger.threshold = threshold
        assert nlp.evaluate(examples)["halfree_f"] == score
    assert len(set(scores.values())) > 1


def test_sourced_and_renamed(folder: Path, tmp_path: Path) -> None:
    source = spacy.load(folder)
    nlp = spacy.blank("en", vocab=source.vocab)
    nlp.add_pipe("halfree_tagger", source=source, name="mine")
    nlp.rename_pipe("mine", "yours")
    nlp.get_pipe("yours").store_probs = False
    nlp.to_disk(tmp_path / "nlp")
    loaded = spacy.load(tmp_path / "nlp").get_pipe("yours")
    assert isinstance(loaded, HalfreeTagger)
    assert settings_of(loaded) == CHANGED | {"store_probs": False}


def test_a_pipeline_of_an_earlier_version(folder: Path, tmp_path: Path) -> None:
    spacy.load(folder).to_disk(tmp_path / "nlp")
    path = tmp_path / "nlp" / "halfree_tagger" / "cfg"
    settings = read_settings(path)
    for name in (*CHANGED, CONFIG):
        del settings[name]
    write_settings(path, settings)
    loaded = tagger_of(spacy.load(tmp_path / "nlp", config=with_threshold(0.3)))
    assert settings_of(loaded) == settings_of(toy.make_nlp(threshold=0.3)[1])


def test_a_saved_value_that_is_none(folder: Path, tmp_path: Path) -> None:
    spacy.load(folder).to_disk(tmp_path / "nlp")
    path = tmp_path / "nlp" / "halfree_tagger" / "cfg"
    write_settings(path, read_settings(path) | {"threshold": "high"})
    with pytest.raises(ValueError, match=r"\[H010\].*\[H013\] The setting `threshold`"):
        spacy.load(tmp_path / "nlp")


NUMBERS = ("temperature", "gold_weight", "head_learn_rate_factor", "threshold")
NO_NUMBERS = [
    *("0.5", "nan", "", True, np.bool_(True), None, [], {}, 1j, np.array([0.5]), b"1"),
    *(math.nan, math.inf, -math.inf, -1, 1e308, 10**400, -0.1, np.float64("nan")),
]


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", NO_NUMBERS, ids=repr)
def test_values_that_are_none(name: str, value: Any) -> None:
    """Of the constructor as of the live component, which keeps what it has."""
    nlp, tagger = toy.make_nlp()
    before = settings_of(tagger)
    message = rf"^\[H013\] The setting `{name}` must be"
    with pytest.raises(ValueError, match=message):
        setattr(tagger, name, value)
    with pytest.raises(ValueError, match=message):
        HalfreeTagger(nlp.vocab, tagger.model, **{name: value})
    assert settings_of(tagger) == before


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("temperature", value) for value in (0, 1e-9, 0.0099, 100.1, 1e38)),
        *(("gold_weight", value) for value in (0, 1e-300, 1e7)),
        *(("head_learn_rate_factor", value) for value in (0, 1e-300, 1e7)),
        ("threshold", 1.1),
    ],
)
def test_values_out_of_range(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=rf"\[H013\] The setting `{name}`"):
        toy.make_nlp(**{name: value})


@pytest.mark.parametrize("name", ["use_soft_labels", "store_probs"])
@pytest.mark.parametrize("value", ["true", "no", 1, 0, 0.0, [], np.array([True])], ids=repr)
def test_no_truth_values(name: str, value: Any) -> None:
    _, tagger = toy.make_nlp()
    with pytest.raises(ValueError, match=rf"\[H013\] The setting `{name}` must be true"):
        setattr(tagger, name, value)


def test_strings_in_a_config() -> None:
    """spaCy's own check lets strings pass that look like numbers."""
    for name in NUMBERS:
        with pytest.raises(ValueError, match=rf"\[H013\] The setting `{name}`.*is '0.5'"):
            toy.make_nlp(**{name: "0.5"})


@given(st.floats(0, 1, width=32), st.sampled_from([float, np.float32, np.float64]))
def test_numbers_of_any_kind(value: float, kind: Callable[[float], Any]) -> None:
    _, tagger = SHARED
    tagger.threshold = kind(value)
    tagger.store_probs = np.bool_(True)
    assert tagger.threshold == value
    assert type(tagger.threshold) is float
    assert json.loads(json.dumps(tagger.cfg))["threshold"] == value


SHARED = toy.make_nlp()


def test_settings_that_depend_on_the_component() -> None:
    _, tags = toy.make_nlp(target="tags")
    with pytest.raises(ValueError, match=r"\[H013\].*0 if the target is 'tags'"):
        tags.threshold = 0.5
    assert tags.threshold == 0.0


def test_a_factor_for_a_model_without_a_head() -> None:
    _, tagger = toy.make_nlp("sentinel")
    with pytest.raises(ValueError, match=r"\[H028\]"):
        tagger.head_learn_rate_factor = 3.0
    assert tagger.head_learn_rate_factor == 1.0


@pytest.mark.parametrize("architecture", toy.ARCHITECTURES)
@pytest.mark.parametrize("rate", [1e38, math.inf])
def test_training_that_diverges(architecture: str, rate: float) -> None:
    nlp, _ = toy.make_nlp(architecture)
    examples = toy.make_examples(nlp)
    nlp.initialize(lambda: examples)

    def update() -> None:
        for _ in range(4):
            nlp.update(examples, sgd=Adam(rate))

    with pytest.warns(UserWarning, match=r"\[W053\].*'halfree_tagger'"):
        update()
    # and still nothing illegal
    toy.predictions(nlp, "ents", toy.TEXTS)


@pytest.mark.parametrize("edge", [1e-6, 1e6])
def test_training_at_the_edges(edge: float) -> None:
    nlp, _ = toy.make_nlp(gold_weight=edge, head_learn_rate_factor=min(edge, 100.0))
    examples = toy.make_examples(nlp)
    nlp.initialize(lambda: examples)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        losses = nlp.update(examples, sgd=Adam(0.001))
    assert math.isfinite(losses["halfree_tagger"])


def test_a_package_keeps_them(folder: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "spacy", "package", str(folder), str(tmp_path)]
    subprocess.run([*command, "--name", "kept", "--build", "none"], check=True, capture_output=True)
    (packed,) = tmp_path.glob("en_kept-*/en_kept/en_kept-*")
    assert settings_of(tagger_of(spacy.load(packed))) == CHANGED
