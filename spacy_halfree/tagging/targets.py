"""From examples to what a model should learn: histories, distributions and weights."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from spacy.training import Example

from ..errors import Errors
from ..types import Bools, Floats, Ints, TaggingBatch, Targets
from .attributes import same_tokens
from .label_tags import LabelTags
from .layers import Layer
from .scheme import UNKNOWN, TagScheme
from .soft_labels import has_soft_labels, load_soft_labels

LEAST_ALLOWED_MASS = 0.5
"""If the constraints forbid more of a teacher's distribution than this leaves, the teacher spoke of
another situation, and nothing is learned from that word."""


@dataclass(frozen=True)
class TargetReader:
    """Reads what there is to learn from examples.

    label_tags: Looks up the tags of the student's labels.
    layer: The annotation layer.
    name: The component's name, for messages.
    use_soft_labels: Whether to prefer a teacher's distributions to the annotation.
    gold_weight: The weight of a word whose tag comes from the annotation; a teacher's has 1.
    """

    label_tags: LabelTags
    layer: Layer
    name: str
    use_soft_labels: bool
    gold_weight: float

    @property
    def scheme(self) -> TagScheme:
        return self.label_tags.scheme

    def __call__(self, examples: Sequence[Example], batch: TaggingBatch) -> Targets:
        """Read the targets of a batch.

        examples: The examples.
        batch: The batch of their predicted docs.
        RETURNS: One row per word of the batch.
        RAISES: ValueError (H003 to H009) if the examples do not suit the component.
        """
        n_tags = self.scheme.n_tags
        tags = np.full(batch.n_words, UNKNOWN, dtype=np.int64)
        distributions = np.zeros((batch.n_words, n_tags), dtype=np.float32)
        is_soft = np.zeros(batch.n_words, dtype=bool)
        word_bounds = np.cumsum([0, *batch.lengths])
        token_start = 0
        for i, example in enumerate(examples):
            rows = slice(word_bounds[i], word_bounds[i + 1])
            words = batch.words[rows] - token_start
            token_start += len(example.predicted)
            if self.use_soft_labels and has_soft_labels(example.reference):
                tags[rows], distributions[rows] = self._soft_targets(example, words)
                is_soft[rows] = True
            else:
                tags[rows] = self.layer.gold_tags(example, self.label_tags, self.name)[words]
        annotated = np.flatnonzero(~is_soft & (tags != UNKNOWN))
        distributions[annotated, tags[annotated]] = 1.0
        return self._constrain(batch, tags, distributions, is_soft)

    def _soft_targets(self, example: Example, words: Ints) -> tuple[Ints, Floats]:
        """Tags and distributions of the predicted words; unknown where tokens do not align."""
        reference = example.reference
        reference_words = self.layer.words(reference)
        soft = load_soft_labels(reference, len(reference_words))
        shared = {"text": reference.text[:80], "name": self.name}
        if soft.target != self.layer.name:
            raise ValueError(
                Errors.H009.format(teacher=soft.target, student=self.layer.name, **shared)
            )
        if set(soft.labels) != set(self.scheme.labels):
            raise ValueError(
                Errors.H006.format(
                    teacher=list(soft.labels), student=list(self.scheme.labels), **shared
                )
            )
        soft = soft.reorder(self.scheme)
        if same_tokens(example):
            return soft.tags, soft.probabilities
        # one place more, so that `UNKNOWN` (-1) leads to itself and then to a row of zeros
        row_of_token = np.full(len(reference) + 1, UNKNOWN, dtype=np.int64)
        row_of_token[reference_words] = np.arange(len(reference_words))
        rows = row_of_token[_aligned_one_to_one(example)[words]]
        no_row = np.zeros((1, self.scheme.n_tags), dtype=np.float32)
        return (
            np.append(soft.tags, UNKNOWN)[rows],
            np.concatenate([soft.probabilities, no_row])[rows],
        )

    def _constrain(
        self,
        batch: TaggingBatch,
        tags: Ints,
        distributions: Floats,
        is_soft: Bools,
    ) -> Targets:
        """Condition on what is pinned, and leave out what the constraints forbid."""
        free = np.ones(batch.n_words, dtype=bool)
        if batch.allowed is not None:
            free = batch.allowed.sum(axis=1) > 1
            tags = np.where(free, tags, batch.allowed.argmax(axis=1))
        previous_tags = self.scheme.previous_tags(tags, batch.lengths)
        legal = self.scheme.transitions[previous_tags]
        if batch.allowed is not None:
            legal = legal & batch.allowed
        distributions = distributions * legal
        mass = distributions.sum(axis=1, keepdims=True)
        known = free & (mass[:, 0] > LEAST_ALLOWED_MASS)
        distributions /= np.where(mass > 0, mass, 1)
        weights = np.where(is_soft, 1.0, self.gold_weight) * known
        return Targets(tags, previous_tags, distributions, weights.astype(np.float32), is_soft)


def _aligned_one_to_one(example: Example) -> Ints:
    """For each predicted token its only counterpart in the reference; `UNKNOWN` if it has none."""
    alignment = example.alignment
    counterparts = np.full(len(example.predicted), UNKNOWN, dtype=np.int64)
    x_lengths = np.asarray(alignment.x2y.lengths)
    y_lengths = np.asarray(alignment.y2x.lengths)
    first = (np.cumsum(x_lengths) - x_lengths)[x_lengths == 1]
    candidates = np.asarray(alignment.x2y.data).reshape(-1)[first]
    counterparts[x_lengths == 1] = np.where(y_lengths[candidates] == 1, candidates, UNKNOWN)
    return counterparts
