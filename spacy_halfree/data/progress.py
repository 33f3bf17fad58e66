"""Telling how many records have been read."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")
Progress = Callable[[int], object]
"""Is called with the number of records that have been read since the last call."""


def counted(items: Iterable[Item], on_progress: Progress | None) -> Iterator[Item]:
    """Yield items, and count each one.

    items: What is read.
    on_progress: Is called with 1 before each item; not at all if None.
    """
    for item in items:
        if on_progress is not None:
            on_progress(1)
        yield item
