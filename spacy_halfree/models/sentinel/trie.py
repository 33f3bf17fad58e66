"""The wordings of all tags as a tree of tokens, so that what they share is scored once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...types import Bools, Ints

ROOT = 0


@dataclass(frozen=True)
class TagTrie:
    """A tree of tokens; every tag ends at a node of its own, perhaps on the way to others.

    Node 0 is the root, where no token has been written yet; nodes are ordered by depth.

    tokens (n_nodes, int64): The token that leads to each node; -1 for the root.
    parents (n_nodes, int64): The node before; the root is its own.
    depths (n_nodes, int64): How many tokens lead there.
    tag_nodes (n_tags, int64): The node at which each tag ends.
    """

    tokens: Ints
    parents: Ints
    depths: Ints
    tag_nodes: Ints

    @property
    def n_nodes(self) -> int:
        return len(self.tokens)

    @property
    def node_tags(self) -> Ints:
        """n_nodes, int64: the tag that ends at each node, -1 where none does."""
        tags = np.full(self.n_nodes, -1, dtype=np.int64)
        tags[self.tag_nodes] = np.arange(len(self.tag_nodes))
        return tags

    @property
    def leads_to(self) -> Bools:
        """n_nodes x n_tags: whether a node is on the way to a tag (its last node included)."""
        found = np.zeros((self.n_nodes, len(self.tag_nodes)), dtype=bool)
        found[self.tag_nodes, np.arange(len(self.tag_nodes))] = True
        # children come after their parents
        for node in range(self.n_nodes - 1, ROOT, -1):
            found[self.parents[node]] |= found[node]
        return found

    @property
    def chains(self) -> Ints:
        """n_tags x greatest depth, int64: the nodes that spell each tag, then -1."""
        depth = int(self.depths.max(initial=0))
        chains = np.full((len(self.tag_nodes), depth), -1, dtype=np.int64)
        nodes = self.tag_nodes.copy()
        for column in range(depth - 1, -1, -1):
            is_here = self.depths[nodes] == column + 1
            chains[is_here, column] = nodes[is_here]
            nodes = np.where(is_here, self.parents[nodes], nodes)
        return chains


def build_trie(sequences: Sequence[Sequence[int]]) -> TagTrie:
    """Merge the tags' sequences of tokens.

    sequences: The tokens of each tag: all different, none empty.
    """
    prefixes = sorted(
        {tuple(tokens[:n]) for tokens in sequences for n in range(len(tokens) + 1)},
        key=lambda prefix: (len(prefix), prefix),
    )
    nodes = {prefix: node for node, prefix in enumerate(prefixes)}
    return TagTrie(
        tokens=np.array([prefix[-1] if prefix else -1 for prefix in prefixes], dtype=np.int64),
        parents=np.array([nodes[prefix[:-1]] for prefix in prefixes], dtype=np.int64),
        depths=np.array([len(prefix) for prefix in prefixes], dtype=np.int64),
        tag_nodes=np.array([nodes[tuple(tokens)] for tokens in sequences], dtype=np.int64),
    )
