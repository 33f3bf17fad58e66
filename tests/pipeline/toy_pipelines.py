"""Tiny pipelines over four sentences, for the tests of the component and what is around it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
import srsly
from spacy.language import Language
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Example
from thinc.api import Adam, Config, fix_random_seed

from spacy_halfree.pipeline.tagger import HalfreeTagger

ARCHITECTURES = ("first_order", "aligned", "sentinel")
WITH_TOK2VEC = ("first_order", "aligned")
TARGETS = ("ents", "tags", "spans")
architectures = pytest.mark.parametrize("architecture", ARCHITECTURES)
targets = pytest.mark.parametrize("target", TARGETS)
"""Decorators of tests that hold for each of them."""
SPANS_KEY = "sc"
LABELS = ["album title", "künstler", "地点"]
"""A blank, a letter and a script beyond ASCII; in alphabetical order."""

# words, and spans as (first word, end, label); the last two spans of the fourth are adjacent
ANNOTATED: list[tuple[list[str], list[tuple[int, int, str]]]] = [
    (
        ["Play", "Abbey", "Road", "by", "The", "Beatles"],
        [(1, 3, "album title"), (4, 6, "künstler")],
    ),
    (["Find", "bars", "in", "Zürich"], [(3, 4, "地点")]),
    (["What", "is", "on", "tonight", "?"], []),
    (["Hear", "Björk", "Debut", "now"], [(1, 2, "künstler"), (2, 3, "album title")]),
]
TEXTS = [" ".join(words) for words, _ in ANNOTATED]
OTHER_TEXTS = ["Play Debut by Björk", "Find The Beatles in Zürich", "", " \n ", "tonight  now"]
NO_SPAN_TAG = "-other-"


def tok2vec(width: int = 24) -> dict[str, Any]:
    return {
        "@architectures": "spacy.HashEmbedCNN.v2",
        "pretrained_vectors": None,
        "width": width,
        "depth": 1,
        "embed_size": 200,
        "window_size": 1,
        "maxout_pieces": 2,
        "subword_features": True,
    }


def model_config(architecture: str) -> dict[str, Any]:
    if architecture == "first_order":
        return {"@architectures": "halfree.FirstOrderTagger.v1", "tok2vec": tok2vec()}
    pytest.importorskip("torch")
    if architecture == "sentinel":
        from tiny_seq2seq import saved

        return {
            "@architectures": "halfree.SentinelSeq2Seq.v1",
            "name": saved("t5"),
            "local_files_only": True,
            "margin": 2,
            # four texts from nothing: to learn to write them as well would take longer
            "loss": "tags",
        }
    return {
        "@architectures": "halfree.AlignedSeq2Seq.v1",
        "tok2vec": tok2vec(),
        "layers": 1,
        "heads": 4,
        "hidden_factor": 2,
    }


def make_nlp(
    architecture: str = "first_order", target: str = "ents", **settings: Any
) -> tuple[Language, HalfreeTagger]:
    """A blank pipeline with a tagger."""
    fix_random_seed(0)
    nlp = spacy.blank("en")
    config = {"model": model_config(architecture), "target": target, "spans_key": SPANS_KEY}
    tagger = nlp.add_pipe("halfree_tagger", config=config | settings)
    return nlp, tagger


def annotate_by_hand(doc: Doc, spans: list[tuple[int, int, str]], target: str) -> Doc:
    """Set annotation for a target on a doc, complete for all its tokens."""
    found = [Span(doc, start, end, label=label) for start, end, label in spans]
    if target == "ents":
        doc.set_ents(found)
    elif target == "spans":
        doc.spans[SPANS_KEY] = found
    else:
        for token in doc:
            token.tag_ = next(
                (span.label_ for span in found if span.start <= token.i < span.end), NO_SPAN_TAG
            )
    return doc


def make_examples(nlp: Language, target: str = "ents") -> list[Example]:
    return [
        Example(nlp.make_doc(" ".join(words)), reference_doc(nlp, words, spans, target))
        for words, spans in ANNOTATED
    ]


def reference_doc(
    nlp: Language, words: list[str], spans: list[tuple[int, int, str]], target: str = "ents"
) -> Doc:
    spaces = [True] * (len(words) - 1) + [False]
    return annotate_by_hand(Doc(nlp.vocab, words=words, spaces=spaces), spans, target)


def train(nlp: Language, examples: list[Example], steps: int = 40) -> dict[str, float]:
    """Initialize and train; returns the last losses."""
    nlp.initialize(lambda: examples)
    return train_on(nlp, examples, steps)


def train_on(nlp: Language, examples: list[Example], steps: int = 40) -> dict[str, float]:
    optimizer = Adam(0.01, L2=0.0)
    losses: dict[str, float] = {}
    for _ in range(steps):
        losses = {}
        nlp.update(examples, sgd=optimizer, losses=losses)
    return losses


def annotation(doc: Doc, target: str) -> list[tuple[Any, ...]]:
    """What a tagger wrote, comparable between docs of different vocabularies."""
    if target == "tags":
        return [(token.text, token.tag_) for token in doc]
    spans = doc.ents if target == "ents" else doc.spans[SPANS_KEY]
    return [(span.start, span.end, span.label_) for span in spans]


def predictions(nlp: Language, target: str, texts: list[str]) -> list[list[tuple[Any, ...]]]:
    return [annotation(doc, target) for doc in nlp.pipe(texts)]


def probabilities(nlp: Language, texts: list[str]) -> np.ndarray:
    _, prediction = nlp.get_pipe("halfree_tagger").predict([nlp.make_doc(text) for text in texts])
    return np.asarray(prediction.probabilities)


def assert_same_pipelines(first: Language, second: Language, target: str) -> None:
    """The same weights to the last bit, the same tags, and the same probabilities but for what
    rounding makes of the same sums: matrix products depend on where in memory an array begins."""
    own, other = (parameters(nlp.get_pipe("halfree_tagger").model) for nlp in (first, second))
    assert own
    assert own.keys() == other.keys()
    for key, value in own.items():
        np.testing.assert_array_equal(other[key], value)
    texts = TEXTS + OTHER_TEXTS
    assert predictions(second, target, texts) == predictions(first, target, texts)
    np.testing.assert_allclose(
        probabilities(second, texts), probabilities(first, texts), rtol=1e-5, atol=1e-8
    )


def parameters(model: Any) -> dict[tuple[int, str], np.ndarray]:
    """Copies of all parameters of a thinc model and of the torch modules in it."""
    found: dict[tuple[int, str], np.ndarray] = {}
    for i, node in enumerate(model.walk()):
        for name in node.param_names:
            if node.has_param(name):
                found[i, name] = np.array(node.get_param(name))
        for shim in node.shims:
            from safetensors.numpy import load

            state = srsly.msgpack_loads(shim.to_bytes())["state"]
            found.update({(i, name): value.copy() for name, value in load(state).items()})
    return found


def write_corpus(path: Path, nlp: Language, target: str = "ents") -> Path:
    """The annotated sentences as a `.spacy` file."""
    docs = [reference_doc(nlp, words, spans, target) for words, spans in ANNOTATED]
    DocBin(docs=docs).to_disk(path)
    return path


def training_config(
    architecture: str, target: str, train_path: Path, dev_path: Path, *, max_steps: int = 30
) -> Config:
    """A complete config for `spacy train`."""
    corpora = {
        name: {"@readers": "spacy.Corpus.v1", "path": str(path)}
        for name, path in (("train", train_path), ("dev", dev_path))
    }
    config = {
        "nlp": {"lang": "en", "pipeline": ["halfree_tagger"]},
        "components": {
            "halfree_tagger": {
                "factory": "halfree_tagger",
                "target": target,
                "model": model_config(architecture),
            }
        },
        "corpora": corpora,
        "training": {
            "train_corpus": "corpora.train",
            "dev_corpus": "corpora.dev",
            "max_steps": max_steps,
            "eval_frequency": max_steps // 2,
            "dropout": 0.0,
            "optimizer": {"@optimizers": "Adam.v1", "learn_rate": 0.01},
        },
    }
    return spacy.util.load_model_from_config(Config(config), auto_fill=True).config
