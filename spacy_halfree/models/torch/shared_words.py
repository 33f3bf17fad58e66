"""What tags have in common because their labels' names have words in common."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn


class TagTables(NamedTuple):
    """A row for each tag.

    embedding ((n_tags + 1) x width): Embeddings of the tag before a word; the last one is the
        start's.
    output (n_tags x width): Weights of the output layer.
    """

    embedding: Tensor
    output: Tensor


class SharedWords(nn.Module):
    """Embeddings and output weights of words that several labels' names have.

    label_words: For each label the numbers of such words.
    n_tags: The number of tags; those of the labels come last.
    width: The width of the rows.
    """

    def __init__(self, label_words: Sequence[Sequence[int]], n_tags: int, width: int) -> None:
        super().__init__()
        n_words = 1 + max(word for words in label_words for word in words)
        membership = torch.zeros(n_tags + 1, n_words)
        for tag, words in enumerate(label_words, start=n_tags - len(label_words)):
            membership[tag, list(words)] = 1.0
        self.membership: Tensor
        # follows from the labels, so it is no weight to be saved
        self.register_buffer("membership", membership, persistent=False)
        self.embeddings = nn.Parameter(torch.zeros(n_words, width))
        self.outputs = nn.Parameter(torch.zeros(n_words, width))

    def add_to(self, own: TagTables) -> TagTables:
        """The sum of the tags' own rows and those of their words; the start has no words."""
        return TagTables(
            own.embedding + self.membership @ self.embeddings,
            own.output + (self.membership @ self.outputs)[:-1],
        )
