"""A transformer decoder's layer, for whole sequences and for some steps at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass
class KeyValues:
    """What attention looks at.

    keys, values (n x heads x length x width of a head, float): One of each per position.
    """

    keys: Tensor
    values: Tensor

    def map(self, function: Callable[[Tensor], Tensor]) -> "KeyValues":
        """Apply a function to both."""
        return KeyValues(function(self.keys), function(self.values))

    def first(self, n: int, length: int | None = None) -> "KeyValues":
        """Those of the first n sequences, up to a length."""
        return self.map(lambda tensor: tensor[:n, :, :length])

    @classmethod
    def cat(cls, parts: Sequence["KeyValues"]) -> "KeyValues":
        """Those of several batches of sequences."""
        return cls(torch.cat([kv.keys for kv in parts]), torch.cat([kv.values for kv in parts]))


class Attention(nn.Module):
    """Multi-head attention whose keys and values can be computed beforehand.

    width: Of the states.
    heads: How many heads share it.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.output = nn.Linear(width, width)

    def key_values(self, states: Tensor) -> KeyValues:
        """states (n x length x width)."""
        return KeyValues(self._split(self.key(states)), self._split(self.value(states)))

    def forward(
        self,
        states: Tensor,
        seen: KeyValues,
        *,
        mask: Tensor | None = None,
        causal: bool = False,
        dropout: float = 0.0,
    ) -> Tensor:
        """Let states look at keys and values.

        states (n x length x width): Who looks.
        seen: What they look at.
        mask (n x 1 x 1 x seen length, bool): What may be seen; None for all of it.
        causal: Whether a state sees only what is not after itself, the states being the last ones
            of what is seen; without a mask.
        dropout: Share of attention weights dropped.
        RETURNS (n x length x width).
        """
        assert mask is None or not causal
        length, n_seen = states.shape[1], seen.keys.shape[2]
        if causal and 1 < length < n_seen:
            every = torch.ones((length, n_seen), dtype=torch.bool, device=states.device)
            mask, causal = every.tril(n_seen - length), False
        attended = F.scaled_dot_product_attention(
            self._split(self.query(states)),
            seen.keys,
            seen.values,
            attn_mask=mask,
            # a single state is the last one, and sees everything
            is_causal=causal and length > 1,
            dropout_p=dropout,
        )
        return self.output(attended.transpose(1, 2).flatten(2))

    def _split(self, states: Tensor) -> Tensor:
        return states.unflatten(2, (self.heads, -1)).transpose(1, 2)


class DecoderLayer(nn.Module):
    """Self-attention, cross-attention and feed-forward, each added and normalized (post-norm).

    The shapes and their order are BERT's.

    width: Of the states.
    heads: The number of attention heads.
    hidden_width: Of the feed-forward part.
    """

    def __init__(self, width: int, heads: int, hidden_width: int) -> None:
        super().__init__()
        self.self_attention = Attention(width, heads)
        self.self_norm = nn.LayerNorm(width)
        self.cross_attention = Attention(width, heads)
        self.cross_norm = nn.LayerNorm(width)
        self.expand = nn.Linear(width, hidden_width)
        self.contract = nn.Linear(hidden_width, width)
        self.output_norm = nn.LayerNorm(width)

    def forward(
        self,
        states: Tensor,
        own: KeyValues,
        memory: KeyValues,
        *,
        memory_mask: Tensor | None,
        dropout: float = 0.0,
    ) -> Tensor:
        """Run the layer.

        states (n x length x width): The layer's input.
        own: Keys and values of the layer's input so far, these as its last ones included.
        memory: Keys and values of the encoder's states.
        memory_mask (n x 1 x 1 x memory length, bool): Where the memory is no padding; None if
            nowhere.
        dropout: Share of values dropped.
        RETURNS (n x length x width): The layer's output.
        """
        attended = self.self_attention(states, own, causal=True, dropout=dropout)
        states = self.self_norm(states + F.dropout(attended, dropout, dropout > 0))
        attended = self.cross_attention(states, memory, mask=memory_mask, dropout=dropout)
        states = self.cross_norm(states + F.dropout(attended, dropout, dropout > 0))
        hidden = self.contract(F.gelu(self.expand(states)))
        return self.output_norm(states + F.dropout(hidden, dropout, dropout > 0))


def no_padding(padding: Tensor) -> Tensor | None:
    """A mask (n x 1 x 1 x length) of what is no padding (n x length), None if there is none."""
    return None if not bool(padding.any()) else torch.logical_not(padding)[:, None, None, :]
