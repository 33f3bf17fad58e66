"""Checks of settings and arguments: one message for all that are out of range."""

import math
from collections.abc import Iterable
from numbers import Integral, Real

from .errors import Errors

MOST = 2**31 - 1
"""The largest count, which every library takes."""
LARGEST_SEED = 2**32 - 1


def check(setting: str, value: object, is_valid: bool, expected: str) -> None:
    """RAISES: ValueError (H013) if a value is not what is expected."""
    if not is_valid:
        raise ValueError(Errors.H013.format(setting=setting, expected=expected, value=repr(value)))


def check_positive(**settings: float) -> None:
    """RAISES: ValueError (H013) if a value is no number above 0, or is infinite."""
    for setting, value in settings.items():
        check(setting, value, is_number(value) and 0 < value < math.inf, "a number above 0")


def check_within(least: float, most: float, **settings: float) -> None:
    """RAISES: ValueError (H013) if a value is no number between two others, or one of them."""
    for setting, value in settings.items():
        is_valid = is_number(value) and least <= value <= most
        check(setting, value, is_valid, f"a number from {least:g} to {most:g}")


def check_share(**settings: float) -> None:
    """RAISES: ValueError (H013) if a value is no number from 0 to 1."""
    check_within(0, 1, **settings)


def check_count(least: int = 1, **settings: int | None) -> None:
    """RAISES: ValueError (H013) if a number is not whole or out of range; None is any number."""
    expected = f"a whole number, at least {least} and at most {MOST}"
    for setting, value in settings.items():
        is_valid = value is None or (is_whole(value) and least <= value <= MOST)
        check(setting, value, is_valid, expected)


def check_seed(seed: int, most: int = LARGEST_SEED) -> None:
    """RAISES: ValueError (H013) for no seed of numpy and torch, or one above `most`."""
    is_valid = is_whole(seed) and 0 <= seed <= most
    check("seed", seed, is_valid, f"a whole number from 0 to {most}")


def is_number(value: object) -> bool:
    """Whether a value is a number; true and false are none."""
    return isinstance(value, Real) and not isinstance(value, bool)


def is_whole(value: object) -> bool:
    """Whether a value is a whole number; true and false are none."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def check_choice(choices: Iterable[object], **settings: object) -> None:
    """RAISES: ValueError (H013) if a value is none of the choices."""
    choices = tuple(choices)
    for setting, value in settings.items():
        check(setting, value, value in choices, f"in {choices}")
