"""What must hold for every doc that a tagger has seen."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from spacy.tokens import Doc, Span
from spacy.vocab import Vocab

from spacy_halfree import doc_from_json, doc_to_json
from spacy_halfree.pipeline.tagger import HalfreeTagger
from spacy_halfree.tagging.confidence import confidence_in

TOLERANCE = 1e-4


@dataclass
class Before:
    """What was on a doc before it was tagged."""

    text: str
    tokens: list[tuple[str, str]]
    entities: set[tuple[int, int, str, str, str]]
    blocked: set[int]
    tags: list[str]
    others: tuple[Any, ...]

    @classmethod
    def of(cls, doc: Doc, target: str) -> "Before":
        blocked = {token.i for token in doc if token.ent_iob_ == "B" and not token.ent_type}
        return cls(
            doc.text,
            [(token.text, token.whitespace_) for token in doc],
            {span_facts(ent) for ent in doc.ents},
            blocked,
            [token.tag_ for token in doc],
            others(doc, target),
        )


def span_facts(span: Span) -> tuple[int, int, str, str, str]:
    return span.start, span.end, span.label_, span.kb_id_, span.id_


def others(doc: Doc, target: str) -> tuple[Any, ...]:
    """All that is not the tagger's to write."""
    groups = {
        key: [(span.start, span.end, span.label_) for span in group]
        for key, group in doc.spans.items()
        if target != "spans" or key == "mine"
    }
    return (
        dict(doc.cats),
        doc.user_data.get("mine"),
        [token.lemma_ for token in doc],
        groups,
        target == "tags" or [token.tag_ for token in doc],
        target == "ents" or [(token.ent_iob, token.ent_type_) for token in doc],
    )


def find_violations(tagger: HalfreeTagger, docs: Sequence[Doc]) -> list[str]:
    """Tag docs, and find what must not be.

    tagger: The component.
    docs: The docs; they are tagged.
    RETURNS: A sentence for each violation, an exception being one.
    """
    found = refusal_violations(tagger, docs)
    before = [Before.of(doc, tagger.target) for doc in docs]
    try:
        scores = tagger.predict(docs)
        tagger.set_annotations(docs, scores)
        explained = [tagger.explain(doc) for doc in docs[:1]]
    except Exception as error:
        return [f"{type(error).__name__}: {error}"]
    batch, prediction = scores
    found += prediction_violations(
        batch, np.asarray(prediction.tags), np.asarray(prediction.probabilities)
    )
    if any(not word.tag for explanation in explained for word in explanation):
        found.append("a word without an explanation")
    for doc, known in zip(docs, before, strict=True):
        found += [
            f"{problem} in {known.text[:60]!r}" for problem in doc_violations(tagger, doc, known)
        ]
    return found


def refusal_violations(tagger: HalfreeTagger, docs: Sequence[Doc]) -> list[str]:
    """Span groups of others under the tagger's key are kept: it refuses to write there.

    tagger: The component.
    docs: The docs; the groups are deleted in the end.
    """
    key = tagger.spans_key
    groups = [doc.spans.get(key) for doc in docs]
    if tagger.target != "spans" or not any(groups):
        return []
    before = [group and [span_facts(span) for span in group] for group in groups]
    found = []
    try:
        tagger.set_annotations(docs, tagger.predict(docs))
        found.append("a span group of others that is not refused")
    except ValueError as error:
        if "[H159]" not in str(error):
            found.append(f"ValueError: {error}")
    groups = [doc.spans.get(key) for doc in docs]
    if before != [group and [span_facts(span) for span in group] for group in groups]:
        found.append("a span group of others lost")
    for doc in docs:
        doc.spans.pop(key, None)
    return found


def prediction_violations(batch: Any, tags: Any, probabilities: Any) -> list[str]:
    """A legal tag for each word, out of a distribution over legal tags."""
    found = []
    if tags.shape != (batch.n_words,) or probabilities.shape != (batch.n_words, batch.n_tags):
        return ["not a tag and a distribution for each word"]
    if not len(tags):
        return []
    previous_tags = np.concatenate([[batch.start], tags[:-1]])
    starts = np.cumsum(batch.lengths) - batch.lengths
    previous_tags[starts[batch.lengths > 0]] = batch.start
    legal = batch.transitions[previous_tags]
    if batch.allowed is not None:
        legal = legal & batch.allowed
    if not legal[np.arange(len(tags)), tags].all():
        found.append("an illegal tag")
    if probabilities[~legal].any():
        found.append("an illegal tag with a probability")
    if not np.isfinite(probabilities).all():
        found.append("a probability that is no number")
    if not np.allclose(probabilities.sum(axis=1), 1, atol=TOLERANCE):
        found.append("probabilities that do not sum to 1")
    return found


def doc_violations(tagger: HalfreeTagger, doc: Doc, before: Before) -> list[str]:
    """Nothing lost, nothing invented."""
    found = []
    if doc.text != before.text or [(t.text, t.whitespace_) for t in doc] != before.tokens:
        found.append("another text")
    if others(doc, tagger.target) != before.others:
        found.append("annotation of others lost")
    found += distribution_violations(tagger, doc)
    if tagger.target == "tags":
        tags = [token.tag_ for token in doc]
        if any(old not in ("", new) for old, new in zip(before.tags, tags, strict=True)):
            found.append("a tag of others lost")
        if not set(tags) - set(before.tags) <= set(tagger.labels):
            found.append("a tag that is no label")
        return found
    if tagger.target == "ents":
        entities = {span_facts(ent) for ent in doc.ents}
        if not before.entities <= entities:
            found.append("an entity of others lost")
        new = [ent for ent in doc.ents if span_facts(ent) not in before.entities]
        if any(doc[i].ent_iob_ != "B" or doc[i].ent_type for i in before.blocked):
            found.append("a blocked token taken")
        if any(ent._.confidence is not None for ent in doc.ents if ent not in new):
            found.append("a made-up confidence")
    else:
        new = list(doc.spans[tagger.spans_key])
    found += [problem for span in new for problem in span_violations(tagger, span)]
    return found + json_violations(doc) + renaming_violations(tagger, doc, new)


def confidences(doc: Doc) -> list[Any]:
    """What is known of all spans and words."""
    spans = [*doc.ents, *(span for group in doc.spans.values() for span in group)]
    return [(span_facts(span)[:3], span._.confidence) for span in spans] + [
        token._.tag_probs for token in doc
    ]


def json_violations(doc: Doc) -> list[str]:
    """Confidence goes through JSON, of docs that spaCy itself can write and read."""
    try:
        Doc(doc.vocab).from_json(doc.to_json())
    # KeyError: spaCy fails at its own message of an entity that stands at no token (E1039)
    except (AssertionError, KeyError, ValueError):
        return []
    again = doc_from_json(Vocab(), json.loads(json.dumps(doc_to_json(doc))))
    return [] if confidences(again) == confidences(doc) else ["a confidence lost in JSON"]


def renaming_violations(tagger: HalfreeTagger, doc: Doc, spans: list[Span]) -> list[str]:
    """Spans that get a new label keep their confidence; the doc is left with those labels."""
    before = [span._.confidence for span in spans]
    renamed = [Span(doc, span.start, span.end, label="a new name") for span in spans]
    if tagger.target == "ents":
        doc.set_ents(renamed, default="unmodified")
    else:
        doc.spans[tagger.spans_key] = renamed
    same = [span._.confidence for span in renamed] == before
    return [] if same else ["a confidence lost by renaming"]


def distribution_violations(tagger: HalfreeTagger, doc: Doc) -> list[str]:
    """Distributions are kept for words alone, if they are asked for, and sum to 1."""
    found = []
    for token in doc:
        probabilities = token._.tag_probs
        is_word = tagger.target == "tags" or not token.is_space
        if (probabilities is not None) != (tagger.store_probs and is_word):
            found.append("a distribution too many or too few")
        elif probabilities is not None and abs(sum(probabilities.values()) - 1) > TOLERANCE:
            found.append("a stored distribution that does not sum to 1")
    return found


def span_violations(tagger: HalfreeTagger, span: Span) -> list[str]:
    found = []
    if not 0 <= span.start < span.end <= len(span.doc):
        return ["a span outside of the text"]
    if span.label_ not in tagger.labels:
        found.append("a label that is not of the set")
    if span[0].is_space or span[-1].is_space:
        found.append("white space at an edge")
    confidence = confidence_in(span, tagger.layer.place)
    if confidence is None or not tagger.threshold <= confidence <= 1 + TOLERANCE:
        found.append(f"a confidence of {confidence}")
    return found
