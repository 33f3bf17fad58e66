"""Settings that are out of range."""

import math
import warnings
from collections.abc import Mapping
from typing import Any

from ..errors import Errors, Warnings
from ..tagging.layers import Layer


def check_positive(**settings: float) -> None:
    """RAISES: ValueError (H013) if a number is not above 0, or is infinite."""
    for setting, value in settings.items():
        if not 0 < value < math.inf:
            raise ValueError(Errors.H013.format(setting=setting, expected="above 0", value=value))


def check_share(**settings: float) -> None:
    """RAISES: ValueError (H013) if a number is not from 0 to 1."""
    for setting, value in settings.items():
        if not 0 <= value <= 1:
            raise ValueError(
                Errors.H013.format(setting=setting, expected="from 0 to 1", value=value)
            )


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
    if threshold and not layer.has_spans:
        expected = f"0 if the target is '{layer.name}', where every word gets a tag"
        raise ValueError(
            Errors.H013.format(setting="threshold", expected=expected, value=threshold)
        )
