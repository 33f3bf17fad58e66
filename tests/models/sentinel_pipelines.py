"""Pipelines with tiny encoder-decoders over three sentences, for the tests of that architecture."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import spacy
from spacy.training import Example
from thinc.api import Adam, fix_random_seed

pytest.importorskip("torch")
pytest.importorskip("transformers")

from tiny_seq2seq import saved

LABELS = ["object", "object_name", "PER"]
ANNOTATED = [
    ("play Abbey Road by The Beatles", [(5, 15, "object_name"), (19, 30, "PER")]),
    ("find bars in London", [(13, 19, "object")]),
    ("what is on tonight ?", []),
]
TEXTS = [text for text, _ in ANNOTATED]


def make_nlp(family: str = "t5", labels: list[str] = LABELS, **settings: Any) -> tuple[Any, Any]:
    fix_random_seed(0)
    nlp = spacy.blank("en")
    model = {
        "@architectures": "halfree.SentinelSeq2Seq.v1",
        "name": saved(family),
        "local_files_only": True,
        "margin": 2,
        **settings,
    }
    return nlp, nlp.add_pipe("halfree_tagger", config={"model": model, "labels": labels})


def make_examples(nlp: Any) -> list[Example]:
    return [Example.from_dict(nlp.make_doc(text), {"entities": spans}) for text, spans in ANNOTATED]


def train(nlp: Any, steps: int = 60, learn_rate: float = 0.01) -> list[float]:
    """Returns the loss of each step."""
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    optimizer = Adam(learn_rate, L2=0.0)
    found = []
    for _ in range(steps):
        losses: dict[str, float] = {}
        nlp.update(examples, sgd=optimizer, losses=losses)
        found.append(losses["halfree_tagger"])
    return found


def probabilities(nlp: Any) -> Any:
    _, prediction = nlp.get_pipe("halfree_tagger").predict([nlp.make_doc(text) for text in TEXTS])
    return np.asarray(prediction.probabilities)


def shim_of(nlp: Any) -> Any:
    return nlp.get_pipe("halfree_tagger").model.shims[0]


def weights(nlp: Any) -> dict[str, Any]:
    model = shim_of(nlp).tagger.language_model.pretrained
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
