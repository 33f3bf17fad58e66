"""Taggers against hostile docs.

    python -m benchmarks.robustness.fuzz --docs 100000

Taggers with random weights (so that they find something everywhere) tag docs as nobody would wish
for them, and what must not be is counted: see `violations.py`.
"""

import sys
from collections import Counter
from functools import cache
from typing import Annotated, Any

import numpy as np
import spacy
import typer
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from spacy.language import Language
from spacy.training import Example

from spacy_halfree.pipeline.tagger import HalfreeTagger

from .hostile_docs import LABELS, LANGUAGES, HostileDoc, hostile_docs
from .violations import find_violations

TARGETS = ("ents", "spans", "tags")
# the decoder takes its time: a step for each word
ARCHITECTURES = ("first_order", "first_order", "first_order", "aligned")
THRESHOLDS = (0.0, 0.5)
DOCS_AT_A_TIME = 10


@cache
def make_pipeline(language: str, architecture: str, target: str) -> Language:
    """A pipeline of a small tagger with random weights."""
    tok2vec = {
        "@architectures": "spacy.HashEmbedCNN.v2",
        "pretrained_vectors": None,
        "width": 16,
        "depth": 2,
        "embed_size": 100,
        "window_size": 1,
        "maxout_pieces": 2,
        "subword_features": True,
    }
    model: dict[str, Any] = {"@architectures": "halfree.FirstOrderTagger.v1", "tok2vec": tok2vec}
    if architecture == "aligned":
        model |= {
            "@architectures": "halfree.AlignedSeq2Seq.v1",
            "heads": 2,
            # so that longer texts need several
            "window": 40,
            "margin": 8,
        }
    nlp = spacy.blank(language)
    config = {"model": model, "target": target, "labels": list(LABELS)}
    tagger: HalfreeTagger = nlp.add_pipe("halfree_tagger", config=config)  # type: ignore[assignment]
    example = Example.from_dict(nlp.make_doc("a b"), {})
    nlp.initialize(lambda: [example])
    generator = np.random.default_rng(0)
    for node in tagger.model.walk():
        for name in node.param_names:
            if node.has_param(name):
                shape = node.get_param(name).shape
                node.set_param(name, generator.normal(size=shape).astype(np.float32))
    return nlp


def run(n_docs: int, random_seed: int) -> Counter[str]:
    """Fuzz all architectures and targets.

    n_docs: How many docs; each is tagged once.
    random_seed: Of the docs.
    RETURNS: How often each violation occurred, and under "docs" how many docs were tagged.
    """
    counts: Counter[str] = Counter(docs=0)

    @seed(random_seed)
    @settings(
        max_examples=-(-n_docs // DOCS_AT_A_TIME),
        deadline=None,
        database=None,
        # a violation is counted rather than raised, so nothing is to be made smaller
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        st.lists(hostile_docs(), min_size=DOCS_AT_A_TIME, max_size=DOCS_AT_A_TIME),
        st.builds(
            make_pipeline,
            st.sampled_from(LANGUAGES),
            st.sampled_from(ARCHITECTURES),
            st.sampled_from(TARGETS),
        ),
        st.sampled_from(THRESHOLDS),
        st.booleans(),
    )
    def fuzz(plans: list[HostileDoc], nlp: Language, threshold: float, store_probs: bool) -> None:
        tagger: HalfreeTagger = nlp.get_pipe("halfree_tagger")  # type: ignore[assignment]
        tagger.threshold = 0.0 if tagger.target == "tags" else threshold
        tagger.store_probs = store_probs
        docs = [plan.build(nlp) for plan in plans]
        counts["docs"] += len(docs)
        for violation in find_violations(tagger, docs):
            counts[violation] += 1
            sys.stderr.write(f"{tagger.model.name}, {tagger.target}: {violation}\n")

    fuzz()
    return counts


def main(
    docs: Annotated[int, typer.Option(help="How many docs.")] = 100_000,
    seed: Annotated[int, typer.Option(help="Of the docs.")] = 0,
) -> None:
    """Print how many docs were tagged, and how many violations there were."""
    counts = run(docs, seed)
    n_docs = counts.pop("docs")
    print(f"{n_docs} docs, {sum(counts.values())} violations")
    raise typer.Exit(1 if counts else 0)


if __name__ == "__main__":
    typer.run(main)
