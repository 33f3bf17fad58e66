"""What a system costs beside time per word: seconds to load, memory and disk."""

import multiprocessing
import resource
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from .taggers import Tagger
from .timing import seconds

BATCH_SIZE = 32


@dataclass(frozen=True)
class Footprint:
    """
    Attributes:
        load_seconds: from spaCy imported to a system that can tag, other imports included.
        peak_megabytes: the most memory of a process that loads it and tags texts.
    """

    load_seconds: float
    peak_megabytes: float


def peak_megabytes() -> float:
    """The most memory that this process has had."""
    status = Path("/proc/self/status")
    if status.exists():
        # not `getrusage`, which counts the parent's before the process became its own
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1e3
    unit = 1e6 if sys.platform == "darwin" else 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def load_and_tag(load: Callable[[], Tagger], texts: Sequence[str]) -> Footprint:
    """Load a system and tag texts, in this process."""
    loaded: list[Tagger] = []
    load_seconds = seconds(lambda: loaded.append(load()))
    loaded[0].tag(texts, BATCH_SIZE)
    return Footprint(round(load_seconds, 2), round(peak_megabytes(), 1))


def measure_footprint(load: Callable[[], Tagger], texts: Sequence[str]) -> Footprint:
    """Load a system and tag texts, in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        return process.submit(load_and_tag, load, texts).result()
