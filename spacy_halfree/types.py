"""What passes between the component, its models and its losses."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Doc
from thinc.types import Floats2d, Ints1d

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Hashes = NDArray[np.uint64]
Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
"""Arrays in numpy, whatever device the model is on."""


@dataclass
class TaggingBatch:
    """Docs, and which tags their words may have, in numpy arrays.

    The words of all docs stand one after another (`n_words` in total). When entities or spans are
    tagged, white-space tokens are no words: they get no tag of their own.

    docs: The docs, in order.
    words (n_words, int64): Index of each word among the tokens of all docs laid end to end.
    lengths (n_docs, int64): The number of words of each doc.
    transitions ((n_tags + 1) x n_tags, bool): Whether a tag (column) may follow a tag (row); the
        last row is the start, which also stands for an unknown tag before.
    labels: The labels, in the order of their tags. Tags that are no label's (`O` and `I`, when
        spans are tagged) come before these.
    allowed (n_words x n_tags, bool): Whether a word may have a tag, whatever stands before it;
        None where nothing is annotated yet, so that every word may have every tag.
    """

    docs: list[Doc]
    words: Ints
    lengths: Ints
    transitions: Bools
    labels: tuple[str, ...]
    allowed: Bools | None = None

    @property
    def n_words(self) -> int:
        return int(self.words.shape[0])

    @property
    def n_tags(self) -> int:
        return int(self.transitions.shape[1])

    @property
    def start(self) -> int:
        """The row of `transitions` for the beginning of a text."""
        return self.n_tags


@dataclass
class Prediction:
    """A tag for each word, and the distribution it was taken from, on the model's device.

    tags (n_words, int64): The decoded tags; under given previous tags, each word's best tag.
    probabilities (n_words x n_tags, float32): p(tag | the tags before, text), zero where a tag is
        not allowed; each row sums to 1. None only in training, from a model that learns to write
        its target text and nothing else.
    text_loss: In training, the loss of the target text in nats per known word, from a model that
        learns to write it; it gets its gradient whatever else is backpropagated.
    """

    tags: Ints1d
    probabilities: Floats2d | None
    text_loss: float = 0.0


@dataclass
class Targets:
    """What a batch's words should be, for teacher forcing and for the loss, in numpy arrays.

    tags (n_words, int64): The tag of each word, -1 where it is not known.
    previous_tags (n_words, int64): The tag before each word; the start row where there is none, or
        where it is not known.
    distributions (n_words x n_tags, float32): The distribution to learn; rows sum to 1.
    weights (n_words, float32): 0 where nothing is known about a word.
    is_soft (n_words, bool): Whether the distribution is a teacher's.
    """

    tags: Ints
    previous_tags: Ints
    distributions: Floats
    weights: Floats
    is_soft: Bools
