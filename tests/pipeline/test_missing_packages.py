"""Pipelines that need spacy-transformers, where it is not installed: with the extra `sentinel`."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import spacy
from thinc.api import Config

from spacy_halfree.pipeline.pipelines import load_pipeline

ENCODER = {"transformer": {"factory": "transformer"}}
LISTENER = {
    "halfree_tagger": {
        "factory": "halfree_tagger",
        "labels": ["A"],
        "model": {
            "@architectures": "halfree.FirstOrderTagger.v1",
            "tok2vec": {"@architectures": "spacy-transformers.TransformerListener.v1"},
        },
    }
}


def save(components: dict[str, Any], path: Path) -> None:
    nlp = spacy.blank("en")
    nlp.to_disk(path)
    config = Config(nlp.config)
    config["nlp"]["pipeline"] = list(components)
    config["components"] = components
    config.to_disk(path / "config.cfg")


@pytest.mark.skipif(find_spec("spacy_transformers") is not None, reason="it is installed")
@pytest.mark.parametrize("components", [ENCODER, LISTENER])
def test_spacy_transformers_is_named(components: dict[str, Any], tmp_path: Path) -> None:
    save(components, tmp_path)
    with pytest.raises(ImportError, match=r"H178.*\[transformers\]"):
        load_pipeline(tmp_path)


def test_what_is_wrong_otherwise_is_said_by_spacy(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="E052"):
        load_pipeline(tmp_path / "nowhere")
    save({"own": {"factory": "no_such"}}, tmp_path)
    with pytest.raises(ValueError, match="E002"):
        load_pipeline(tmp_path)
