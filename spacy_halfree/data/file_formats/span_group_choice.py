"""Why spaCy's docs do not have the annotation that is read."""

from collections.abc import Iterable

from ..records import Skipped

BY_KEY = "use `--spans-key` to choose one"


def without_group(key: str) -> Skipped:
    """A doc that lacks the chosen span group, so that nobody knows its spans."""
    return Skipped(f"not annotated: no span group '{key}'")


def without_entities(groups: Iterable[str]) -> Skipped:
    """A doc that has no entities, but span groups."""
    names = ", ".join(sorted(groups))
    return Skipped(f"not annotated with entities, only with span groups ({names}); {BY_KEY}")
