"""What teachers say about texts, as plain values that go from process to process."""

from collections.abc import Sequence
from typing import TypedDict

from spacy.tokens import Doc, Span

from ..pipeline.confidence import confidence_in
from ..tagging.attributes import tagged_tokens
from ..tagging.scheme import make_scheme
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


def to_labelled(doc: Doc, spans_key: str) -> LabelledRecord:
    """What stands on a doc that teachers have annotated.

    doc: The doc, with soft labels in its user data.
    spans_key: The span group to read, if spans were tagged.
    """
    payload = doc.user_data[KEY]
    words = [doc[int(i)].text for i in tagged_tokens(doc, spans=payload["target"] != "tags")]
    soft = load_soft_labels(doc, len(words))
    names = make_scheme(soft.labels, soft.target).tag_names
    tags = soft.tags.tolist()
    spans: Sequence[Span] = ()
    group = spans_key if soft.target == "spans" else None
    if soft.target != "tags":
        spans = doc.ents if group is None else doc.spans.get(group, ())
    return LabelledRecord(
        text=doc.text,
        words=words,
        tags=[names[tag] for tag in tags],
        probabilities=[float(row[tag]) for row, tag in zip(soft.probabilities, tags, strict=True)],
        entities=[to_entity(span, group) for span in spans],
        soft_labels=payload,
    )


def to_entity(span: Span, spans_key: str | None) -> Entity:
    """A span of a group, or an entity (None), as plain values."""
    return Entity(
        start=span.start_char,
        end=span.end_char,
        label=span.label_,
        confidence=confidence_in(span, spans_key),
    )
