"""Precision, recall and F-score of what the tagger writes."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from spacy.scorer import PRFScore, Scorer, get_ner_prf
from spacy.training import Example

from ..types import Target
from .calibration_error import expected_calibration_error
from .confidence import confidence_in
from .gold_annotation import annotation_of, has_annotation, touches, unannotated

TaggerScorer = Callable[..., dict[str, Any]]

SHARED_KEYS = ("halfree_p", "halfree_r", "halfree_f")
CALIBRATION_ERROR = "halfree_calibration_error"


def make_tagger_scorer() -> TaggerScorer:
    """Registered as `halfree.tagger_scorer.v1`."""
    return score_tagger


def score_tagger(
    examples: Iterable[Example], *, target: Target, spans_key: str, **kwargs: Any
) -> dict[str, Any]:
    """Score what a tagger wrote, under spaCy's usual names and under names that fit all targets.

    The names shared by all targets (`halfree_p`, `halfree_r`, `halfree_f`) are what the default
    `[training.score_weights]` use, so that `spacy train` finds the best model whatever is tagged.

    examples: The examples, their predicted docs tagged.
    target: What was tagged: "ents" gives `ents_p`, `ents_r`, `ents_f`, `ents_per_type`; "spans"
        the same with `spans_{spans_key}`; "tags" gives `tag_acc` and `tag_p`, `tag_r`, `tag_f`,
        `tag_per_type`.
    spans_key: The span group, if the target is "spans".
    RETURNS: The scores, 0 to 1; None where the examples are not annotated. Entities and spans have
        a `halfree_calibration_error`, too: the distance of their confidence from the share of them
        that is right.
    """
    examples = list(examples)
    if target == "ents":
        scores, prefix = get_ner_prf(examples), "ents"
    elif target == "spans":
        scores, prefix = _score_span_group(examples, spans_key), f"spans_{spans_key}"
    else:
        scores, prefix = _score_tags(examples), "tag"
        scores.update(Scorer.score_token_attr(examples, "tag"))
    for key in SHARED_KEYS:
        scores[key] = scores.get(f"{prefix}_{key[-1]}")
    if target != "tags":
        scores[CALIBRATION_ERROR] = _score_confidence(examples, target, spans_key)
    return scores


def _score_confidence(examples: Iterable[Example], target: Target, spans_key: str) -> float | None:
    """The calibration error of what a tagger has found where the annotation is known."""
    confidences, is_right = [], []
    group = spans_key if target == "spans" else None
    for example in examples:
        if not has_annotation(example.reference, target, spans_key):
            continue
        right = annotation_of(example.reference, target, spans_key)
        unknown = unannotated(example.reference, target)
        predicted = example.predicted
        for span in predicted.ents if group is None else predicted.spans.get(group, []):
            # not `span._.confidence`, which may be another tagger's or another package's
            confidence = confidence_in(span, group)
            # another component's, or where nobody knows
            if confidence is None or touches(span.start_char, span.end_char, unknown):
                continue
            confidences.append(confidence)
            is_right.append((span.start_char, span.end_char, span.label_) in right)
    if not confidences:
        return None
    return expected_calibration_error(np.array(confidences), np.array(is_right))


def _score_span_group(examples: Iterable[Example], spans_key: str) -> dict[str, Any]:
    return Scorer.score_spans(
        examples,
        attr=f"spans_{spans_key}",
        getter=lambda doc, _: doc.spans.get(spans_key, []),
        has_annotation=lambda doc: spans_key in doc.spans,
        allow_overlap=True,
    )


def _score_tags(examples: Iterable[Example]) -> dict[str, Any]:
    """Exact tokens and tags, by character offsets; tokens without a gold tag do not count."""
    total = PRFScore()
    per_type: dict[str, PRFScore] = {}
    for example in examples:
        gold = {(t.idx, t.idx + len(t), t.tag_) for t in example.reference if t.tag}
        unannotated = {t.idx for t in example.reference if not t.tag}
        found = {
            (t.idx, t.idx + len(t), t.tag_)
            for t in example.predicted
            if t.tag and t.idx not in unannotated
        }
        total.score_set(found, gold)
        for tag in {tag for _, _, tag in gold | found}:
            of_tag = per_type.setdefault(tag, PRFScore())
            of_tag.score_set(
                {item for item in found if item[2] == tag},
                {item for item in gold if item[2] == tag},
            )
    if not total.tp + total.fn:
        return {"tag_p": None, "tag_r": None, "tag_f": None, "tag_per_type": None}
    return {
        "tag_p": total.precision,
        "tag_r": total.recall,
        "tag_f": total.fscore,
        "tag_per_type": {tag: score.to_dict() for tag, score in sorted(per_type.items())},
    }
