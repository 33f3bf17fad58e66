"""Between labels and tags: which tags there are, which may follow which, and what they spell.

Two schemes:

- *spans* (SIO): `O` outside, `I` inside, and one tag per label for a span's first word. With as
  few as `labels + 2` tags, two adjacent spans of one label stay apart. After the "simplified
  inside" format of Raman et al. 2022 (arXiv 2203.08378).
- *tokens*: one tag per label.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..types import Bools, Ints

OUTSIDE = 0
INSIDE = 1
FIRST_LABEL = 2
UNKNOWN = -1
"""Stands for the tag of a word about which nothing is known."""


@dataclass(frozen=True)
class TagScheme:
    """The tags for a tuple of labels.

    labels: The labels, in the order of their tags.
    spans: Whether the labels are those of spans (SIO) rather than of single tokens.
    """

    labels: tuple[str, ...]
    spans: bool

    @property
    def n_tags(self) -> int:
        return len(self.labels) + self.offset

    @property
    def offset(self) -> int:
        """The tag of the first label."""
        return FIRST_LABEL if self.spans else 0

    @property
    def start(self) -> int:
        """The row of `transitions` for the beginning of a text; also: unknown tag before."""
        return self.n_tags

    @property
    def tag_names(self) -> tuple[str, ...]:
        """A name for each tag; that of a label is the label, unless another tag has that name."""
        if not self.spans:
            return self.labels
        names = ["O", "I"]
        for label in self.labels:
            name = label
            while name in names or (name != label and name in self.labels):
                name = f"B-{name}"
            names.append(name)
        return tuple(names)

    @cached_property
    def transitions(self) -> Bools:
        """(n_tags + 1) x n_tags: whether a tag (column) may follow a tag or the start (row)."""
        allowed = np.ones((self.n_tags + 1, self.n_tags), dtype=bool)
        if self.spans:
            allowed[OUTSIDE, INSIDE] = False
            allowed[self.start, INSIDE] = False
        return allowed

    def previous_tags(self, tags: Ints, lengths: Ints) -> Ints:
        """The tag before each word.

        tags (n_words): The tags of all texts, end to end; `UNKNOWN` where not known.
        lengths (n_texts): The number of words of each text.
        RETURNS (n_words): The tag before; the start row at beginnings and after unknown tags.
        """
        previous_tags = np.full(len(tags), self.start, dtype=np.int64)
        previous_tags[1:] = np.where(tags[:-1] == UNKNOWN, self.start, tags[:-1])
        previous_tags[first_words(lengths)] = self.start
        return previous_tags


def first_words(lengths: Ints) -> Ints:
    """The index of the first word of each text that has any, texts laid end to end.

    lengths (n_texts): The number of words of each text.
    """
    starts = np.cumsum(lengths) - lengths
    return starts[lengths > 0]


def tags_from_iob(iob: Ints, label_tags: Ints) -> Ints:
    """Tags of the spans scheme from IOB codes.

    iob (n_words): spaCy's codes: 0 missing, 1 inside, 2 outside, 3 beginning.
    label_tags (n_words): The tag of each word's label; read at beginnings only.
    RETURNS (n_words): Tags, `UNKNOWN` where the annotation is missing.
    """
    tags = np.full(iob.shape, UNKNOWN, dtype=np.int64)
    tags[iob == 1] = INSIDE
    tags[iob == 2] = OUTSIDE
    beginnings = iob == 3
    tags[beginnings] = label_tags[beginnings]
    return tags


def spans_from_tags(tags: Ints, lengths: Ints) -> tuple[Ints, Ints, Ints]:
    """Read the spans out of legal tag sequences of the spans scheme.

    tags (n_words): The tags of all texts, end to end.
    lengths (n_texts): The number of words of each text.
    RETURNS: For every span its first word, its last word (both indices into `tags`, the last one
        included) and the index of its label.
    """
    begins_text = np.zeros(len(tags), dtype=bool)
    begins_text[first_words(lengths)] = True
    first = np.flatnonzero(tags >= FIRST_LABEL)
    boundaries = np.append(np.flatnonzero((tags != INSIDE) | begins_text), len(tags))
    last = boundaries[np.searchsorted(boundaries, first, side="right")] - 1
    return first, last, tags[first] - FIRST_LABEL
