"""The texts of a request, or why they cannot be tagged. Nothing of the input is in a message."""

import json
from typing import Any

from ..errors import Errors
from .limits import RequestLimits

TEXTS = "texts"


class Refused(ValueError):
    """A request that is not answered with entities."""


def read_texts(body: bytes, limits: RequestLimits) -> list[str]:
    """The texts of a request.

    body: A JSON object in UTF-8 whose only key is "texts", a list of strings.
    limits: What one request may ask for.
    RAISES: Refused (H170) if it is anything else, (H171) if it asks for too much.
    """
    found = _load(body)
    if not isinstance(found, dict) or list(found) != [TEXTS]:
        raise _invalid("it is not an object with the key 'texts' alone")
    texts = found[TEXTS]
    if not isinstance(texts, list):
        raise _invalid("'texts' is not a list")
    check_number("texts", len(texts), limits.texts)
    for i, text in enumerate(texts):
        if not isinstance(text, str):
            raise _invalid(f"text {i} is not a string")
        check_number(f"characters in text {i}", len(text), limits.characters)
        try:
            text.encode("utf8")
        except UnicodeEncodeError:
            raise _invalid(f"text {i} has a lone surrogate") from None
    return texts


def check_number(what: str, n: int, limit: int) -> None:
    """RAISES: Refused (H171) if a request asks for too much."""
    if n > limit:
        raise Refused(Errors.H171.format(what=what, limit=limit))


def _load(body: bytes) -> Any:
    try:
        text = body.decode("utf8")
    except UnicodeDecodeError:
        raise _invalid("it is not in UTF-8") from None
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_number)
    except Refused:
        raise
    except RecursionError:
        raise _invalid("it is nested too deeply") from None
    # a number of more digits than Python reads is a ValueError, too
    except ValueError:
        raise _invalid("it is not JSON") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _invalid("a key is there twice")
    return found


def _no_number(name: str) -> None:
    raise _invalid("it has NaN or an infinity")


def _invalid(reason: str) -> Refused:
    return Refused(Errors.H170.format(reason=reason))
