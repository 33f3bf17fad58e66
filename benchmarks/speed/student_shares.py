"""Where the CNN's time goes: tok2vec and the rest, its stages, and the limit of the processor."""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import spacy
from spacy.tokens import Doc
from thinc.api import NumpyOps

from spacy_halfree.models.inference.blas_threads import BLAS_THREADS
from spacy_halfree.models.inference.known_layers import find_known_layers
from spacy_halfree.models.inference.token_vectors import CAPACITY, FastTok2Vec
from spacy_halfree.types import Floats, Hashes

from .timing import by_round, in_turns, seconds, spread

BATCH_SIZE = 256
ROWS = 256
"""Words that the CNN's matrix products have at a time."""
PRODUCTS = 2_000
MORE_ROUNDS = 4
"""Rounds for each that others have: these are short, and their differences small."""
STAGES = ("attributes", "look-up", "convolutions", "decoding", "writing")


def batches(items: Sequence[Any], size: int) -> list[list[Any]]:
    return [list(items[i : i + size]) for i in range(0, len(items), size)]


def measure_student(folder: Path, texts: Sequence[str], rounds: int) -> dict[str, Any]:
    """All figures about the CNN; those that are compared have taken turns.

    Args:
        folder: its pipeline.
        texts: what to tag; a first round, which is not counted, makes their words known.
        rounds: how many rounds count.

    Returns:
        Values as median, least and greatest over rounds, and multiply-adds per word: of all, and
        of what is looked up.
    """
    nlp = spacy.load(folder)
    model = nlp.get_pipe("halfree_tagger").model  # type: ignore[attr-defined]
    tok2vec, vectors = model.get_ref("tok2vec"), model.attrs["token_vectors"]
    stages = Stages(nlp)
    unused = batches(make_docs(nlp, texts), BATCH_SIZE)
    n_words = sum(len(doc) for batch in unused for doc in batch)
    width = tok2vec.get_dim("nO")
    left = np.random.default_rng(0).normal(size=(ROWS, 3 * width)).astype(np.float32)
    right = np.random.default_rng(1).normal(size=(3 * width, 3 * width)).astype(np.float32)

    def tag_and_embed(_: int) -> tuple[float, float]:
        # docs can be tagged once only, so every round needs new ones
        docs = batches(make_docs(nlp, texts), BATCH_SIZE)
        whole = part = 0.0
        # batch by batch, so that neither has the machine for itself for longer than the other
        for batch, same in zip(docs, unused, strict=True):
            whole += seconds(partial(list, nlp.pipe(batch, batch_size=BATCH_SIZE)))
            part += seconds(partial(vectors, tok2vec, same))
        return whole, part

    def multiply(product: Callable[[Floats, Floats], Floats]) -> float:
        taken = seconds(lambda: [product(left, right) for _ in range(PRODUCTS)])
        return PRODUCTS * left.size * right.shape[1] / taken

    found: dict[str, list[Any]] = in_turns(
        {
            "tagging": tag_and_embed,
            "numpy": lambda _: multiply(np.matmul),
            "blis": lambda _: multiply(NumpyOps().gemm),
            "stages": lambda _: stages.measure(texts),
        },
        rounds * MORE_ROUNDS,
        uncounted=1,
    )
    speeds = [n_words / whole for whole, _ in found["tagging"]]
    total, looked_up = multiply_adds(model)

    def share_reached(per_word: int) -> dict[str, float]:
        return spread([per_word * own for own in by_round(speeds, found["numpy"])])

    return {
        "tagged_words_per_second": spread(speeds, None),
        "outside_tok2vec": spread([1 - part / whole for whole, part in found["tagging"]]),
        "multiply_adds_per_word": total,
        "looked_up_per_word": looked_up,
        "numpy_product_per_second": spread(found["numpy"], None),
        "blis_product_per_second": spread(found["blis"], None),
        "reached_if_all_were_computed": share_reached(total),
        "reached_without_what_is_looked_up": share_reached(total - looked_up),
        "microseconds_per_word": {
            stage: spread([1e6 * own[stage] / n_words for own in found["stages"]], 2)
            for stage in STAGES
        },
    }


def make_docs(nlp: Any, texts: Sequence[str]) -> list[Doc]:
    return [nlp.make_doc(text) for text in texts]


def multiply_adds(model: Any) -> tuple[int, int]:
    """Multiply-adds of a CNN tagger per word: all, and those of what depends on a lexeme alone.

    What depends on a lexeme is looked up once it is known: the mix of its embeddings, and what it
    adds to the first convolution's scores.
    """
    tok2vec = model.get_ref("tok2vec")
    layers = [
        node.get_dim("nI") * node.get_dim("nO") * node.get_dim("nP")
        for node in tok2vec.walk(order="dfs_pre")
        if node.name == "maxout"
    ]
    decoder = tok2vec.get_dim("nO") * model.get_dim("nO")
    mix, first_convolution, *_ = layers
    return sum(layers) + decoder, mix + first_convolution


class Stages:
    """The parts of a CNN tagger, called one by one.

    nlp: A pipeline with such a tagger.
    """

    def __init__(self, nlp: Any) -> None:
        self.nlp = nlp
        self.tagger = nlp.get_pipe("halfree_tagger")
        tok2vec = self.tagger.model.get_ref("tok2vec")
        layers = find_known_layers(tok2vec)
        assert layers is not None
        self.vectors = FastTok2Vec(tok2vec, layers, CAPACITY)

    def read_attributes(self, docs: Sequence[Doc]) -> Hashes:
        """The attributes that are embedded, of all tokens (n_tokens x n_columns, uint64)."""
        return np.concatenate(self.vectors.extract.predict(list(docs)))

    def measure(self, texts: Sequence[str]) -> Mapping[str, float]:
        """Seconds of each stage for all texts, batch by batch.

        Decoding is what the tagger's prediction takes over the three stages before it.
        """
        vectors = self.vectors
        taken = dict.fromkeys(STAGES, 0.0)

        def run(stage: str, function: Callable[..., Any], *arguments: Any) -> Any:
            start = time.perf_counter()
            # as the tagger does
            with BLAS_THREADS.one():
                result = function(*arguments)
            taken[stage] += time.perf_counter() - start
            return result

        for docs in batches(make_docs(self.nlp, texts), BATCH_SIZE):
            lengths = np.array([len(doc) for doc in docs], dtype=np.int64)
            attributes = run("attributes", self.read_attributes, docs)
            rows, values = run("look-up", vectors.lexemes.look_up, attributes)
            run("convolutions", vectors.encoder.encode, rows, values, lengths)
            predicted = run("decoding", self.tagger.predict, docs)
            run("writing", self.tagger.set_annotations, docs, predicted)
        taken["decoding"] -= sum(taken[stage] for stage in STAGES[:3])
        return taken
