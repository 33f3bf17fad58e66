"""What a system costs beside time per word: seconds to load, memory and disk."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .process_memory import peak_megabytes
from .processes import run_in_process
from .taggers import Tagger
from .timing import seconds

BATCH_SIZE = 32
N_PROCESSES = 3


@dataclass(frozen=True)
class Footprint:
    """
    Attributes:
        load_seconds: from spaCy imported to a system that can tag, other imports included.
        peak_megabytes: the most memory of a process that loads it and tags texts.
    """

    load_seconds: float
    peak_megabytes: float


def load_and_tag(load: Callable[[], Tagger], texts: Sequence[str]) -> Footprint:
    """Load a system and tag texts, in this process."""
    loaded: list[Tagger] = []
    load_seconds = seconds(lambda: loaded.append(load()))
    loaded[0].tag(texts, BATCH_SIZE)
    return Footprint(load_seconds, peak_megabytes())


def measure_footprint(load: Callable[[], Tagger], texts: Sequence[str]) -> Footprint:
    """Load a system and tag texts, in processes of its own: medians of three."""
    found = [run_in_process(load_and_tag, load, texts) for _ in range(N_PROCESSES)]
    return Footprint(
        round(statistics.median(own.load_seconds for own in found), 2),
        round(statistics.median(own.peak_megabytes for own in found), 1),
    )
