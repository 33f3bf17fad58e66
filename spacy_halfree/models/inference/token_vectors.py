"""A tok2vec's vectors of a batch: by spaCy's own layers, or faster where these are known."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Floats2d

from ...types import Floats, Hashes
from .blas_threads import BLAS_THREADS
from .known_layers import KnownLayers, find_known_layers
from .lexeme_table import LexemeTable, Values
from .window_encoder import WindowEncoder, read_layer

Tok2Vec: TypeAlias = Model[list[Doc], list[Floats2d]]
N_SAMPLES = 8
CAPACITY = 10_000
"""Lexemes for which something is kept: the words of a domain, in some 40 MB at the usual width."""


class TokenVectors:
    """Turns docs into one array of vectors, with spaCy's layers and weights.

    A `spacy.HashEmbedCNN` without static vectors, or what else is made of `spacy.MultiHashEmbed`
    and `spacy.MaxoutWindowEncoder`, is taken over on the CPU: the same sums in another order,
    so that vectors differ by less than 1e-5 of their size. Any other tok2vec computes for itself.

    What is kept of a tok2vec is thrown away when its weights change: when a parameter is another
    array than before, or when one of a few numbers of every matrix is another, as all of them are
    after a step of training. (Editing single rows of an embedding in place goes unnoticed.)

    capacity: The most lexemes for which something is kept.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.capacity = capacity
        self._fast: FastTok2Vec | None = None

    def __deepcopy__(self, memo: object) -> "TokenVectors":
        return TokenVectors(self.capacity)

    def __reduce__(self) -> tuple[type["TokenVectors"], tuple[int]]:
        return TokenVectors, (self.capacity,)

    def forget(self) -> None:
        """Throw away what is kept."""
        self._fast = None

    def __call__(self, tok2vec: Tok2Vec, docs: Sequence[Doc]) -> Floats2d:
        """Compute the vectors of all tokens.

        tok2vec: Gives a vector for each token.
        docs: The docs.
        RETURNS (n_tokens x width, float32): Their vectors, docs laid end to end.
        """
        fast = self._fast
        if fast is None or not fast.weights.are_those_of(tok2vec):
            layers = find_known_layers(tok2vec)
            if layers is None:
                return tok2vec.ops.flatten(tok2vec.predict(list(docs)))
            fast = self._fast = FastTok2Vec(tok2vec, layers, self.capacity)
        return fast(docs)


class Weights:
    """What tells, in little time, whether a model's weights have changed.

    model: The model.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        nodes = list(model.walk())
        self._layers = [(node, list(node.layers)) for node in nodes if node.layers]
        # kept, so that no other array can get the identity of one
        self._parameters = [
            (node, name, node.get_param(name))
            for node in nodes
            for name in node.param_names
            if node.has_param(name)
        ]
        self._views = [sampled(array) for _, _, array in self._parameters]
        self._samples = self._read_samples()

    def _read_samples(self) -> list[bytes]:
        pairs = zip(self._parameters, self._views, strict=True)
        return [
            # what was sampled out of rows that do not follow each other is no view
            (view if array.flags.c_contiguous else sampled(array)).tobytes()
            for (_, _, array), view in pairs
        ]

    def are_those_of(self, model: Model) -> bool:
        """Whether this is the same model, with the same layers, parameters and samples of these."""
        return (
            model is self.model
            and all(node.layers == layers for node, layers in self._layers)
            and all(node.maybe_get_param(name) is array for node, name, array in self._parameters)
            and self._read_samples() == self._samples
        )


def sampled(parameter: Floats) -> Floats:
    """A few numbers of an array: a view, if its rows follow each other in memory."""
    flat = parameter.reshape(-1)
    return flat[:: max(len(flat) // N_SAMPLES, 1)]


class FastTok2Vec:
    """A tok2vec with known layers, as long as it has the weights of today."""

    def __init__(self, tok2vec: Tok2Vec, layers: KnownLayers, capacity: int) -> None:
        self.weights = Weights(tok2vec)
        self.extract = layers.extract
        self.encoder = WindowEncoder(
            [read_layer(maxout, layer_norm) for maxout, layer_norm in layers.convolutions],
            layers.window_size,
        )

        def compute(attributes: Hashes) -> Values:
            return self.encoder.project(layers.mix.predict(layers.embed.predict(attributes)))

        padding = self.encoder.project(np.zeros((1, self.encoder.width), dtype=np.float32))
        self.lexemes = LexemeTable(compute, layers.n_columns, padding, capacity)

    def __call__(self, docs: Sequence[Doc]) -> Floats:
        lengths = np.array([len(doc) for doc in docs], dtype=np.int64)
        if not lengths.sum():
            return np.zeros((0, self.encoder.width), dtype=np.float32)
        attributes = np.concatenate(self.extract.predict(list(docs)))
        with BLAS_THREADS.one():
            rows, values = self.lexemes.look_up(attributes)
            return self.encoder.encode(rows, values, lengths)
