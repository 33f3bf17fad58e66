"""Find labels that may be another label, misspelt."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

import numpy as np
from numpy.typing import NDArray

FEW_EXAMPLES = 5
"""A label with fewer examples than these is hardly learned."""
MUCH_MORE = 10
"""A label is much more frequent than another if it occurs so many times as often."""
ALIKE = 0.8
"""How alike the names of two labels are that may be meant to be one, from 0 to 1."""


def find_slips(labels: Mapping[str, int]) -> list[tuple[str, str]]:
    """Labels that may be meant to be another, more frequent one.

    labels: How often each label occurs, at least once.
    RETURNS: Pairs of a label and the more frequent one: those that differ in case and punctuation
        alone, and rare ones that are written almost as one that is much more frequent is. A word of
        a name that other labels have, too (`depart_time` beside `arrive_time` and `arrive_date`),
        is no slip.
    """
    same = find_same_letters(labels)
    similar = SimilarNames({name: n for name, n in labels.items() if n >= MUCH_MORE})
    n_with_word = Counter(word for label in labels for word in words_of(label))
    slips = []
    for label in sorted(labels):
        if label in same:
            slips.append((label, same[label]))
        elif labels[label] < FEW_EXAMPLES:
            other = similar.find_closest(label, MUCH_MORE * labels[label])
            if other is not None:
                own = words_of(label) - words_of(other)
                # the label itself has them once
                if all(n_with_word[word] == 1 for word in own):
                    slips.append((label, other))
    return slips


def find_same_letters(labels: Mapping[str, int]) -> dict[str, str]:
    """Find labels that differ from a more frequent one in case and punctuation alone.

    labels: How often each label occurs.
    RETURNS: The most frequent of the others, by label. Of labels that occur equally often, one that
        sorts behind another counts as more frequent; of several, the first in `labels` is taken.
    """
    groups = defaultdict(list)
    for label in labels:
        groups[letters_of(label)].append(label)
    found: dict[str, str] = {}
    for group in groups.values():
        most = max(labels[label] for label in group)
        places = {label: i for i, label in enumerate(group) if labels[label] == most}
        found |= {label: next(iter(places)) for label in group if label not in places}
        first: str | None = None
        for label in sorted(places, reverse=True):
            if first is not None:
                found[label] = first
            first = label if first is None else min(first, label, key=places.__getitem__)
    return found


class SimilarNames:
    """Names among which the most similar one is searched.

    A `SequenceMatcher` compares two names slowly. It is only asked about names that share enough
    characters to be the most similar one, which is found for all names at once.

    counts: How often each name occurs.
    """

    def __init__(self, counts: Mapping[str, int]) -> None:
        self._names: Sequence[str] = sorted(counts)
        self._counts = np.array([counts[name] for name in self._names], dtype=np.int64)
        self._lengths = np.array([len(name) for name in self._names], dtype=np.int64)
        places = defaultdict(list)
        for i, name in enumerate(self._names):
            for character, n in Counter(name).items():
                places[character].append((i, n))
        self._places: dict[str, NDArray[np.int64]] = {
            character: np.array(own, dtype=np.int64).T for character, own in places.items()
        }

    def find_closest(self, label: str, least: int) -> str | None:
        """Find the name that is written most like a label.

        label: The label.
        least: How often the name occurs at least.
        RETURNS: The name. None if there is none that is alike enough. Of names that are equally
            alike, the last one by its characters.
        """
        frequent = self._counts >= least
        if not frequent.any():
            return None
        possible = self._shared(label)
        chosen = np.flatnonzero((possible >= ALIKE) & frequent)
        if not chosen.size:
            return None
        # the names are sorted, so that the index decides like the name
        order = chosen[np.lexsort((-chosen, -possible[chosen]))]
        matcher = SequenceMatcher(b=label)
        best: tuple[float, int] | None = None
        for i in order.tolist():
            if best is not None and (possible[i], i) < best:
                break
            matcher.set_seq1(self._names[i])
            ratio = matcher.ratio()
            if ratio >= ALIKE and (best is None or (ratio, i) > best):
                best = ratio, i
        return None if best is None else self._names[best[1]]

    def _shared(self, label: str) -> NDArray[np.float64]:
        """How alike a label and each name are at most: by the characters that both have."""
        n_shared = np.zeros(len(self._names), dtype=np.int64)
        for character, n in Counter(label).items():
            if character in self._places:
                places, numbers = self._places[character]
                n_shared[places] += np.minimum(numbers, n)
        lengths = self._lengths + len(label)
        shared: NDArray[np.float64] = 2.0 * n_shared / np.maximum(lengths, 1)
        return shared


def letters_of(label: str) -> str:
    """A label without case and punctuation."""
    return "".join(re.findall(r"[^\W_]+", label)).casefold()


def words_of(label: str) -> set[str]:
    """The words of a label's name."""
    return {word.casefold() for word in re.findall(r"[^\W_]+", label)}
