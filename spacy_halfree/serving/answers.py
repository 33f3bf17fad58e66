"""What is answered: what a tagger has found in texts, as plain data."""

import json
import math
from collections.abc import Iterable
from typing import Any

from spacy.tokens import Doc, Span, Token

from ..pipeline.tagger import HalfreeTagger

Described = dict[str, Any]


def to_json(docs: Iterable[Doc], tagger: HalfreeTagger) -> bytes:
    """The answer to a request.

    docs: The tagged texts.
    tagger: Its target says what is told: entities, the spans of a group, or tagged words.
    RETURNS: A JSON object with the key "entities": a list for each text.
    """
    return json.dumps({"entities": [describe(doc, tagger) for doc in docs]}).encode("ascii")


def describe(doc: Doc, tagger: HalfreeTagger) -> list[Described]:
    """What is found in a text; places are counted in characters."""
    if tagger.target == "tags":
        return [_describe_word(token) for token in doc if token.tag_]
    spans = doc.ents if tagger.target == "ents" else doc.spans.get(tagger.spans_key, ())
    return [_describe_span(span) for span in spans]


def _describe_span(span: Span) -> Described:
    return {
        "start": span.start_char,
        "end": span.end_char,
        "label": span.label_,
        "text": span.text,
        "confidence": _finite(span._.confidence),
    }


def _describe_word(token: Token) -> Described:
    # known if the tagger's setting `store_probs` is true
    probabilities = token._.tag_probs or {}
    return {
        "start": token.idx,
        "end": token.idx + len(token),
        "label": token.tag_,
        "text": token.text,
        "confidence": _finite(probabilities.get(token.tag_)),
    }


def _finite(confidence: float | None) -> float | None:
    """JSON has no other numbers."""
    return None if confidence is None or not math.isfinite(confidence) else float(confidence)
