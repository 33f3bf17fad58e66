"""Entities: `Doc.ents`."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from spacy.attrs import ENT_IOB, ENT_TYPE
from spacy.scorer import get_ner_prf
from spacy.tokens import Doc, Span
from spacy.training import Example

from ...types import Bools, Hashes, Ints
from ..attributes import same_tokens, token_attributes
from ..confidence import ENTITIES
from ..constraints import pinned_span_tags, word_mask
from ..label_tags import LabelTags
from .span_layer import BEGINNING, INSIDE, OUTSIDE, SpanLayer

IOB_CODES = {"I": INSIDE, "L": INSIDE, "O": OUTSIDE, "B": BEGINNING, "U": BEGINNING}


class EntityLayer(SpanLayer):
    """Reads and writes `Doc.ents`. Existing entities and blocked tokens are pinned and kept."""

    name: ClassVar[str] = ENTITIES
    noun: ClassVar[str] = "entities"

    def is_annotated(self, doc: Doc) -> bool:
        """See `Layer`."""
        return bool(doc.has_annotation("ENT_IOB"))

    def spans(self, doc: Doc) -> Sequence[Span]:
        """See `Layer`."""
        return doc.ents

    def unknown(self, doc: Doc) -> list[tuple[int, int]]:
        """See `Layer`."""
        return [(token.idx, token.idx + len(token)) for token in doc if token.ent_iob == 0]

    def gold_iob(self, example: Example, name: str) -> tuple[Ints, Hashes]:
        """See `SpanLayer`."""
        if same_tokens(example):
            array = token_attributes(example.reference, [ENT_IOB, ENT_TYPE])
            iob, types = array[:, 0].astype(np.int64), array[:, 1]
            # a beginning without a label is a token that spaCy was told to leave outside
            return np.where((iob == BEGINNING) & (types == 0), OUTSIDE, iob), types
        strings = example.predicted.vocab.strings
        biluo = [tag if tag and tag != "-" else "" for tag in example.get_aligned_ner()]
        iob = np.array([IOB_CODES.get(tag[:1], 0) for tag in biluo], dtype=np.int64)
        types = np.array([strings.add(tag[2:]) if tag[2:] else 0 for tag in biluo], dtype=np.uint64)
        return iob, types

    def pinned(self, attributes: Hashes, words: Ints, label_tags: LabelTags) -> Bools | None:
        """See `Layer`."""
        iob, types = attributes[:, 1], attributes[:, 2]
        if not (iob % 2).any():
            return None
        pinned_tags, breaks = pinned_span_tags(
            iob.astype(np.int64), label_tags(types), types != 0, words
        )
        return word_mask(pinned_tags, breaks, label_tags.scheme)

    def cleared(self, doc: Doc) -> Doc:
        """See `Layer`."""
        copied = doc.copy()
        copied.set_ents([], default="missing")
        return copied

    def write_spans(
        self, doc: Doc, spans: list[Span], confidences: list[float], *, name: str, has_pinned: bool
    ) -> tuple[list[Span], list[float]]:
        """See `SpanLayer`."""
        if not has_pinned:
            doc.set_ents(spans)
            return spans, confidences
        iob, types = token_attributes(doc, [ENT_IOB, ENT_TYPE]).T
        taken = (iob == BEGINNING) | ((iob == INSIDE) & (types != 0))
        pairs = [
            pair
            for pair in zip(spans, confidences, strict=True)
            if not taken[pair[0].start : pair[0].end].any()
        ]
        new = [span for span, _ in pairs]
        blocked = np.flatnonzero((iob == BEGINNING) & (types == 0)).tolist()
        doc.set_ents([*doc.ents, *new], blocked=[doc[i : i + 1] for i in blocked])
        return new, [confidence for _, confidence in pairs]

    def score_spans(self, examples: Sequence[Example]) -> tuple[dict[str, Any], str]:
        """See `SpanLayer`."""
        return get_ner_prf(examples), "ents"
