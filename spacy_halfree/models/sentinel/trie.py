"""The wordings of all tags as a tree of tokens, so that what they share is scored once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar

import numpy as np

ROOT = 0
Array = TypeVar("Array")
"""An array of numpy, or a tensor of torch."""


@dataclass(frozen=True)
class TagTrie(Generic[Array]):
    """A tree of tokens; every tag ends at a node of its own, perhaps on the way to others.

    Node 0 is the root, where no token has been written yet; nodes are ordered by depth.

    tokens (n_nodes, int64): The token that leads to each node; -1 for the root.
    parents (n_nodes, int64): The node before; the root is its own.
    depths (n_nodes, int64): How many tokens lead there.
    tag_nodes (n_tags, int64): The node at which each tag ends.
    node_tags (n_nodes, int64): The tag that ends at each node, -1 where none does.
    chains (n_tags x greatest depth, int64): The nodes that spell each tag, then -1.
    leads_to (n_nodes x n_tags, float32): 1 where a node is on the way to a tag, its last node
        included.
    """

    tokens: Array
    parents: Array
    depths: Array
    tag_nodes: Array
    node_tags: Array
    chains: Array
    leads_to: Array

    def map(self, function: Callable[[Array], Any]) -> "TagTrie[Any]":
        """Apply a function to all arrays."""
        return TagTrie(*(function(getattr(self, field.name)) for field in fields(self)))


def build_trie(sequences: Sequence[Sequence[int]]) -> "TagTrie[Any]":
    """Merge the tags' sequences of tokens.

    sequences: The tokens of each tag: all different, none empty.
    """
    prefixes = sorted(
        {tuple(tokens[:n]) for tokens in sequences for n in range(len(tokens) + 1)},
        key=lambda prefix: (len(prefix), prefix),
    )
    nodes = {prefix: node for node, prefix in enumerate(prefixes)}
    node_tags = np.full(len(nodes), -1, dtype=np.int64)
    chains = np.full((len(sequences), len(prefixes[-1])), -1, dtype=np.int64)
    leads_to = np.zeros((len(nodes), len(sequences)), dtype=np.float32)
    for tag, tokens in enumerate(sequences):
        path = [nodes[tuple(tokens[:n])] for n in range(len(tokens) + 1)]
        node_tags[path[-1]] = tag
        chains[tag, : len(tokens)] = path[1:]
        leads_to[path, tag] = 1.0
    return TagTrie(
        tokens=np.array([prefix[-1] if prefix else -1 for prefix in prefixes], dtype=np.int64),
        parents=np.array([nodes[prefix[:-1]] for prefix in prefixes], dtype=np.int64),
        depths=np.array([len(prefix) for prefix in prefixes], dtype=np.int64),
        tag_nodes=np.array([nodes[tuple(tokens)] for tokens in sequences], dtype=np.int64),
        node_tags=node_tags,
        chains=chains,
        leads_to=leads_to,
    )
