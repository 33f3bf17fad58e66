"""Timing systems in turns, so that a noisy machine slows all of them."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from .taggers import Inputs, Tagger

Sample = Sequence[str]


@dataclass(frozen=True)
class Timing:
    """Words per second of one system, round by round, and beside another system's.

    Attributes:
        speeds: one a round.
        ratios: to the baseline's speed in the same round; empty if there is no baseline.
    """

    speeds: list[float]
    ratios: list[float]

    @property
    def median(self) -> float:
        return statistics.median(self.speeds)

    @property
    def median_ratio(self) -> float | None:
        return statistics.median(self.ratios) if self.ratios else None


def seconds(run: Callable[[], None]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def choose_sample(
    tagger: Tagger, texts: Sequence[str], batch_size: int, least_seconds: float
) -> Sample:
    """As many of the first texts as a system is busy with for long enough; at most all.

    What is done at the first call only makes it a few texts less, and is not timed.
    """
    probe = texts[: max(batch_size, 8)]
    taken = seconds(lambda: tagger.tag(probe, batch_size))
    needed = round(len(probe) * least_seconds / taken)
    return texts[: max(needed, len(probe))]


def time_in_turns(
    taggers: Mapping[str, Tagger],
    texts: Sequence[str],
    count_words: Callable[[Sequence[str]], int],
    *,
    batch_size: int,
    tokenised: bool,
    rounds: int,
    least_seconds: float,
    baseline: str | None,
) -> dict[str, Timing]:
    """Time all systems, one after the other, several times.

    Args:
        taggers: the systems, by name.
        texts: what to tag.
        count_words: how many words texts have, counted alike for all systems.
        batch_size: how many texts at a time.
        tokenised: whether tokenising is left out; systems that cannot do without are, too.
        rounds: how often every system has its turn.
        least_seconds: about how long a turn should take.
        baseline: the system whose speed others are divided by, if it is among them.

    Returns:
        The timings, by the systems' names.
    """
    chosen = {name: own for name, own in taggers.items() if own.tokenises or not tokenised}
    samples = {
        name: choose_sample(own, texts, batch_size, least_seconds) for name, own in chosen.items()
    }
    n_words = {name: count_words(sample) for name, sample in samples.items()}
    speeds: dict[str, list[float]] = {name: [] for name in chosen}
    for _ in range(rounds):
        for name, tagger in chosen.items():
            inputs: Inputs = tagger.prepare(samples[name]) if tokenised else samples[name]
            taken = seconds(lambda own=tagger, given=inputs: own.tag(given, batch_size))  # type: ignore[misc]
            speeds[name].append(n_words[name] / taken)
    base = speeds.get(baseline or "", [])
    return {
        name: Timing(own, [a / b for a, b in zip(own, base, strict=True)] if base else [])
        for name, own in speeds.items()
    }


def latencies(tagger: Tagger, texts: Sequence[str]) -> tuple[float, float]:
    """Milliseconds for one text alone: the median, and what 95 of 100 texts stay below."""
    tagger.tag(texts[:1], 1)
    taken = [1000 * seconds(lambda own=text: tagger.tag([own], 1)) for text in texts]  # type: ignore[misc]
    return statistics.median(taken), statistics.quantiles(taken, n=20)[-1]
