"""What a pretrained decoder has read, kept once however many continuations are tried.

The classes here stand in for the key-value caches of `transformers`, so that its decoders can be
asked to continue any texts, at any position, without anything being read twice.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from transformers.cache_utils import EncoderDecoderCache

from ...types import Ints
from .attention import KeyValues
from .transformers_versions import GivenCache


@dataclass
class DecoderMemory:
    """Keys and values of several texts, per layer of the decoder.

    states (n_texts x input length x width): The encoder's states.
    mask (n_texts x input length, int64): 1 where these are no padding.
    cross: The keys and values of the encoder's states.
    own: Those of the target so far (n_texts x heads x capacity x width of a head).
    lengths (n_texts, int64): How much of that room each text has taken.
    """

    states: Tensor
    mask: Tensor
    cross: list[KeyValues]
    own: list[KeyValues]
    lengths: Ints

    def with_room(self, capacity: int) -> "DecoderMemory":
        """The same with room for targets of `capacity` tokens."""

        def widen(tensor: Tensor) -> Tensor:
            n, heads, length, width = tensor.shape
            room = tensor.new_empty((n, heads, max(capacity, length), width))
            room[:, :, :length] = tensor
            return room

        return replace(self, own=[layer.map(widen) for layer in self.own])

    def write(self, texts: Ints, positions: Ints, new: list[KeyValues]) -> None:
        """Remember further tokens.

        texts (n, int64): Which texts they belong to; each stands once.
        positions (n, int64): The place of the first one in each target.
        new: Their keys and values (n x heads x n_tokens x width of a head), per layer.
        """
        n_tokens = new[0].keys.shape[2]
        device = self.mask.device
        rows = torch.as_tensor(texts, device=device)[:, None]
        columns = torch.as_tensor(positions[:, None] + np.arange(n_tokens), device=device)
        for own, layer in zip(self.own, new, strict=True):
            own.keys[rows, :, columns] = layer.keys.transpose(1, 2)
            own.values[rows, :, columns] = layer.values.transpose(1, 2)


@dataclass(frozen=True)
class Step:
    """Further tokens of targets; several rows may continue the same text.

    tokens (n_rows x n_new, int64): The further tokens.
    texts (n_rows, int64): The text that each row continues.
    lengths (n_rows, int64): How much of its target each row has before it.
    path: Keys and values of tokens after these (n_rows x heads x n_between x width of a head), per
        layer, that were not appended.
    append: Whether to write the new tokens into the memory; each text stands once, then.
    alternatives: Whether a row's new tokens are alternatives, which do not see each other.
    """

    tokens: Tensor
    texts: Ints
    lengths: Ints
    path: list[KeyValues] | None = None
    append: bool = False
    alternatives: bool = False

    def rows(self, chosen: Ints) -> "Step":
        """Some of the rows (n_chosen, int64)."""
        on_device = torch.as_tensor(chosen, device=self.tokens.device)
        path = self.path
        if path is not None:
            path = [layer.map(lambda tensor: tensor[on_device]) for layer in path]
        return replace(
            self,
            tokens=self.tokens[on_device],
            texts=self.texts[chosen],
            lengths=self.lengths[chosen],
            path=path,
        )


class Continuation(GivenCache):
    """The self-attention's cache of one step: sees a memory, and gathers what is new.

    All targets are laid out so that they end in the same column; what is free before the shorter
    ones is masked.

    memory: What was read before.
    step: What is read now.
    """

    def __init__(self, memory: DecoderMemory, step: Step) -> None:
        super().__init__()
        texts, lengths, path = step.texts, step.lengths, step.path
        n_new = step.tokens.shape[1]
        self.memory = memory
        self.path = path
        self.texts = texts
        self.longest = int(lengths.max())
        self.is_even = bool((lengths == self.longest).all())
        self.is_first = np.array_equal(texts, np.arange(len(texts)))
        # nothing has to be copied if the rows are the first texts, all equally far
        self.in_place = step.append and self.is_even and self.is_first and path is None
        self.new: list[KeyValues] = []
        device = memory.mask.device
        self._rows = torch.as_tensor(texts, device=device)
        columns = np.arange(self.longest) + (lengths - self.longest)[:, None]
        self._columns = torch.as_tensor(columns.clip(min=0), device=device)
        n_path = 0 if path is None else path[0].keys.shape[2]
        self.n_seen = self.longest + n_path
        self.mask: Tensor | None = None
        if step.alternatives or not self.is_even:
            is_there = np.pad(columns >= 0, ((0, 0), (0, n_path + n_new)), constant_values=True)
            self.mask = torch.as_tensor(is_there.astype(np.int64), device=device)
            if step.alternatives:
                self.mask = self._mask_alternatives(self.mask, n_new)

    def _mask_alternatives(self, seen: Tensor, n_new: int) -> Tensor:
        """What to add to attention scores (n_rows x 1 x n_new x length): 0 for what is seen."""
        visible = seen[:, None, None, :].repeat(1, 1, n_new, 1).bool()
        visible[:, :, :, self.n_seen :] &= torch.eye(n_new, dtype=torch.bool, device=seen.device)
        dtype = self.memory.states.dtype
        nothing = torch.zeros(visible.shape, dtype=dtype, device=seen.device)
        return nothing.masked_fill(~visible, torch.finfo(dtype).min)

    def update(
        self,
        key_states: Tensor,
        value_states: Tensor,
        layer_idx: int,
        *further: object,
        **settings: object,
    ) -> tuple[Tensor, Tensor]:
        """Take a layer's new keys and values (n_rows x heads x n_new x width of a head).

        RETURNS: All that the rows see, the new ones last.
        """
        self.new.append(KeyValues(key_states, value_states))
        own = self.memory.own[layer_idx]
        if self.in_place:
            n, end = len(self.texts), self.longest + key_states.shape[2]
            own.keys[:n, :, self.longest : end] = key_states
            own.values[:n, :, self.longest : end] = value_states
            return own.keys[:n, :, :end], own.values[:n, :, :end]
        between = [] if self.path is None else [self.path[layer_idx]]
        return (
            torch.cat([self._seen(own.keys), *(kv.keys for kv in between), key_states], dim=2),
            torch.cat([self._seen(own.values), *(kv.values for kv in between), value_states], 2),
        )

    def _seen(self, own: Tensor) -> Tensor:
        if self.is_even:
            own = own[:, :, : self.longest]
            return own[: len(self.texts)] if self.is_first else own[self._rows]
        return own[self._rows[:, None], :, self._columns].transpose(1, 2)

    def get_seq_length(self, layer_idx: int | None = 0) -> int:
        return self.n_seen

    def with_encoder(self) -> EncoderDecoderCache:
        """The cache to hand over, cross-attention included."""
        return EncoderDecoderCache(self, _CrossAttention(self))

    def select(self, tensor: Tensor) -> Tensor:
        """The rows' texts in a tensor of all texts."""
        return tensor[: len(self.texts)] if self.is_first else tensor[self._rows]


class _CrossAttention(GivenCache):
    """Keys and values of the encoder's states, chosen layer by layer when they are needed."""

    def __init__(self, rows: Continuation) -> None:
        super().__init__([_Selected(rows, layer) for layer in rows.memory.cross])
        self.length = int(rows.memory.states.shape[1])

    def get_seq_length(self, layer_idx: int | None = 0) -> int:
        return self.length


class _Selected:
    """The rows' texts in a layer of all texts."""

    is_sliding = False
    is_compileable = False

    def __init__(self, rows: Continuation, layer: KeyValues) -> None:
        self._rows = rows
        self._layer = layer

    @property
    def keys(self) -> Tensor:
        return self._rows.select(self._layer.keys)

    @property
    def values(self) -> Tensor:
        return self._rows.select(self._layer.values)

    def get_seq_length(self) -> int:
        return int(self._layer.keys.shape[2])
