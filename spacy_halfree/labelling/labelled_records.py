"""What teachers say about texts, as plain values that go from process to process."""

from typing import TypedDict

from spacy.tokens import Doc

from ..tagging.layers import Layer
from ..tagging.soft_labels import KEY, Payload, load_soft_labels


class Entity(TypedDict):
    """An entity or span. start, end: Characters of the text. confidence: Its probability."""

    start: int
    end: int
    label: str
    confidence: float | None


class LabelledRecord(TypedDict, total=False):
    """A text and what the teachers say about it; or, in `error`, why they say nothing.

    id: As it was given.
    text: The text.
    words: The words that are tagged, in order.
    tags: The tag of each.
    probabilities: The probability of each of these tags, given the tags before.
    entities: The entities or spans.
    soft_labels: The distributions, as arrays; see `spacy_halfree.tagging.soft_labels`.
    error: The reason why the teachers failed; then nothing else is there but what was given.
    """

    id: str
    text: str
    words: list[str]
    tags: list[str]
    probabilities: list[float]
    entities: list[Entity]
    soft_labels: Payload
    error: str


def to_labelled(doc: Doc, layer: Layer) -> LabelledRecord:
    """What teachers have written on a doc.

    doc: The doc, with soft labels in its user data.
    layer: The teachers' layer.
    """
    words = [doc[i].text for i in layer.words(doc).tolist()]
    soft = load_soft_labels(doc, len(words))
    names = layer.scheme(soft.labels).tag_names
    tags = soft.tags.tolist()
    found = layer.predictions(doc) if layer.has_spans else []
    return LabelledRecord(
        text=doc.text,
        words=words,
        tags=[names[tag] for tag in tags],
        probabilities=[float(row[tag]) for row, tag in zip(soft.probabilities, tags, strict=True)],
        entities=[
            Entity(start=start, end=end, label=label, confidence=confidence)
            for start, end, label, confidence in found
        ],
        soft_labels=doc.user_data[KEY],
    )
