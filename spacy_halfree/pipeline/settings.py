"""Settings that are out of range."""

import warnings
from collections.abc import Mapping
from typing import Any

from ..errors import Warnings
from ..ranges import check
from ..tagging.layers import Layer


def warn_of_no_evaluation(training: Mapping[str, Any]) -> None:
    """Warn if `spacy train` may end before it has looked at what the model has learned.

    training: The section `[training]` of the pipeline's config; empty if there is none.
    """
    if "eval_frequency" not in training:
        return
    eval_frequency, max_steps = training["eval_frequency"], training.get("max_steps", 0)
    patience, max_epochs = training.get("patience", 0), training.get("max_epochs", 0)
    too_soon = 0 < max_steps < eval_frequency or 0 < patience < eval_frequency
    # the epochs may be over before that many steps are
    by_epochs = max_epochs > 0 and eval_frequency == max_steps
    if eval_frequency <= 0 or too_soon or by_epochs:
        warnings.warn(
            Warnings.W021.format(
                eval_frequency=eval_frequency,
                max_steps=max_steps,
                max_epochs=max_epochs,
                patience=patience,
            ),
            stacklevel=2,
        )


def check_threshold(threshold: float, layer: Layer) -> None:
    """RAISES: ValueError (H013) for a threshold where every word gets a tag, sure or not."""
    expected = f"0 if the target is '{layer.name}', where every word gets a tag"
    check("threshold", threshold, not threshold or layer.has_spans, expected)
