"""First guesses of tags, for a decoder that reads several words at once."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Draft(nn.Module):
    """Guesses each word's tag from the encoder's state alone, by a linear layer.

    It decides nothing: the better it guesses, the less is computed in vain. It starts at 0, and
    learns beside the decoder without any influence on what that or the encoder learn.

    width: Of the encoder's states.
    n_tags: The number of tags.
    """

    def __init__(self, width: int, n_tags: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(n_tags, width))
        self.bias = nn.Parameter(torch.zeros(n_tags))

    def forward(self, vectors: Tensor) -> Tensor:
        """vectors (n_words x width): The encoder's states. RETURNS (n_words x n_tags): Scores."""
        return F.linear(vectors, self.weight, self.bias)

    def attach_loss(self, logits: Tensor, vectors: Tensor, previous_tags: Tensor) -> Tensor:
        """Train the draft whenever a gradient comes back to the decoder's scores.

        logits (n_words x n_tags): These scores.
        vectors (n_words x width): The encoder's states.
        previous_tags (n_words, int64): The tag before each word, `n_tags` where a text begins:
            what the draft is to guess at the word before. No word follows the last one of a text.
        RETURNS (n_words x n_tags): The same scores, to be used instead.
        """
        tags = previous_tags[1:].masked_fill(previous_tags[1:] == len(self.bias), IGNORED)
        scores = self(vectors[:-1].detach())
        loss = F.cross_entropy(scores, tags, ignore_index=IGNORED, reduction="sum")
        return _AddLoss.apply(logits, loss)


IGNORED = -100


class _AddLoss(torch.autograd.Function):
    """Leaves a tensor as it is, and sends a gradient of 1 to a loss when one comes back to it."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, loss: Tensor) -> Tensor:
        return values.view_as(values)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor]:
        return gradient, gradient.new_ones(())
