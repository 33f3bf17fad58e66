"""Words per second, latency, memory and size of all systems, in one run.

    python -m benchmarks.throughput --threads 1 --threads 2

Systems take turns, several rounds of each; what counts is the ratio to spaCy's `ner` in the same
round, since machines are noisy. Every number of threads has a process of its own, as libraries
read it when they are imported. The models are those of the accuracy tables (100 gold texts, seed
1), trained if they are not there yet, and of the workflow on addresses. The rows of an input that
is measured again with a number of threads replace all its old ones with that number.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from .origin import describe_origin
from .speed.processes import run_with_threads

RESULTS = Path("benchmarks/results/throughput.jsonl")
N_LATENCIES = 200
N_WARM_UP = 20
LATENCY_ROUNDS = 3
N_FOOTPRINT = 500


@dataclass(frozen=True)
class Row:
    """One system on one input at one batch size.

    Attributes:
        system: the system's name.
        input: the texts' name.
        batch_size: how many texts at a time.
        tokenised: whether tokenising is left out.
        threads: how many threads libraries may use.
        words_per_second: median over rounds.
        slowest: words per second in the slowest round.
        fastest: words per second in the fastest round.
        ratio: to the speed of spaCy's `ner` in the same round: median.
        least_ratio: the least of these.
        greatest_ratio: the greatest.
        f1: of the same model on the corpus' test texts, in points; None if its labels are others.
        cold_ms: of one text alone that is met for the first time, from text to entities, in
            milliseconds: median, and 95th percentile; only beside batches of one raw text.
        warm_ms: the same of texts that have been met before.
        load_seconds: from spaCy imported to a system that can tag.
        peak_megabytes: the most memory of a process that loads it and tags.
        megabytes: its size on disk.
        started: when the run on this input with this number of threads began.
        commit: of the code; with `+` if it was changed since, None outside of a checkout.
        processor: of the machine, and its number of cores.
        versions: of the packages.
    """

    system: str
    input: str
    batch_size: int
    tokenised: bool
    threads: int
    words_per_second: float
    slowest: float
    fastest: float
    ratio: float | None
    least_ratio: float | None
    greatest_ratio: float | None
    f1: float | None
    cold_ms: tuple[float, float] | None
    warm_ms: tuple[float, float] | None
    load_seconds: float | None
    peak_megabytes: float | None
    megabytes: float
    started: str
    commit: str | None
    processor: str
    versions: dict[str, str]


def measure(
    name: str, threads: int, rounds: int, least_seconds: float, only: list[str]
) -> list[Row]:
    """Measure the systems of an input, in this process, whose libraries have read the threads.

    Raises:
        NotReadyError: what they need is not there.
    """
    from .accuracy.running import size_in_megabytes
    from .speed.footprint import measure_footprint
    from .speed.inputs import INPUTS, count_words
    from .speed.systems import BASELINE
    from .speed.timing import Latency, measure_latencies, time_in_turns

    origin = describe_origin()
    own = INPUTS[name]
    # the baseline of another run would be no baseline
    systems = list(own.systems(lambda name: not only or name in {*only, BASELINE}))
    texts = own.texts()
    taggers = {system.name: system.load() for system in systems}
    f1 = {system.name: system.f1 for system in systems}
    sizes = {system.name: round(size_in_megabytes(system.folder), 2) for system in systems}
    footprints, latencies = {}, dict[str, Latency]()
    if own.with_latency:
        # before anything else is tagged: it has to be the first time that texts are met
        latencies = measure_latencies(
            taggers, texts[:N_LATENCIES], texts[N_LATENCIES:][:N_WARM_UP], LATENCY_ROUNDS
        )
        footprints = {
            system.name: measure_footprint(system.load, texts[:N_FOOTPRINT]) for system in systems
        }
    rows = []
    for batch_size in own.batch_sizes:
        timings = time_in_turns(
            taggers,
            partial(own.draw, texts),
            count_words,
            batch_size=batch_size,
            rounds=min(rounds, own.most_rounds),
            least_seconds=least_seconds,
            baseline=BASELINE,
        )
        for (key, tokenised), timing in timings.items():
            alone = latencies.get(key) if (batch_size, tokenised) == (1, False) else None
            footprint = footprints.get(key)
            row = Row(
                system=key,
                input=name,
                batch_size=batch_size,
                tokenised=tokenised,
                threads=threads,
                words_per_second=round(timing.median),
                slowest=round(min(timing.speeds)),
                fastest=round(max(timing.speeds)),
                ratio=round(timing.median_ratio, 3) if timing.median_ratio else None,
                least_ratio=round(min(timing.ratios), 3) if timing.ratios else None,
                greatest_ratio=round(max(timing.ratios), 3) if timing.ratios else None,
                f1=f1[key],
                cold_ms=alone.cold if alone else None,
                warm_ms=alone.warm if alone else None,
                load_seconds=footprint.load_seconds if footprint else None,
                peak_megabytes=footprint.peak_megabytes if footprint else None,
                megabytes=sizes[key],
                **origin,
            )
            rows.append(row)
            sys.stderr.write(
                f"{name}, {threads} threads, batches of {batch_size}, "
                f"{'tokenised' if tokenised else 'raw'}: {row.system} "
                f"{row.words_per_second:,.0f} words/s, {row.ratio} times `ner`\n"
            )
    return rows


def place_of(row: Mapping[str, Any]) -> tuple[str, int]:
    """What is measured in one run: an input with a number of threads."""
    return row["input"], row["threads"]


def write_rows(path: Path, rows: list[Row]) -> None:
    """Add the rows of a run to a file, in the place of all older ones of its input and threads."""
    new = list(map(asdict, rows))
    measured = set(map(place_of, new))
    old = path.read_text(encoding="utf8").splitlines() if path.exists() else []
    kept = [row for row in map(json.loads, old) if place_of(row) not in measured]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in [*kept, *new]), encoding="utf8")


def main(
    input: Annotated[list[str], typer.Option(help="Texts (default: all).")] = [],  # noqa: B006
    system: Annotated[
        list[str], typer.Option(help="Systems, beside spaCy's `ner` (default: all).")
    ] = [],  # noqa: B006
    threads: Annotated[list[int], typer.Option(help="Numbers of threads.")] = [1],  # noqa: B006
    rounds: Annotated[int, typer.Option(help="Turns of each system.")] = 5,
    least_seconds: Annotated[float, typer.Option(help="About how long a turn takes.")] = 1.0,
    results: Annotated[Path, typer.Option(help="Where rows are kept.")] = RESULTS,
) -> None:
    """Measure all systems on all inputs."""
    from .speed.inputs import INPUTS
    from .speed.systems import NotReadyError

    for number in threads:
        for name in input or INPUTS:
            try:
                rows = run_with_threads(
                    number, measure, name, number, rounds, least_seconds, system
                )
            except NotReadyError as error:
                sys.stderr.write(f"{name} is left out: {error}\n")
            else:
                write_rows(results, rows)


if __name__ == "__main__":
    typer.run(main)
