"""A causal decoder that is aligned with its encoder word by word."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ...types import Doubles, Ints
from ..constrained import greedy_order
from ..windows import WindowBatch, join_rounds, window_rounds
from .attention import DecoderLayer, KeyValues, empty_cache, no_padding
from .draft import Draft, bounded, walk

MOST_IN_BLOCKS = 4
"""Few texts are decoded one by one, in blocks of words: a step for each word has its overhead
whatever the number of texts."""
BLOCK = 64
"""Words in a block: with more of them there are fewer blocks, but more is computed in vain after a
tag that was guessed wrong."""


class TagTables(NamedTuple):
    """A row for each tag.

    embedding ((n_tags + 1) x width): Of the tag before a word; the last row is the start.
    output (n_tags x width): Of the scores.
    """

    embedding: Tensor
    output: Tensor


class SharedWords(nn.Module):
    """What tags have in common because their labels' names have words in common.

    label_words: For each label the numbers of such words.
    n_tags: The number of tags, of which those of the labels are the last.
    width: Of the rows.
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

    def embedding(self) -> Tensor:
        """What is added to each tag's embedding ((n_tags + 1) x width), nothing to the start's."""
        return self.membership @ self.embeddings

    def output(self) -> Tensor:
        """What is added to each tag's output row ((n_tags + 1) x width)."""
        return self.membership @ self.outputs


class AlignedDecoder(nn.Module):
    """Scores the tags of each word, given the tags before it and the encoder's states.

    The decoder's input at word i is LN(h_i + E[tag before]), after which come causal
    self-attention, cross-attention to the encoder's states and a feed-forward part per layer. In
    the architecture of Farina et al. 2023 (arXiv 2302.05454) a learned sentinel stands in the place
    of h_i; a decoder without pretraining learns from far fewer texts when it need not find out
    which word it is at.

    width: Of the encoder's states.
    n_tags: The number of tags.
    layers: The number of layers.
    heads: The number of attention heads.
    hidden_factor: Width of the feed-forward part, as a multiple of `width`.
    window: The most words seen at a time.
    margin: Words at inner edges of windows that serve as context only.
    label_words: For each label the numbers of the words of its name that other labels' names have
        too; the labels' tags are the last ones. What is learned of such a word holds for all labels
        that it is part of: `fromloc.city_name` and `toloc.airport_name` have little of their own
        in a hundred texts, but much in common with others.
    draft: Whether there is a first guess of tags to learn; pipelines saved earlier have none.
    """

    exact_layers = ("output",)
    """Layers that are never quantized: they decide between tags, and cost next to nothing."""

    def __init__(
        self,
        *,
        width: int,
        n_tags: int,
        layers: int,
        heads: int,
        hidden_factor: int,
        window: int,
        margin: int,
        label_words: Sequence[Sequence[int]] = (),
        draft: bool = False,
    ) -> None:
        super().__init__()
        self.width = width
        self.n_tags = n_tags
        self.heads = heads
        self.window = window
        self.margin = margin
        self.most_in_blocks = MOST_IN_BLOCKS
        self.block = BLOCK
        self.dropout = 0.0
        self.tag_embedding = nn.Embedding(n_tags + 1, width)
        # small beside the encoder's states, which carry most of what is known at first
        nn.init.normal_(self.tag_embedding.weight, std=0.1)
        self.input_norm = nn.LayerNorm(width)
        self.layers = nn.ModuleList(
            DecoderLayer(width, heads, hidden_factor * width) for _ in range(layers)
        )
        self.output = nn.Linear(width, n_tags)
        self.shared: SharedWords | None = None
        if any(label_words):
            self.shared = SharedWords(label_words, n_tags, width)
        self.draft = Draft(width, n_tags) if draft else None

    def forward(
        self,
        vectors: Tensor,
        *,
        lengths: Ints,
        transitions: Tensor,
        allowed: Tensor | None,
        history: Tensor | None,
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Score all words, under a given history or under the tags decoded on the way.

        vectors (n_words x width): The encoder's state of each word, texts laid end to end.
        lengths (n_texts): The number of words of each text; at least one is above 0.
        transitions ((n_tags + 1) x n_tags, bool): Which tag may follow which, the start last.
        allowed (n_words x n_tags, bool): Which tags each word may have; None for all.
        history (n_words, int64): The tag before each word; None to decode greedily.
        RETURNS: Unmasked scores (n_words x n_tags), the tag before each word under which they were
            computed, and the decoded tags (n_words, int64 each); None for these if the history
            was given.
        """
        rounds = window_rounds(lengths, self.window, self.margin)
        if history is not None:
            logits = self.score(vectors, join_rounds(rounds), history)
            if self.training and self.draft is not None:
                logits = self.draft.learn_beside(logits, vectors, history)
            return logits, history, None
        logits = vectors.new_empty((len(vectors), self.n_tags))
        # one tag more in front, so that the one before a word can always be looked up
        tags = torch.full((len(vectors) + 1,), self.n_tags, device=vectors.device)
        is_first = torch.zeros(len(vectors), dtype=torch.bool, device=vectors.device)
        is_first[torch.as_tensor((np.cumsum(lengths) - lengths)[lengths > 0])] = True
        for windows in rounds:
            few = len(windows.seen) <= self.most_in_blocks
            decode = self._decode_in_blocks if few else self._decode
            decode(vectors, windows, transitions, allowed, is_first, tags, logits)
        return logits, torch.where(is_first, self.n_tags, tags[:-1]), tags[1:]

    def score(
        self,
        vectors: Tensor,
        windows: WindowBatch,
        history: Tensor,
    ) -> Tensor:
        """Score all words in parallel, every tag before them being known (teacher forcing).

        vectors (n_words x width): The encoder's states.
        windows: Windows that decide every word once.
        history (n_words, int64): The tag before each word.
        RETURNS (n_words x n_tags): The scores.
        """
        dropout = self.dropout if self.training else 0.0
        positions = torch.as_tensor(windows.positions, device=vectors.device)
        mask = no_padding(torch.as_tensor(windows.padding, device=vectors.device))
        memory = vectors[positions]
        tables = self._tables()
        states = self._embed(memory, history[positions], tables)
        states = F.dropout(states, dropout, dropout > 0)
        for layer, seen in zip(self.layers, self._memories(memory), strict=True):
            states = layer(
                states,
                layer.self_attention.key_values(states),
                seen,
                memory_mask=mask,
                dropout=dropout,
            )
        decided = torch.as_tensor(windows.decided, device=vectors.device)
        logits = vectors.new_empty((len(vectors), self.n_tags))
        scores = F.linear(states[decided], tables.output, self.output.bias)
        # in mixed precision these are of a smaller type
        return logits.index_put((positions[decided],), scores.to(logits.dtype))

    def _memories(self, memory: Tensor) -> list[KeyValues]:
        """For each layer what it sees of the encoder's states (n_windows x longest x width)."""
        return [layer.cross_attention.key_values(memory) for layer in self.layers]

    def _tables(self) -> TagTables:
        """What stands for each tag: its own part, and that of the words of its name."""
        embedding, output = self.tag_embedding.weight, self.output.weight
        if self.shared is None:
            return TagTables(embedding, output)
        return TagTables(embedding + self.shared.embedding(), output + self.shared.output()[:-1])

    def _embed(self, vectors: Tensor, history: Tensor, tables: TagTables) -> Tensor:
        return self.input_norm(vectors + F.embedding(history, tables.embedding))

    def _decode(
        self,
        vectors: Tensor,
        windows: WindowBatch,
        transitions: Tensor,
        allowed: Tensor | None,
        is_first: Tensor,
        tags: Tensor,
        logits: Tensor,
    ) -> None:
        """Decode one window of each text, step by step; writes into `tags` and `logits`.

        tags (n_words + 1, int64): The tag of word i stands at i + 1.
        """
        order, n_active = greedy_order(windows.stop)
        device = vectors.device
        positions = torch.as_tensor(windows.positions[order], device=device)
        first = windows.first[order]
        mask = no_padding(torch.as_tensor(windows.padding[order], device=device))
        memory = vectors[positions]
        memories = self._memories(memory)
        cache_shape = (len(order), self.heads, len(n_active), self.width)
        tables = self._tables()
        caches = [empty_cache(*cache_shape, like=vectors) for _ in self.layers]
        for step, n in enumerate(n_active):
            words = positions[:n, step]
            before = torch.where(is_first[words], self.n_tags, tags[words])
            states = self._embed(memory[:n, step], before, tables).unsqueeze(1)
            for layer, own, seen in zip(self.layers, caches, memories, strict=True):
                newest = layer.self_attention.key_values(states)
                own.keys[:n, :, step : step + 1] = newest.keys
                own.values[:n, :, step : step + 1] = newest.values
                states = layer(
                    states,
                    own.first(n, step + 1),
                    KeyValues(seen.keys[:n], seen.values[:n]),
                    memory_mask=None if mask is None else mask[:n],
                )
            # words before the window's own were decided in an earlier one
            own_words = torch.as_tensor(first[:n] <= step, device=device)
            words, before = words[own_words], before[own_words]
            scores = F.linear(states[:, 0], tables.output, self.output.bias)[own_words]
            logits[words] = scores.to(logits.dtype)
            tags[words + 1] = best_tags(logits[words], before, words, transitions, allowed)

    def _decode_in_blocks(
        self,
        vectors: Tensor,
        windows: WindowBatch,
        transitions: Tensor,
        allowed: Tensor | None,
        is_first: Tensor,
        tags: Tensor,
        logits: Tensor,
    ) -> None:
        """Decode one window of each text, window by window, some words at once.

        The tags before a block's words are guessed, its first one's is known. A word's tag depends
        on earlier tags alone: it stands if all guesses before it were right, and the next block
        begins at the first word after a wrong one. So every block decides a word at least, and the
        tags are those of `_decode`, in float32 and as long as all scores are numbers. (Jacobi's
        iteration, as in Song et al. 2021, arXiv 2002.03629, on what is not decided yet.) The next
        guesses are what a block's scores say if each word's tag has to be legal after the one
        before it.
        """
        tables = self._tables()
        barred = np.where(transitions.cpu().numpy(), 0.0, -np.inf)
        every_word = torch.arange(len(vectors), device=vectors.device)
        for positions, seen, first, stop in zip(
            windows.positions, windows.seen, windows.first, windows.stop, strict=True
        ):
            start = int(positions[0])
            words = every_word[start : start + int(stop)]
            memory = vectors[None, start : start + int(seen)]
            memories = self._memories(memory)
            caches = [empty_cache(1, self.heads, len(words), self.width, vectors) for _ in memories]
            undecided = words[first:]
            tags[undecided + 1] = self._guess(vectors, undecided, allowed, is_first, tags, barred)
            # words that an earlier window has decided are read together with the first block
            n_read, n_decided = 0, int(first)
            while n_decided < len(words):
                read = slice(n_read, min(n_decided + self.block, len(words)))
                before = torch.where(is_first[words[read]], self.n_tags, tags[words[read]])
                states = self._embed(memory[:, read], before, tables)
                for layer, own, other in zip(self.layers, caches, memories, strict=True):
                    newest = layer.self_attention.key_values(states)
                    own.keys[:, :, read] = newest.keys
                    own.values[:, :, read] = newest.values
                    states = layer(states, own.first(1, read.stop), other, memory_mask=None)
                block, before = words[n_decided : read.stop], before[n_decided - n_read :]
                states = states[0, n_decided - n_read :]
                scores = F.linear(states, tables.output, self.output.bias).to(logits.dtype)
                own_allowed = None if allowed is None else allowed[block]
                best = walk(scores, own_allowed, int(before[0]), barred)
                n_right = int((best == tags[block + 1]).cumprod(dim=0).sum())
                sure = slice(min(n_right + 1, len(block)))
                logits[block[sure]] = scores[sure]
                tags[block + 1] = best
                n_read = n_decided = n_decided + sure.stop

    def _guess(
        self,
        vectors: Tensor,
        words: Tensor,
        allowed: Tensor | None,
        is_first: Tensor,
        tags: Tensor,
        barred: Doubles,
    ) -> Tensor:
        """The first guess of the tags of words in a row."""
        if self.draft is None:
            # the start has a row, too, but is no tag
            return words.new_full((len(words),), int((barred[:-1] == 0).sum(axis=1).argmax()))
        own_allowed = None if allowed is None else allowed[words]
        before = self.n_tags if is_first[words[0]] else int(tags[words[0]])
        return walk(self.draft(vectors[words]), own_allowed, before, barred)


def best_tags(
    scores: Tensor, before: Tensor, words: Tensor, transitions: Tensor, allowed: Tensor | None
) -> Tensor:
    """The best tag that may stand at each word.

    scores (n x n_tags): Their scores.
    before (n, int64): The tag before each word.
    words (n, int64): Which words of the batch they are.
    transitions ((n_tags + 1) x n_tags, bool): Which tag may follow which.
    allowed (n_words x n_tags, bool): Which tags each word of the batch may have; None for all.
    RETURNS (n, int64): Their tags.
    """
    legal = transitions[before]
    if allowed is not None:
        legal = legal & allowed[words]
    return bounded(scores).masked_fill(~legal, -torch.inf).argmax(dim=1)
