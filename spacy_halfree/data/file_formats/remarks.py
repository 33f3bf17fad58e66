"""Warnings about what is not read of a file."""

import logging
from collections.abc import Mapping, Sequence

from ...errors import Warnings

logger = logging.getLogger("spacy.halfree")
MOST_NAMES = 10
"""So many annotations are named at most."""
BY_FIELD = "Use `--field` to choose others."
"""What to do if something else should be read."""


def warn_of_ignored(
    path: str, chosen: str | None, ignored: Mapping[str, int], advice: str = ""
) -> None:
    """Tell what is ignored of a file (W035), if there is anything.

    path: The file.
    chosen: What is read; None if nothing has spans.
    ignored: What is not, and how much of each there is.
    advice: How to read it.
    """
    if ignored:
        parts = ", ".join(f"{own} ({n})" for own, n in sorted(ignored.items()))
        read = "there are no spans to read" if chosen is None else f"spans are read from {chosen}"
        message = Warnings.W035.format(path=path, read=read, ignored=parts)
        logger.warning(f"{message} {advice}".rstrip())


def warn_of_left_out(path: str, reason: str, names: Sequence[str]) -> None:
    """Name annotations that cannot be used (W036), if there are any.

    path: The file.
    reason: Why they cannot.
    names: Their names or their words.
    """
    if names:
        some = ", ".join(names[:MOST_NAMES]) + (", ..." if len(names) > MOST_NAMES else "")
        logger.warning(Warnings.W036.format(path=path, n=len(names), reason=reason, names=some))
