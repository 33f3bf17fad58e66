"""A pipeline with all that taggers leave on a doc, and what is left of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import spacy
from spacy.language import Language
from spacy.tokens import Doc, SpanGroup
from spacy.training import Example
from thinc.api import fix_random_seed

from spacy_halfree.pipeline.tagger import HalfreeTagger
from spacy_halfree.tagging.soft_labels import KEY as SOFT_LABELS_KEY
from spacy_halfree.tagging.soft_labels import has_soft_labels, load_soft_labels

ENTITIES, SPANS, SCORES = "entities", "spans", "scores"
TAG_PROBS, SOFT_LABELS = "tag_probs", "soft_labels"
FACTS = {
    ENTITIES: "confidence of entities",
    SPANS: "confidence of spans in a group",
    SCORES: "`scores` of the group",
    TAG_PROBS: "`tag_probs`",
    SOFT_LABELS: "soft labels",
}
"""What taggers leave on a doc, and the heads of the columns."""
ENTITY_TAGGER, SPAN_TAGGER = "halfree_tagger", "span_tagger"
SPANS_KEY = "sc"
# no word twice, so that a word tells its place
TEXT = "Nobody came yesterday. Mara Lind paints Oslo"
ENTITY_PLACES = [(23, 32, "PERSON"), (40, 44, "CITY")]
SPAN_PLACES = [(33, 44, "WORK")]
SECOND_SENTENCE = 4
"""The token with which it begins."""
THRESHOLD, TEMPERATURE = 0.25, 1.5
TOLERANCE = 1e-5


@dataclass(frozen=True)
class Facts:
    """What taggers have left on a doc.

    found: For each fact, its values by the text of a span or a word, or in words what has become of
        it. A fact is left out if there is no place for it, or None if it cannot be read.
    """

    found: Mapping[str, Mapping[str, Any] | str | None]


def make_pipeline() -> Language:
    """A trained, calibrated pipeline with a tagger of entities and one of spans.

    The threshold of the former is set when everything else is done, as a user would try one.
    """
    fix_random_seed(0)
    nlp = spacy.blank("en")
    nlp.add_pipe("halfree_tagger", name=ENTITY_TAGGER, config={"store_probs": True})
    settings = {"target": "spans", "spans_key": SPANS_KEY}
    nlp.add_pipe("halfree_tagger", name=SPAN_TAGGER, config=settings)
    annotation = {"entities": ENTITY_PLACES, "spans": {SPANS_KEY: SPAN_PLACES}}
    examples = [Example.from_dict(nlp.make_doc(TEXT), annotation)]
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(30):
        nlp.update(examples, sgd=optimizer)
    tagger = entity_tagger(nlp)
    tagger.cfg["calibration"] = TEMPERATURE
    tagger.threshold = THRESHOLD
    return nlp


def entity_tagger(nlp: Language, name: str = ENTITY_TAGGER) -> HalfreeTagger:
    """The tagger of entities."""
    return nlp.get_pipe(name)  # type: ignore[return-value]


def make_doc(nlp: Language) -> Doc:
    """A tagged doc with soft labels, too."""
    doc: Doc = nlp(make_soft_doc(nlp))
    return doc


def make_soft_doc(nlp: Language) -> Doc:
    """A doc with soft labels that is not tagged."""
    tagger = entity_tagger(nlp)
    labelled: Doc = nlp.make_doc(TEXT)
    tagger.write([labelled], tagger.predict([labelled]), soft_labels=True)
    doc: Doc = nlp.make_doc(TEXT)
    # nothing else: entities that are on a doc already are certain
    doc.user_data[SOFT_LABELS_KEY] = labelled.user_data[SOFT_LABELS_KEY]
    return doc


def read_facts(doc: Doc) -> Facts:
    """What is on a doc."""
    found: dict[str, Mapping[str, Any] | str | None] = {
        ENTITIES: {ent.text: ent._.confidence for ent in doc.ents},
        TAG_PROBS: {token.text: token._.tag_probs for token in doc},
        SOFT_LABELS: read_soft_labels(doc),
    }
    if SPANS_KEY in doc.spans:
        found |= read_group(doc.spans[SPANS_KEY])
    return Facts(found)


def read_group(group: SpanGroup) -> dict[str, Mapping[str, Any] | None]:
    """The facts of a span group; None if spaCy cannot make its spans (E035)."""
    try:
        spans = list(group)
    except IndexError:
        return {SPANS: None, SCORES: None}
    scores = group.attrs.get("scores", [])
    return {
        SPANS: {span.text: span._.confidence for span in spans},
        SCORES: {span.text: float(score) for span, score in zip(spans, scores, strict=False)},
    }


def read_soft_labels(doc: Doc) -> dict[str, Any] | None:
    """Each word's distribution; None if the soft labels do not fit the doc."""
    if not has_soft_labels(doc):
        return {}
    words = [token.text for token in doc if not token.is_space]
    try:
        soft = load_soft_labels(doc, len(words))
    except ValueError:
        return None
    return dict(zip(words, soft.probabilities.tolist(), strict=True))


def is_close(first: Any, second: Any) -> bool:
    """Whether values are the same within the tolerance."""
    if isinstance(first, Mapping):
        return first.keys() == second.keys() and all(
            is_close(value, second[name]) for name, value in first.items()
        )
    if isinstance(first, list):
        return len(first) == len(second) and all(
            is_close(one, other) for one, other in zip(first, second, strict=True)
        )
    return first is not None and second is not None and abs(first - second) < TOLERANCE


def compare(before: Facts, after: Facts) -> list[str]:
    """What has become of each fact, as the cells of a row.

    before: What was on the doc.
    after: What was found behind the seam. Only the words and spans there are compared, because
        a seam may take a part of the text.
    RETURNS: For each fact "kept", "lost", "changed", "refused" (it is there, but does not fit, and
        whoever reads it is told), or "-" (there is no place for it).
    """
    return [compare_fact(before.found.get(fact), after.found.get(fact, MISSING)) for fact in FACTS]


MISSING: Mapping[str, Any] = {"": ""}
"""In place of a fact for which there is no place."""


def compare_fact(
    before: Mapping[str, Any] | str | None, after: Mapping[str, Any] | str | None
) -> str:
    """See `compare`."""
    if isinstance(before, str) or isinstance(after, str):
        return str(after)
    if not before or after is MISSING:
        return "-"
    if after is None:
        return "refused"
    known = {text: value for text, value in after.items() if value is not None}
    if not known:
        return "lost"
    expected = {text: value for text, value in before.items() if text in known}
    of_after = {text: value for text, value in known.items() if text in before}
    return "kept" if of_after and is_close(expected, of_after) else "changed"
