"""Raw texts that may be suggested, as plain values, and the best of them while a pool is read."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

from spacy.tokens import Doc

from ..data.records import LabelledSpan, Task, TextToken
from ..labelling.labelled_records import Entity, to_entity
from ..types import Target

DIGITS = 4
"""Of the numbers that are written for annotation tools."""


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

    def to_task(self) -> Task:
        """What an annotation tool is given."""
        confidence = round(self.confidence, DIGITS)
        meta = {
            "score": round(self.score, DIGITS),
            "gain": round(self.gain, DIGITS),
            "confidence": confidence,
            "source": self.source,
        }
        spans = [LabelledSpan(own["start"], own["end"], own["label"]) for own in self.entities]
        return Task(self.text, self.tokens, tuple(spans), confidence, meta)


def annotation_of(
    doc: Doc, target: Target, spans_key: str
) -> tuple[tuple[TextToken, ...], tuple[Entity, ...]]:
    """The tokens of a doc, and what a tagger has written on it.

    doc: The doc.
    target: What was tagged.
    spans_key: The span group, if the target is "spans".
    RETURNS: Plain values, in the order of the text.
    """
    tokens = tuple(
        TextToken(token.text, token.idx, token.idx + len(token), bool(token.whitespace_))
        for token in doc
    )
    if target == "tags":
        tags = [(token, own.tag_) for token, own in zip(tokens, doc, strict=True) if own.tag_]
        return tokens, tuple(
            Entity(start=token.start, end=token.end, label=tag, confidence=None)
            for token, tag in tags
        )
    group = spans_key if target == "spans" else None
    spans = doc.ents if group is None else doc.spans.get(group, ())
    return tokens, tuple(to_entity(span, group) for span in spans)


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
