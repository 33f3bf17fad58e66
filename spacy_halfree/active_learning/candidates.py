"""Raw texts that may be suggested, as plain values, and the best of them while a pool is read."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

from spacy.tokens import Doc

from ..labelling.records import Entity


@dataclass(frozen=True)
class TextToken:
    """A token of a text. start, end: Characters. space: Whether a space follows it."""

    text: str
    start: int
    end: int
    space: bool


@dataclass(frozen=True)
class Candidate:
    """A raw text with the models' annotation.

    source: Where it comes from: its id, or its file and line.
    text: The text.
    tokens: Its tokens, white space included.
    entities: What the models found: entities or spans; for tags, one for each token.
    score: What it is worth by itself, in nats, by the measure that was asked for.
    confidence: The mean probability (the geometric one) of the decoded tags.
    gain: What it is worth, given the texts that are known.
    """

    source: str
    text: str
    tokens: tuple[TextToken, ...]
    entities: tuple[Entity, ...]
    score: float
    confidence: float
    gain: float


def tokens_of(doc: Doc) -> tuple[TextToken, ...]:
    """The tokens of a doc as plain values."""
    return tuple(
        TextToken(token.text, token.idx, token.idx + len(token), bool(token.whitespace_))
        for token in doc
    )


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
        self._kept: list[Candidate] = []

    def add(self, candidates: Iterable[Candidate]) -> None:
        """Keep candidates, as far as they are among the best."""
        self._kept += candidates
        if len(self._kept) > 2 * self.capacity:
            self._kept = self.best()
            self.least_gain = self._kept[-1].gain

    def best(self) -> list[Candidate]:
        """The best candidates, the greatest gain first."""
        return sorted(self._kept, key=self._order)[: self.capacity]

    def _order(self, candidate: Candidate) -> tuple[float, bytes, str]:
        drawn = blake2b(f"{self.seed}\0{candidate.text}".encode(), digest_size=8).digest()
        return -candidate.gain, drawn, candidate.source
