"""Checks of settings and arguments: one message for all that are out of range."""

import math
from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any

from .errors import Errors


def check(setting: str, value: object, is_valid: bool, expected: str) -> None:
    """RAISES: ValueError (H013) if a value is not what is expected."""
    if not is_valid:
        raise ValueError(Errors.H013.format(setting=setting, expected=expected, value=repr(value)))


def is_number(value: Any) -> bool:
    """Whether a value is a number, as Python's and numpy's are: no truth value, and no string."""
    return isinstance(value, Real) and not isinstance(value, bool)


def check_positive(**settings: float) -> None:
    """RAISES: ValueError (H013) if a value is no number above 0, or is infinite."""
    for setting, value in settings.items():
        is_valid = is_number(value) and 0 < value < math.inf
        check(setting, value, is_valid, "a number above 0")


def check_within(least: float, most: float, **settings: float) -> None:
    """RAISES: ValueError (H013) if a value is no number between two others, or one of them."""
    for setting, value in settings.items():
        is_valid = is_number(value) and least <= value <= most
        check(setting, value, is_valid, f"a number from {least:g} to {most:g}")


def check_share(**settings: float) -> None:
    """RAISES: ValueError (H013) if a value is no number from 0 to 1."""
    check_within(0, 1, **settings)


def check_count(least: int = 1, **settings: int | None) -> None:
    """RAISES: ValueError (H013) if a value is no whole number, or too small; None is any number."""
    for setting, value in settings.items():
        is_whole = isinstance(value, Integral) and is_number(value)
        is_valid = value is None or (is_whole and value >= least)
        check(setting, value, is_valid, f"a whole number of at least {least}")


def check_choice(choices: Iterable[object], **settings: object) -> None:
    """RAISES: ValueError (H013) if a value is none of the choices."""
    choices = tuple(choices)
    for setting, value in settings.items():
        check(setting, value, value in choices, f"in {choices}")
