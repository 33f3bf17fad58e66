"""`spacy.MaxoutWindowEncoder`, with as few passes over memory as possible.

Every layer is x + LayerNorm(maxout(W [x_before, x, x_after] + b)). The rows of a batch are worked
through in chunks that stay in the processor's cache from the first layer to the last, each chunk
with as many rows on either side as all layers together look beyond it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from thinc.api import Model

from ...types import Floats, Ints
from .lexeme_table import Values

CHUNK = 256
"""Rows at a time: the fastest of 128 to 4,096 where it was measured, with next to no difference
between 256 and 512; a chunk's arrays of every step fit the usual second-level cache."""
EPSILON = 1e-8
"""What thinc's layer norm adds to the variance."""


@dataclass(frozen=True)
class WindowLayer:
    """The parameters of a layer.

    weights (n_neighbours * width x n_pieces * width, float32): Piece after piece.
    bias (n_pieces * width, float32): Likewise.
    gain (width, float32): Of the layer norm.
    shift (width, float32): Of the layer norm.
    """

    weights: Floats
    bias: Floats
    gain: Floats
    shift: Floats

    def activate(self, scores: Floats) -> Floats:
        """LayerNorm(maxout(scores)).

        scores (n_rows x n_pieces * width, float32): The scores, with the bias.
        RETURNS (n_rows x width, float32): A new array.
        """
        width = len(self.gain)
        pieces = [scores[:, i : i + width] for i in range(0, scores.shape[1], width)]
        best = pieces[0].copy() if len(pieces) == 1 else np.maximum(pieces[0], pieces[1])
        for piece in pieces[2:]:
            np.maximum(best, piece, out=best)
        # a product with a vector takes a fifth of the time of numpy's mean over rows this short
        best -= (best @ np.full(width, 1 / width, dtype=np.float32))[:, None]
        variance = np.einsum("ij,ij->i", best, best) / np.float32(width)
        best *= (1 / np.sqrt(variance + np.float32(EPSILON)))[:, None]
        best *= self.gain
        best += self.shift
        return best


def read_layer(maxout: Model, layer_norm: Model) -> WindowLayer:
    """Gather a layer's parameters from spaCy's own."""
    W, b = maxout.get_param("W"), maxout.get_param("b")
    n_outputs, n_pieces, n_inputs = W.shape
    by_piece = W.transpose(1, 0, 2).reshape(n_pieces * n_outputs, n_inputs)
    return WindowLayer(
        weights=np.ascontiguousarray(by_piece.T),
        bias=b.T.reshape(-1),
        gain=layer_norm.get_param("G"),
        shift=layer_norm.get_param("b"),
    )


class WindowEncoder:
    """The layers of an encoder, the first of which is looked up rather than computed.

    What a token adds to the first layer's scores, its own and its neighbours', depends on the
    token alone: it is computed once per lexeme, as its vector is.

    layers: The parameters, first layer first.
    window_size: How many tokens to either side a layer reads.
    """

    def __init__(self, layers: Sequence[WindowLayer], window_size: int) -> None:
        self.layers = layers
        self.window_size = window_size
        self.width = len(layers[0].gain)
        self.reach = window_size * len(layers)
        """How many tokens to either side all layers together read."""

    def project(self, vectors: Floats) -> Values:
        """What lexemes add to the first layer's scores, at each place of its window.

        vectors (n x width, float32): The lexemes' vectors.
        RETURNS: The vectors themselves, and for each place an array (n x n_pieces * width,
            float32); that of the middle, the token's own, has the bias in it.
        """
        first = self.layers[0]
        by_place = first.weights.reshape(2 * self.window_size + 1, self.width, -1)
        scores = [vectors @ weights for weights in by_place]
        scores[self.window_size] += first.bias
        return (vectors, *scores)

    def encode(self, rows: Ints, lexemes: Values, lengths: Ints) -> Floats:
        """Encode texts.

        rows (n_tokens, int64): The row of each token's lexeme, texts laid end to end.
        lexemes: What `project` returned for the lexemes; row 0 is that of a vector of zeros.
        lengths (n_texts, int64): The number of tokens of each text.
        RETURNS (n_tokens x width, float32): The encoded tokens.
        """
        reach = self.reach
        # as many rows of zeros around every text as the layers read beyond its ends
        places = np.arange(len(rows)) + reach * (1 + np.repeat(np.arange(len(lengths)), lengths))
        padded = np.zeros(len(rows) + reach * (len(lengths) + 1), dtype=np.int64)
        padded[places] = rows
        encoded = np.empty((len(padded), self.width), dtype=np.float32)
        last = len(padded) - reach
        for start in range(reach, last, CHUNK):
            end = min(start + CHUNK, last)
            encoded[start:end] = self._encode_chunk(padded[start - reach : end + reach], lexemes)
        return encoded[places]

    def _encode_chunk(self, rows: Ints, lexemes: Values) -> Floats:
        """Encode consecutive tokens, but for those at the ends that serve as context only."""
        vectors, *by_place = lexemes
        n_places, n_rows = len(by_place), len(rows) - 2 * self.window_size
        scores = by_place[0].take(rows[:n_rows], axis=0)
        for place in range(1, n_places):
            scores += by_place[place].take(rows[place : place + n_rows], axis=0)
        own = rows[self.window_size : self.window_size + n_rows]
        encoded = self.layers[0].activate(scores)
        encoded += vectors.take(own, axis=0)
        for layer in self.layers[1:]:
            scores = windows(encoded, n_places) @ layer.weights
            scores += layer.bias
            context = encoded
            encoded = layer.activate(scores)
            encoded += context[self.window_size : len(context) - self.window_size]
        return encoded


def windows(rows: Floats, size: int) -> Floats:
    """Every `size` consecutive rows, side by side.

    rows (n x width, float32): The rows, contiguous.
    RETURNS (n - size + 1 x size * width, float32): A new array.
    """
    shape = (len(rows) - size + 1, size * rows.shape[1])
    # a view, whose rows overlap; the matrix product would copy it in a slower way
    return np.ndarray(shape, rows.dtype, buffer=rows, strides=rows.strides).copy()
