"""What a tagger has found and how sure it is of it, for displaCy."""

from collections.abc import Sequence
from html import escape
from itertools import pairwise
from math import floor
from typing import Any

from spacy.displacy import parse_ents, parse_spans
from spacy.tokens import Doc, Span

from .errors import Errors
from .tagging.confidence import confidence_of_renamed
from .tagging.layers import EntityLayer, SpanGroupLayer


def confidence_spans(doc: Doc, spans_key: str | None = None) -> dict[str, Any]:
    """Entities whose labels are shown with their confidence.

    For `displacy.render(confidence_spans(doc), style="ent", manual=True)`. The label itself stays
    as it is: displaCy's options `colors` and `ents` go by it, and only what is written at the
    entity is "CITY 0.93". Without confidence (another component has set it), it is "CITY".

    doc: A doc.
    spans_key: The span group to show; None for the entities.
    RETURNS: What `displacy.parse_ents` returns, with confidence.
    RAISES: ValueError (H090) if spans of the group overlap, which displaCy shows otherwise.
    """
    spans: Sequence[Span]
    if spans_key is None:
        parsed = parse_ents(doc)
        spans, entries = doc.ents, parsed.pop("ents")
    else:
        parsed = parse_spans(doc, {"spans_key": spans_key})
        spans, entries = list(doc.spans.get(spans_key, [])), parsed.pop("spans")
        check_apart(spans, spans_key)
    for span, entry in zip(spans, entries, strict=True):
        # displaCy writes these as they are
        entry["params"] = {"label": escape(label_with_confidence(span, spans_key))}
    return {**parsed, "ents": entries}


def label_with_confidence(span: Span, spans_key: str | None) -> str:
    """A label and a confidence, cut off: what is not quite sure is never 1.00."""
    layer = EntityLayer() if spans_key is None else SpanGroupLayer(spans_key)
    confidence = confidence_of_renamed(span, layer.place)
    return (
        span.label_ if confidence is None else f"{span.label_} {floor(100 * confidence) / 100:.2f}"
    )


def check_apart(spans: Sequence[Span], spans_key: str) -> None:
    """RAISES: ValueError (H090) if two spans overlap."""
    for first, second in pairwise(sorted(spans, key=lambda span: (span.start, span.end))):
        if second.start < first.end:
            raise ValueError(Errors.H090.format(key=spans_key, first=first, second=second))
