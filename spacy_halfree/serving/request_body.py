"""The texts of a request, or why they cannot be tagged. Nothing of the input is in a message."""

import json
from typing import Any

from ..data.text_encoding import is_unicode
from ..errors import Errors
from .limits import RequestLimits
from .refusal import Refusal

TEXTS = "texts"


def read_texts(body: bytes, limits: RequestLimits) -> list[str]:
    """The texts of a request.

    body: A JSON object in UTF-8 whose only key is "texts", a list of strings.
    limits: What one request may ask for.
    RETURNS: The texts.
    RAISES: Refusal (H170) if it is anything else, (H171) if it asks for too much.
    """
    found = _load(body)
    if not isinstance(found, dict) or list(found) != [TEXTS]:
        raise invalid(f"it is not an object with the key '{TEXTS}' alone")
    texts = found[TEXTS]
    if not isinstance(texts, list):
        raise invalid(f"'{TEXTS}' is not a list")
    check_number("texts", len(texts), limits.texts)
    for i, text in enumerate(texts):
        if not isinstance(text, str):
            raise invalid(f"text {i} is not a string")
        check_number(f"characters in text {i}", len(text), limits.characters)
        if not is_unicode(text):
            raise invalid(f"text {i} has a lone surrogate")
    return texts


def check_number(what: str, n: int, limit: int) -> None:
    """RAISES: Refusal (H171) if a request asks for more than it may."""
    if n > limit:
        raise Refusal(Errors.H171.format(what=what, limit=limit))


def invalid(reason: str) -> Refusal:
    """A refusal of what cannot be read."""
    return Refusal(Errors.H170.format(reason=reason))


def _load(body: bytes) -> Any:
    # `json` would take UTF-16 and UTF-32, too
    try:
        text = body.decode("utf8")
    except UnicodeDecodeError:
        raise invalid("it is not in UTF-8") from None
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_number)
    except RecursionError:
        raise invalid("it is nested too deeply") from None
    # a number of more digits than Python reads is a ValueError, too
    except ValueError:
        raise invalid("it is not JSON") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise invalid("it has a key twice")
    return found


def _no_number(name: str) -> None:
    raise invalid("it has NaN or an infinity")
