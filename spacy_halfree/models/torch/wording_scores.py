"""Scoring the wordings of all tags after what was written so far, as a tree of tokens."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ...types import Ints
from ..sentinel.trie import ROOT, TagTrie
from .attention import KeyValues
from .decoder_memory import DecoderMemory, Step
from .decoding import bounded
from .language_model import LanguageModel

TOLERANCE = 1e-5
"""How much of a word's probability may be left unexplored. A wording cannot be more probable than
its beginning, so what is left out is known to be less; the best tag is never left out."""
MAX_LOGITS = 2**24
"""The most scores of tokens that are in memory at a time (64 MB in float32)."""


@dataclass
class TagPositions:
    """Words whose tags are to be scored, as positions in the targets of texts.

    texts (n_words, int64): The texts.
    lengths (n_words, int64): How much of their targets comes before the tag.
    states (n_words x width): The decoder's states there.
    ends (n_words, int64): The token that follows the tag.
    legal (n_words x n_tags, bool): The tags to score.
    wanted (n_words x n_tags, bool): The tags to score in full, however improbable; None for none.
    """

    texts: Ints
    lengths: Ints
    states: Tensor
    ends: Tensor
    legal: Tensor
    wanted: Tensor | None = None


class WordingScores:
    """The scores log p(wording of the tag, token that follows it | text, target so far).

    What precedes is read once, and so are tokens that wordings have in common. The root's
    normalization is the same for all tags of a word and left out. Beginnings that are too
    improbable to matter are not followed (see `TOLERANCE`): their tags get an upper bound.

    language_model: The model.
    memory: What it has read so far.
    tree: The wordings.
    positions: Where to score.
    """

    def __init__(
        self,
        language_model: LanguageModel,
        memory: DecoderMemory,
        tree: TagTrie[Tensor],
        positions: TagPositions,
    ) -> None:
        self.language_model = language_model
        self.memory = memory
        self.tree = tree
        self.positions = positions
        self._n_tags_below = positions.legal.float() @ tree.leads_to.T
        self._relevant = self._n_tags_below > 0
        self._wanted = torch.zeros_like(self._relevant)
        if positions.wanted is not None:
            self._wanted = (positions.wanted & positions.legal).float() @ tree.leads_to.T > 0
        self._expanded = torch.zeros_like(self._relevant)
        self._is_known = torch.zeros_like(self._relevant)
        # for each word and node the row of the key-value pool where the node was read
        self._pool_rows = torch.full_like(self._relevant, -1, dtype=torch.int64)
        # n_pooled x heads x width of a head, per layer
        self._pool: list[KeyValues] = []
        self._n_pooled = 0
        self.scores = self._score()
        """n_words x n_tags, float32; 0 for tags that are not legal."""

    def _score(self) -> Tensor:
        tree, positions = self.tree, self.positions
        first = torch.nonzero(tree.depths == 1)[:, 0]
        logits = self.language_model.logits(positions.states, tree.tokens[first])
        logits = bounded(logits.float())
        values = logits.new_full(self._relevant.shape, -torch.inf)
        values = values.index_copy(1, first, logits)
        self._is_known[:, first] = True
        self._expanded[:, ROOT] = True
        complete = logits.new_full(positions.legal.shape, -torch.inf)
        while True:
            todo = self._frontier(values.detach(), complete.detach())
            if not bool(todo.any()):
                break
            depth = tree.depths.expand_as(todo)[todo].min()
            chosen = torch.nonzero(todo & (tree.depths == depth))
            for part in chosen.split(max(1, MAX_LOGITS // self.language_model.n_tokens)):
                values, complete = self._expand(part[:, 0], part[:, 1], values, complete)
        return self._with_bounds(values, complete)

    def _frontier(self, values: Tensor, complete: Tensor) -> Tensor:
        """Which nodes to expand next (n_words x n_nodes): all but the improbable ones."""
        is_open = self._relevant & self._is_known & ~self._expanded
        bounds = values.masked_fill(~is_open, -torch.inf)
        best = torch.maximum(bounds.amax(1), complete.amax(1))[:, None]
        ascending, order = bounds.sort(dim=1)
        left_out = (ascending - best).exp().cumsum(dim=1) <= TOLERANCE
        keep = torch.zeros_like(is_open).scatter(1, order, ~left_out)
        return (keep | self._wanted) & is_open

    def _expand(
        self, rows: Tensor, nodes: Tensor, values: Tensor, complete: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Read nodes of one depth, and score what may follow each of them."""
        tree = self.tree
        logits = self.language_model.logits(self._decode_nodes(rows, nodes)).float()
        before = values[rows, nodes] - logits.logsumexp(dim=1)
        # all pairs of an expanded node and one of its children
        expanded, children = torch.nonzero(tree.parents == nodes[:, None], as_tuple=True)
        child_rows = rows[expanded]
        scores = bounded(before[expanded] + logits[expanded, tree.tokens[children]])
        values = values.index_put((child_rows, children), scores)
        self._is_known[child_rows, children] = True
        tags = tree.node_tags[nodes]
        ending = torch.nonzero((tags >= 0) & self.positions.legal[rows, tags])[:, 0]
        end_rows = rows[ending]
        scores = bounded(before[ending] + logits[ending, self.positions.ends[end_rows]])
        complete = complete.index_put((end_rows, tags[ending]), scores)
        self._expanded[rows, nodes] = True
        return values, complete

    def _decode_nodes(self, rows: Tensor, nodes: Tensor) -> Tensor:
        """The decoder's states at nodes of one depth (n x width), which are in order."""
        tree, n, n_nodes = self.tree, len(rows), len(self.tree.tokens)
        # children of one node at one word are read side by side
        families, family, sizes = torch.unique_consecutive(
            rows * n_nodes + tree.parents[nodes], return_inverse=True, return_counts=True
        )
        columns = torch.arange(n, device=rows.device) - (sizes.cumsum(0) - sizes)[family]
        tokens = nodes.new_zeros((len(families), int(sizes.max())))
        tokens[family, columns] = tree.tokens[nodes]
        words = families // n_nodes
        on_host = words.cpu().numpy()
        step = Step(
            tokens,
            self.positions.texts[on_host],
            self.positions.lengths[on_host],
            self._path(words, families % n_nodes),
            alternatives=True,
        )
        states, new = self.language_model.decode_step(self.memory, step)
        self._pool_rows[rows, nodes] = self._n_pooled + torch.arange(n, device=rows.device)
        self._n_pooled += n
        own = [layer.map(lambda tensor: tensor[family, :, columns]) for layer in new]
        if self._pool:
            own = [KeyValues.cat(both) for both in zip(self._pool, own, strict=True)]
        self._pool = own
        return states[family, columns]

    def _path(self, rows: Tensor, nodes: Tensor) -> list[KeyValues] | None:
        """Keys and values on the way to nodes of one depth, themselves included."""
        path = []
        for _ in range(int(self.tree.depths[nodes[0]])):
            path.append(self._pool_rows[rows, nodes])
            nodes = self.tree.parents[nodes]
        if not path:
            return None
        chosen = torch.stack(path[::-1], dim=1)
        # n x depth x heads x width of a head
        return [layer.map(lambda tensor: tensor[chosen].transpose(1, 2)) for layer in self._pool]

    def _with_bounds(self, values: Tensor, complete: Tensor) -> Tensor:
        """Scores of all tags: those that were left out share what their beginning has."""
        tree = self.tree
        bounds = values - self._n_tags_below.clamp(min=1).log()
        for depth in range(2, tree.chains.shape[1] + 1):
            own = torch.nonzero(tree.depths == depth)[:, 0]
            from_above = bounds[:, tree.parents[own]]
            known = torch.where(self._is_known[:, own], bounds[:, own], from_above)
            bounds = bounds.index_copy(1, own, known)
        scores = torch.where(complete > -torch.inf, complete, bounds[:, tree.tag_nodes])
        return scores.masked_fill(~self.positions.legal, 0.0)

    def append(self, tags: Tensor) -> None:
        """Append the tags' wordings to the targets.

        tags (n, int64): The best tags of the first n words, which are of different texts.
        """
        n = len(tags)
        texts, before = self.positions.texts[:n], self.positions.lengths[:n]
        chains = self.tree.chains[tags]
        lengths = (chains >= 0).sum(dim=1).cpu().numpy()
        for step in range(int(lengths.max(initial=0))):
            rows = np.flatnonzero(lengths > step)
            on_device = torch.as_tensor(rows, device=tags.device)
            pool_rows = self._pool_rows[on_device, chains[on_device, step]]
            # n x heads x 1 x width of a head
            new = [
                KeyValues(layer.keys[pool_rows], layer.values[pool_rows]).map(
                    lambda tensor: tensor.unsqueeze(2)
                )
                for layer in self._pool
            ]
            self.memory.write(texts[rows], before[rows] + step, new)
        self.memory.lengths[texts] = before + lengths
