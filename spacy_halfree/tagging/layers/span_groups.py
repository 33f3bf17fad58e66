"""Span groups: `Doc.spans[key]`."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from spacy.scorer import Scorer
from spacy.tokens import Doc, Span, SpanGroup
from spacy.training import Example

from ...errors import Errors
from ...types import Hashes, Ints
from ..confidence import GROUPS, forget_confidences, mark_spans
from .span_layer import BEGINNING, INSIDE, OUTSIDE, SpanLayer

SCORES = "scores"
"""Under which `SpanGroup.attrs` has the confidence of each span, in the group's order."""


COMPONENT = "component"
"""Under which it has the name of the component that has written the group."""


class SpanGroupLayer(SpanLayer):
    """Reads and writes one span group. The component's own group is replaced, and pins nothing."""

    name: ClassVar[str] = "spans"
    noun: ClassVar[str] = "spans"

    @property
    def place(self) -> str:
        """See `Layer`."""
        return f"{GROUPS}{self.key}"

    @property
    def description(self) -> str:
        """See `Layer`."""
        return f"spans in doc.spans['{self.key}']"

    def is_annotated(self, doc: Doc) -> bool:
        """See `Layer`."""
        return self.key in doc.spans

    def spans(self, doc: Doc) -> Sequence[Span]:
        """See `Layer`."""
        spans: Sequence[Span] = doc.spans.get(self.key, ())
        return spans

    def unknown(self, doc: Doc) -> list[tuple[int, int]]:
        """See `Layer`. A group is there or not: no part of it can be missing."""
        return []

    def gold_iob(self, example: Example, name: str) -> tuple[Ints, Hashes]:
        """See `SpanLayer`."""
        predicted, reference = example.predicted, example.reference
        iob = np.zeros(len(predicted), dtype=np.int64)
        types = np.zeros(len(predicted), dtype=np.uint64)
        if not self.is_annotated(reference):
            return iob, types
        iob[:] = OUTSIDE
        spans = sorted(self.spans(reference), key=lambda span: (span.start, span.end))
        for first, second in pairwise(spans):
            if second.start < first.end:
                message = Errors.H004.format(
                    name=name, first=first, second=second, text=reference.text[:80], key=self.key
                )
                raise ValueError(message)
        for span in spans:
            start, end, is_aligned = predicted_tokens(span, predicted)
            iob[start:end] = INSIDE if is_aligned else 0
            if is_aligned:
                iob[start] = BEGINNING
                types[start:end] = span.label
        return iob, types

    def write_spans(
        self, doc: Doc, spans: list[Span], confidences: list[float], *, name: str, has_pinned: bool
    ) -> tuple[list[Span], list[float]]:
        """See `SpanLayer`. The group's attribute `scores` is that of spaCy's `spancat`."""
        if self.is_annotated(doc):
            forget_confidences(doc, self.place)
        mark_spans(doc, spans, self.place)
        scores = np.array(confidences, dtype=np.float32)
        attrs = {SCORES: scores, COMPONENT: name}
        doc.spans[self.key] = SpanGroup(doc, name=self.key, spans=spans, attrs=attrs)
        return spans, confidences

    def check_others(self, doc: Doc, name: str) -> None:
        """See `SpanLayer`. A component replaces its own group alone, and an empty one."""
        group = doc.spans.get(self.key)
        if not group:
            return
        writer = group.attrs.get(COMPONENT, name)
        mark = doc.vocab.strings[self.place]
        foreign = [span for span in group if span.id != mark or writer != name]
        if foreign:
            span = foreign[0]
            other = f"component '{writer}'" if writer != name else "another component"
            raise ValueError(
                Errors.H159.format(
                    name=name,
                    key=self.key,
                    text=doc.text[:80],
                    other=other,
                    span=span.text[:80],
                    label=span.label_,
                )
            )

    def score_spans(self, examples: Sequence[Example]) -> tuple[dict[str, Any], str]:
        """See `SpanLayer`."""
        prefix = f"spans_{self.key}"
        scores = Scorer.score_spans(
            examples,
            attr=prefix,
            getter=lambda doc, _: self.spans(doc),
            has_annotation=self.is_annotated,
            allow_overlap=True,
        )
        return scores, prefix


def predicted_tokens(span: Span, predicted: Doc) -> tuple[int, int, bool]:
    """The tokens of the predicted doc that a span covers, and whether it covers them exactly."""
    exact = predicted.char_span(span.start_char, span.end_char)
    if exact is not None:
        return exact.start, exact.end, True
    touched = predicted.char_span(span.start_char, span.end_char, alignment_mode="expand")
    return (touched.start, touched.end, False) if touched is not None else (0, 0, False)
