"""What is answered: what a tagger has found in a text, as plain data."""

import json
import math
from collections.abc import Iterable
from typing import Any

from spacy.tokens import Doc, Span, Token

from ..pipeline.tagger import HalfreeTagger


def answer(docs: Iterable[Doc], tagger: HalfreeTagger) -> bytes:
    """The answer to a request.

    docs: The tagged texts.
    tagger: Whose target says what is found: entities, the spans of a group, or tagged words.
    RETURNS: JSON, with a list for each text.
    """
    return json.dumps({"entities": [describe(doc, tagger) for doc in docs]}).encode("ascii")


def describe(doc: Doc, tagger: HalfreeTagger) -> list[dict[str, Any]]:
    """What is found in a text; places are counted in characters."""
    if tagger.target == "tags":
        return [_describe_word(token) for token in doc if token.tag_]
    found = doc.ents if tagger.target == "ents" else doc.spans.get(tagger.spans_key, ())
    return [_describe_span(span) for span in found]


def _describe_span(span: Span) -> dict[str, Any]:
    return {
        "start": span.start_char,
        "end": span.end_char,
        "label": span.label_,
        "text": span.text,
        "confidence": _finite(span._.confidence),
    }


def _describe_word(token: Token) -> dict[str, Any]:
    probabilities = token._.tag_probs
    return {
        "start": token.idx,
        "end": token.idx + len(token),
        "label": token.tag_,
        "text": token.text,
        "confidence": _finite(probabilities.get(token.tag_)) if probabilities else None,
    }


def _finite(confidence: float | None) -> float | None:
    """JSON has no other numbers."""
    return None if confidence is None or not math.isfinite(confidence) else float(confidence)
