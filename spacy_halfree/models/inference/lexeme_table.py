"""What depends on a token's attributes alone, computed once for all tokens that share them."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from ...types import Bools, Floats, Hashes, Ints

Values = tuple[Floats, ...]
"""Arrays with a row for each lexeme."""
Rows = TypeVar("Rows", Floats, Hashes)
# odd, so that no bit of an attribute is lost
MULTIPLIERS = np.random.default_rng(0).integers(2**63, size=64, dtype=np.uint64) * 2 + 1


@dataclass(frozen=True)
class Entries:
    """A table's content at one moment.

    keys (n_entries, uint64): A key for each entry, ascending.
    rows (n_entries, int64): Where each key's entry stands in the other arrays.
    attributes (n_rows x n_attributes, uint64): What the keys were mixed from.
    values: What was computed, in arrays of n_rows.

    There is a row for each entry, and row 0 for no token. More may be filled in behind.
    """

    keys: Hashes
    rows: Ints
    attributes: Hashes
    values: Values

    def find(self, keys: Hashes, attributes: Hashes) -> tuple[Ints, Bools]:
        """The rows of tokens, and which of them are really theirs."""
        if not len(self.keys):
            return np.zeros(len(keys), dtype=np.int64), np.zeros(len(keys), dtype=bool)
        nearest = np.searchsorted(self.keys, keys)
        rows = self.rows.take(nearest, mode="clip")
        return rows, (self.attributes[rows] == attributes).all(axis=1)


class LexemeTable:
    """A bounded table from tokens' attributes to what is computed from them.

    The attributes are hashes of strings, so entries stay right whatever becomes of the strings:
    memory zones may come and go. Threads may share a table.

    compute: From attributes (n x n_attributes, uint64) to arrays of n rows (float32).
    n_attributes: The number of attributes.
    padding: What stands in row 0 of these arrays, where there is no token.
    capacity: The most entries; when another does not fit, the table starts anew. If a single call
        has more distinct tokens than that, they are all kept until the next one that does not fit.
    """

    def __init__(
        self,
        compute: Callable[[Hashes], Values],
        n_attributes: int,
        padding: Values,
        capacity: int,
    ) -> None:
        self.compute = compute
        self.capacity = capacity
        self._multipliers = MULTIPLIERS[:n_attributes]
        self._empty = Entries(
            keys=np.zeros(0, dtype=np.uint64),
            rows=np.zeros(0, dtype=np.int64),
            attributes=np.zeros((1, n_attributes), dtype=np.uint64),
            values=padding,
        )
        self._entries = self._empty
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._entries.keys)

    def look_up(self, attributes: Hashes) -> tuple[Ints, Values]:
        """Find what belongs to tokens, computing what is not there yet.

        attributes (n_tokens x n_attributes, uint64): The tokens' attributes.
        RETURNS: The row of each token (n_tokens, int64), and the arrays, which must not be changed.
        """
        keys = (attributes * self._multipliers).sum(axis=1, dtype=np.uint64)
        entries = self._entries
        rows, known = entries.find(keys, attributes)
        if not known.all():
            with self._lock:
                entries = self._extend(keys, attributes)
            rows, known = entries.find(keys, attributes)
        if not known.all():
            # two lexemes with one key: next to impossible, and then as slow as without a table
            computed = zip(self._empty.values, self.compute(attributes), strict=True)
            values = tuple(np.concatenate(both) for both in computed)
            return np.arange(1, len(attributes) + 1), values
        return rows, entries.values

    def _extend(self, keys: Hashes, attributes: Hashes) -> Entries:
        """The entries with those of some tokens added, starting anew if they do not fit."""
        entries = self._entries
        _, known = entries.find(keys, attributes)
        new_keys, first = np.unique(keys[~known], return_index=True)
        new_attributes = attributes[~known][first]
        if len(entries.keys) + len(new_keys) > self.capacity:
            entries = self._empty
            new_keys, first = np.unique(keys, return_index=True)
            new_attributes = attributes[first]
        places = np.searchsorted(entries.keys, new_keys)
        # a key that is there already stands for other attributes: see `look_up`
        is_free = places == np.searchsorted(entries.keys, new_keys, side="right")
        new_keys, new_attributes, places = (
            own[is_free] for own in (new_keys, new_attributes, places)
        )
        n_rows = 1 + len(entries.keys)
        most_rows = 1 + self.capacity
        # keys are inserted, not sorted anew: mostly it is a few that are added to many
        self._entries = Entries(
            keys=np.insert(entries.keys, places, new_keys),
            rows=np.insert(entries.rows, places, np.arange(n_rows, n_rows + len(new_keys))),
            attributes=append(entries.attributes, n_rows, new_attributes, most_rows),
            values=tuple(
                append(old, n_rows, new, most_rows)
                for old, new in zip(entries.values, self.compute(new_attributes), strict=True)
            ),
        )
        return self._entries


def append(old: Rows, n_rows: int, new: Rows, most_rows: int) -> Rows:
    """An array that begins with the first `n_rows` of another, followed by new ones.

    Rows in use are never written again, so that those who still read an older state are not
    disturbed; room is doubled when it runs out, up to `most_rows` unless more are needed.
    """
    n_all = n_rows + len(new)
    if n_all > len(old):
        room = max(n_all, min(2 * len(old), most_rows))
        larger = np.empty((room, old.shape[1]), dtype=old.dtype)
        larger[:n_rows] = old[:n_rows]
        old = larger
    old[n_rows:n_all] = new
    return old
