"""The best of the raw texts that may be suggested, while a pool is read."""

from collections.abc import Iterable
from hashlib import blake2b

from ..data.records import Suggestion


class Shortlist:
    """The best candidates of a pool of any size, in bounded memory.

    capacity: How many are kept at the end; twice as many on the way.
    seed: Decides between candidates of equal gain, by their texts, so that the order in which they
        come does not matter.
    """

    def __init__(self, capacity: int, seed: int) -> None:
        self.capacity = capacity
        self.seed = seed
        self.least_gain = 0.0
        """What a candidate must be worth to have a place."""
        self._kept: list[Suggestion] = []

    def add(self, candidates: Iterable[Suggestion]) -> None:
        """Keep candidates, as far as they are among the best."""
        self._kept += candidates
        if len(self._kept) > 2 * self.capacity:
            self._kept = self.best()
            self.least_gain = self._kept[-1].gain

    def best(self) -> list[Suggestion]:
        """The best candidates, the greatest gain first."""
        return sorted(self._kept, key=self._order)[: self.capacity]

    def _order(self, candidate: Suggestion) -> tuple[float, bytes, str]:
        drawn = blake2b(f"{self.seed}\0{candidate.text}".encode(), digest_size=8).digest()
        return -candidate.gain, drawn, candidate.source
