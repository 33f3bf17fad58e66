"""Precision, recall and F-score of what the tagger writes."""

from collections.abc import Callable, Iterable
from typing import Any

from spacy.training import Example

from ..tagging.layers import make_layer

TaggerScorer = Callable[..., dict[str, Any]]


def make_tagger_scorer() -> TaggerScorer:
    """Registered as `halfree.tagger_scorer.v1`."""
    return score_tagger


def score_tagger(
    examples: Iterable[Example], *, target: str, spans_key: str, **kwargs: Any
) -> dict[str, Any]:
    """Score what a tagger wrote, under spaCy's usual names and under names that fit all layers.

    The names shared by all layers (`halfree_p`, `halfree_r`, `halfree_f`) are what the default
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
    return make_layer(target, spans_key).score(list(examples))
