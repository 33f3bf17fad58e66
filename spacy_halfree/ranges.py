"""Checks of settings and arguments: one message for all that are out of range."""

import math
from collections.abc import Iterable

from .errors import Errors


def check(setting: str, value: object, is_valid: bool, expected: str) -> None:
    """RAISES: ValueError (H013) if a value is not what is expected."""
    if not is_valid:
        raise ValueError(Errors.H013.format(setting=setting, expected=expected, value=value))


def check_positive(**settings: float) -> None:
    """RAISES: ValueError (H013) if a number is not above 0, or is infinite."""
    for setting, value in settings.items():
        check(setting, value, 0 < value < math.inf, "above 0")


def check_share(**settings: float) -> None:
    """RAISES: ValueError (H013) if a number is not from 0 to 1."""
    for setting, value in settings.items():
        check(setting, value, 0 <= value <= 1, "from 0 to 1")


def check_count(least: int = 1, **settings: int | None) -> None:
    """RAISES: ValueError (H013) if a number is too small; None is any number."""
    for setting, value in settings.items():
        check(setting, value, value is None or value >= least, f"at least {least}")


def check_choice(choices: Iterable[object], **settings: object) -> None:
    """RAISES: ValueError (H013) if a value is none of the choices."""
    choices = tuple(choices)
    for setting, value in settings.items():
        check(setting, value, value in choices, f"in {choices}")
