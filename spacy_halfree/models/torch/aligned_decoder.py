"""A causal decoder that is aligned with its encoder word by word."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ...types import Bools, Ints
from ..constrained import greedy_order
from ..windows import WindowBatch, join_rounds, window_rounds
from .attention import DecoderLayer, KeyValues, no_padding
from .decoding import Decoding
from .draft import Draft
from .shared_words import SharedWords, TagTables

MOST_IN_BLOCKS = 4
"""The most texts that are decoded one by one, in blocks of words: a step for each word has its
overhead whatever the number of texts."""
BLOCK = 64
"""Words in a block: with more of them there are fewer blocks, but more is computed in vain after a
tag that was guessed wrong."""


@dataclass(frozen=True)
class DecoderSizes:
    """The sizes of an `AlignedDecoder`, as they are saved.

    width: The width of the encoder's states.
    n_tags: The number of tags.
    layers: The number of layers.
    heads: The number of attention heads.
    hidden_factor: The width of the feed-forward part, as a multiple of `width`.
    window: The most words seen at a time.
    margin: Words at inner edges of windows that serve as context only.
    label_words: For each label the numbers of the words of its name that other labels' names have
        too; the labels' tags are the last ones. What is learned of such a word holds for all labels
        that it is part of: `fromloc.city_name` and `toloc.airport_name` have little of their own
        in a hundred texts, but much in common with others.
    """

    width: int
    n_tags: int
    layers: int
    heads: int
    hidden_factor: int
    window: int
    margin: int
    label_words: Sequence[Sequence[int]] = ()


class AlignedDecoder(nn.Module):
    """Scores the tags of each word, given the tags before it and the encoder's states.

    The decoder's input at word i is LN(h_i + E[tag before]), after which come causal
    self-attention, cross-attention to the encoder's states and a feed-forward part per layer. In
    the architecture of Farina et al. 2023 (arXiv 2302.05454) a learned sentinel stands in the place
    of h_i; a decoder without pretraining learns from far fewer texts when it need not find out
    which word it is at.

    sizes: The sizes.
    draft: Whether there is a `Draft`; pipelines saved earlier have none.
    """

    exact_layers = ("output",)
    """Layers that are never quantized: they decide between tags, and cost next to nothing."""

    def __init__(self, sizes: DecoderSizes, *, draft: bool = False) -> None:
        super().__init__()
        self.sizes = sizes
        self.most_in_blocks = MOST_IN_BLOCKS
        self.block = BLOCK
        self.dropout = 0.0
        width, n_tags = sizes.width, sizes.n_tags
        self.tag_embedding = nn.Embedding(n_tags + 1, width)
        # small beside the encoder's states, which carry most of what is known at first
        nn.init.normal_(self.tag_embedding.weight, std=0.1)
        self.input_norm = nn.LayerNorm(width)
        self.layers = nn.ModuleList(
            DecoderLayer(width, sizes.heads, sizes.hidden_factor * width)
            for _ in range(sizes.layers)
        )
        self.output = nn.Linear(width, n_tags)
        self.shared: SharedWords | None = None
        if any(sizes.label_words):
            self.shared = SharedWords(sizes.label_words, n_tags, width)
        self.draft = Draft(width, n_tags) if draft else None

    def forward(
        self,
        vectors: Tensor,
        *,
        lengths: Ints,
        transitions: Tensor | Bools,
        allowed: Tensor | Bools | None,
        previous_tags: Tensor | None,
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Score all words, under given previous tags or under those decoded on the way.

        vectors (n_words x width): The encoder's state of each word, texts laid end to end.
        lengths (n_texts): The number of words of each text; at least one is above 0.
        transitions ((n_tags + 1) x n_tags, bool): Which tag may follow which, the start last.
        allowed (n_words x n_tags, bool): Which tags each word may have; None for all.
        previous_tags (n_words, int64): The tag before each word; None to decode greedily.
        RETURNS: Unmasked scores (n_words x n_tags), the tag before each word under which they were
            computed, and the decoded tags (n_words, int64 each); None for these if the
            previous tags were given.
        """
        rounds = window_rounds(lengths, self.sizes.window, self.sizes.margin)
        if previous_tags is not None:
            logits = self.score(vectors, join_rounds(rounds), previous_tags)
            if self.training and self.draft is not None:
                logits = self.draft.attach_loss(logits, vectors, previous_tags)
            return logits, previous_tags, None
        decoding = Decoding.start(lengths, transitions, allowed, vectors.dtype, vectors.device)
        for windows in rounds:
            few = len(windows.seen) <= self.most_in_blocks
            decode = self._decode_in_blocks if few else self._decode_in_steps
            decode(vectors, windows, decoding)
        return decoding.logits, decoding.previous_tags, decoding.tags[1:]

    def score(self, vectors: Tensor, windows: WindowBatch, previous_tags: Tensor) -> Tensor:
        """Score all words in parallel, every tag before them being known (teacher forcing).

        vectors (n_words x width): The encoder's states.
        windows: Windows that decide every word once.
        previous_tags (n_words, int64): The tag before each word.
        RETURNS (n_words x n_tags): The scores.
        """
        dropout = self.dropout if self.training else 0.0
        positions = torch.as_tensor(windows.positions, device=vectors.device)
        mask = no_padding(torch.as_tensor(windows.padding, device=vectors.device))
        memory = vectors[positions]
        tables = self._tables()
        states = self._embed(memory, previous_tags[positions], tables)
        states = F.dropout(states, dropout, dropout > 0)
        for layer in self.layers:
            own = layer.self_attention.key_values(states)
            seen = layer.cross_attention.key_values(memory)
            states = layer(states, own, seen, memory_mask=mask, dropout=dropout)
        decided = torch.as_tensor(windows.decided, device=vectors.device)
        scores = self._scores(states[decided], tables)
        logits = vectors.new_empty((len(vectors), self.sizes.n_tags))
        # in mixed precision these are of a smaller type
        return logits.index_put((positions[decided],), scores.to(logits.dtype))

    def _tables(self) -> TagTables:
        own = TagTables(self.tag_embedding.weight, self.output.weight)
        return own if self.shared is None else self.shared.add_to(own)

    def _embed(self, vectors: Tensor, previous_tags: Tensor, tables: TagTables) -> Tensor:
        return self.input_norm(vectors + F.embedding(previous_tags, tables.embedding))

    def _scores(self, states: Tensor, tables: TagTables) -> Tensor:
        return F.linear(states, tables.output, self.output.bias)

    def _caches(self, memory: Tensor, n_steps: int) -> list[tuple[KeyValues, KeyValues]]:
        """For each layer room for the decoder's keys and values, and those of the encoder.

        memory (n_windows x longest x width): The encoder's states.
        n_steps: The most words to decode in a window.
        """
        n, heads = len(memory), self.sizes.heads
        shape = (n, heads, n_steps, self.sizes.width // heads)
        return [
            (
                KeyValues(memory.new_empty(shape), memory.new_empty(shape)),
                layer.cross_attention.key_values(memory),
            )
            for layer in self.layers
        ]

    def _step(
        self,
        states: Tensor,
        columns: slice,
        caches: list[tuple[KeyValues, KeyValues]],
        mask: Tensor | None = None,
    ) -> Tensor:
        """Run the layers on the next words of the first n windows, and fill the caches.

        states (n x n_columns x width): The embedded words.
        columns: Their columns in the windows.
        caches: See `_caches`.
        mask (n x 1 x 1 x longest, bool): Where the encoder's states are no padding.
        """
        n = len(states)
        for layer, (own, seen) in zip(self.layers, caches, strict=True):
            newest = layer.self_attention.key_values(states)
            own.keys[:n, :, columns] = newest.keys
            own.values[:n, :, columns] = newest.values
            states = layer(states, own.first(n, columns.stop), seen.first(n), memory_mask=mask)
        return states

    def _decode_in_steps(self, vectors: Tensor, windows: WindowBatch, decoding: Decoding) -> None:
        """Decode one window of each text, a word of each at a time."""
        order, n_active = greedy_order(windows.stop)
        device = vectors.device
        positions = torch.as_tensor(windows.positions[order], device=device)
        first = windows.first[order]
        mask = no_padding(torch.as_tensor(windows.padding[order], device=device))
        memory = vectors[positions]
        caches, tables = self._caches(memory, len(n_active)), self._tables()
        for step, n in enumerate(n_active):
            words = positions[:n, step]
            before = decoding.before(words)
            states = self._embed(memory[:n, step], before, tables).unsqueeze(1)
            own_mask = None if mask is None else mask[:n]
            states = self._step(states, slice(step, step + 1), caches, own_mask)
            # words before the window's own were decided in an earlier one
            own = torch.as_tensor(first[:n] <= step, device=device)
            words, before = words[own], before[own]
            scores = self._scores(states[:, 0], tables)[own]
            decoding.choose(words, scores, decoding.legal(words, before))

    def _decode_in_blocks(self, vectors: Tensor, windows: WindowBatch, decoding: Decoding) -> None:
        """Decode one window of each text, window by window, some words at once.

        The tags before a block's words are guessed, its first one's is known. A word's tag depends
        on earlier tags alone: it stands if all guesses before it were right, and the next block
        begins at the first word after a wrong one. So every block decides a word at least, and the
        tags are those of `_decode_in_steps`, in float32 and as long as all scores are numbers.
        (Jacobi's iteration, as in Song et al. 2021, arXiv 2002.03629, on what is not decided yet.)
        The next guesses are what a block's scores say if each word's tag has to be legal after the
        one before it.
        """
        tables = self._tables()
        every_word = torch.arange(len(vectors), device=vectors.device)
        tags = decoding.tags
        for positions, seen, first, stop in zip(
            windows.positions, windows.seen, windows.first, windows.stop, strict=True
        ):
            start = int(positions[0])
            words = every_word[start : start + int(stop)]
            memory = vectors[None, start : start + int(seen)]
            caches = self._caches(memory, len(words))
            undecided = words[first:]
            tags[undecided + 1] = self._guess(vectors, undecided, decoding)
            # words that an earlier window has decided are read together with the first block
            n_read, n_decided = 0, int(first)
            while n_decided < len(words):
                read = slice(n_read, min(n_decided + self.block, len(words)))
                states = self._embed(memory[:, read], decoding.before(words[read]), tables)
                states = self._step(states, read, caches)[0, n_decided - n_read :]
                scores = self._scores(states, tables).to(decoding.logits.dtype)
                block = words[n_decided : read.stop]
                best = decoding.walk(block, scores)
                n_right = int((best == tags[block + 1]).cumprod(dim=0).sum())
                sure = slice(min(n_right + 1, len(block)))
                decoding.logits[block[sure]] = scores[sure]
                tags[block + 1] = best
                n_read = n_decided = n_decided + sure.stop

    def _guess(self, vectors: Tensor, words: Tensor, decoding: Decoding) -> Tensor:
        """The first guess of the tags of words in a row: without a draft, the tag that most tags
        may follow."""
        if self.draft is None:
            # the start has a row, too, but is no tag
            n_after = decoding.transitions[:-1].cpu().numpy().sum(axis=1)
            return words.new_full((len(words),), int(n_after.argmax()))
        return decoding.walk(words, self.draft(vectors[words]))
