"""Settings that are out of range."""

import math

from ..errors import Errors


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


def check_threshold(threshold: float, target: str) -> None:
    """RAISES: ValueError (H013) for a threshold where every word gets a tag, sure or not."""
    if threshold and target == "tags":
        expected = "0 if the target is 'tags', where every word gets a tag"
        raise ValueError(
            Errors.H013.format(setting="threshold", expected=expected, value=threshold)
        )
