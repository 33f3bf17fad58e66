"""Labels as the string store knows them."""

import numpy as np
from spacy.strings import StringStore

from ..types import Hashes, Ints
from .scheme import UNKNOWN, TagScheme


class LabelTags:
    """Looks up the tags of labels given by their hashes, many at once.

    strings: The string store in which the labels have their hashes.
    scheme: The tags.
    """

    def __init__(self, strings: StringStore, scheme: TagScheme) -> None:
        self.scheme = scheme
        self.hashes: Hashes = np.array([strings.add(own) for own in scheme.labels], dtype=np.uint64)
        """(n_labels, uint64): The labels' hashes, in the order of their tags."""
        order = np.argsort(self.hashes)
        self._sorted = self.hashes[order]
        self._tags = order.astype(np.int64) + scheme.offset

    def __call__(self, hashes: Hashes) -> Ints:
        """RETURNS: The tag of each label, `UNKNOWN` where it is none of the scheme's."""
        if not len(self._sorted):
            return np.full(hashes.shape, UNKNOWN, dtype=np.int64)
        place = np.searchsorted(self._sorted, hashes).clip(max=len(self._sorted) - 1)
        return np.where(self._sorted[place] == hashes, self._tags[place], UNKNOWN)
