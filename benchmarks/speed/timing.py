"""Timing systems in turns, so that a noisy machine slows all of them."""

import math
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from .taggers import Inputs, Tagger

T = TypeVar("T")
Key = TypeVar("Key")
Draw = Callable[[str], Iterator[str]]
"""Endless texts; which ones, may depend on the name of what they are drawn for."""


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


@dataclass(frozen=True)
class Latency:
    """Milliseconds for one text alone: the median, and what 95 of 100 texts stay below.

    Attributes:
        cold: of texts that the system has not met before.
        warm: of the same texts later on.
    """

    cold: tuple[float, float]
    warm: tuple[float, float]


def seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def in_turns(
    turns: Mapping[Key, Callable[[int], T]], rounds: int, uncounted: int = 0
) -> dict[Key, list[T]]:
    """Let each of several things have its turn, round by round.

    Args:
        turns: what to do, given the number of the round, from 0.
        rounds: how many rounds count.
        uncounted: how many rounds there are before.

    Returns:
        What each has returned, round by round.
    """
    found: dict[Key, list[T]] = {name: [] for name in turns}
    for number in range(uncounted + rounds):
        for name, turn in turns.items():
            found[name].append(turn(number))
    return {name: own[uncounted:] for name, own in found.items()}


def by_round(whole: Sequence[float], part: Sequence[float]) -> list[float]:
    """How often one thing goes into another, round by round."""
    return [a / b for a, b in zip(whole, part, strict=True)]


def spread(values: Sequence[float], digits: int | None = 3) -> dict[str, float]:
    """Median, least and greatest, rounded."""
    found = {"median": statistics.median(values), "least": min(values), "greatest": max(values)}
    return {name: round(value, digits) for name, value in found.items()}


def choose_size(tagger: Tagger, texts: Iterator[str], batch_size: int, least_seconds: float) -> int:
    """How many texts keep a system busy for long enough.

    Args:
        tagger: the system.
        texts: endless texts.
        batch_size: how many texts at a time.
        least_seconds: how long that is.

    Returns:
        The number of texts, in whole batches.
    """

    def time_of(n_texts: int) -> float:
        sample = list(islice(texts, n_texts))
        return seconds(lambda: tagger.tag(sample, batch_size))

    n_texts = batch_size
    # a first call does what is done once only, and counts if that cannot matter
    if time_of(n_texts) > 10 * least_seconds:
        return n_texts
    while (taken := time_of(n_texts)) < least_seconds / 4:
        n_texts *= 2
    return max(math.ceil(n_texts * least_seconds / taken / batch_size), 1) * batch_size


def time_in_turns(
    taggers: Mapping[str, Tagger],
    draw: Draw,
    count_words: Callable[[Sequence[str]], int],
    *,
    batch_size: int,
    rounds: int,
    least_seconds: float,
    baseline: str | None,
) -> dict[tuple[str, bool], Timing]:
    """Time all systems, one after the other, several times.

    Every system has two turns in a round: one from tokenised texts, unless it cannot do without
    tokenising, and one from raw texts. All systems have the same texts then, some more of them
    than others.

    Args:
        taggers: the systems, by name.
        draw: what to tag; asked anew for every turn.
        count_words: how many words texts have, counted alike for all systems.
        batch_size: how many texts at a time.
        rounds: how often every system has its turns.
        least_seconds: about how long a turn takes at least.
        baseline: the system whose speed others are divided by, if it is among them.

    Returns:
        The timings, by the systems' names, and whether texts were tokenised.
    """
    sizes = {
        name: choose_size(
            tagger, draw(f"trial, batches of {batch_size}"), batch_size, least_seconds
        )
        for name, tagger in taggers.items()
    }

    def make_turn(name: str, tokenised: bool) -> Callable[[int], float]:
        tagger = taggers[name]

        def turn(number: int) -> float:
            # texts of its own for either turn, or words of the second were known from the first
            place = f"round {number}, batches of {batch_size}, tokenised: {tokenised}"
            texts = list(islice(draw(place), sizes[name]))
            # docs can be tagged once only
            inputs: Inputs = tagger.prepare(texts) if tokenised else texts
            taken = seconds(lambda: tagger.tag(inputs, batch_size))
            return count_words(texts) / taken

        return turn

    turns = {
        (name, tokenised): make_turn(name, tokenised)
        for name, tagger in taggers.items()
        for tokenised in (True, False)
        if tagger.tokenises or not tokenised
    }
    speeds = in_turns(turns, rounds)
    timings = {}
    for (name, tokenised), own in speeds.items():
        base = speeds.get((baseline or "", tokenised))
        timings[name, tokenised] = Timing(own, by_round(own, base) if base else [])
    return timings


def measure_latencies(
    taggers: Mapping[str, Tagger], texts: Sequence[str], others: Sequence[str], rounds: int
) -> dict[str, Latency]:
    """Time texts one by one, all systems in turns.

    Args:
        taggers: systems that have not tagged anything yet, by name.
        texts: what to time.
        others: texts to begin with, so that the first of `texts` is not the first of all.
        rounds: how often every system tags the texts; the first time they are new to it.

    Returns:
        The latencies, by the systems' names.
    """

    def make_turn(tagger: Tagger) -> Callable[[int], list[float]]:
        def turn(number: int) -> list[float]:
            if number == 0:
                for text in others:
                    tagger.tag([text], 1)
            return [1000 * time_one(tagger, text) for text in texts]

        return turn

    found = in_turns({name: make_turn(tagger) for name, tagger in taggers.items()}, rounds)
    return {
        name: Latency(quantiles(own[0]), quantiles([ms for later in own[1:] for ms in later]))
        for name, own in found.items()
    }


def time_one(tagger: Tagger, text: str) -> float:
    """Seconds for a text alone."""
    return seconds(lambda: tagger.tag([text], 1))


def quantiles(values: Sequence[float]) -> tuple[float, float]:
    """The median, and what 95 of 100 stay below."""
    return statistics.median(values), statistics.quantiles(values, n=20)[-1]
