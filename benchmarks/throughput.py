"""Words per second, latency, memory and size of all systems, in one run.

    python -m benchmarks.throughput --threads 1 --threads 2

Systems take turns, several rounds of each; what counts is the ratio to spaCy's `ner` in the same
round, since machines are noisy. Every number of threads has a process of its own, as libraries
read it when they are imported. The models are those of the accuracy tables (100 gold texts, seed
1), trained if they are not there yet, and of the workflow on addresses. The rows of an input that
is measured again replace its old ones.
"""

import json
import multiprocessing
import os
import platform
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

RESULTS = Path("benchmarks/results/throughput.jsonl")
PACKAGES = ("spacy-halfree", "spacy", "thinc", "numpy", "torch", "transformers")
N_LATENCIES = 200


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
        latency_ms: of one text alone, from text to entities: median, and 95th percentile.
        load_seconds: from spaCy imported to a system that can tag.
        peak_megabytes: the most memory of a process that loads it and tags.
        megabytes: its size on disk.
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
    latency_ms: tuple[float, float] | None
    load_seconds: float
    peak_megabytes: float
    megabytes: float
    processor: str
    versions: dict[str, str]


def processor_name() -> str:
    """What the machine says about its processor."""
    names = [platform.processor() or platform.machine()]
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text(encoding="utf8").splitlines()
        names = [line.split(": ")[1] for line in lines if line.startswith("model name")][:1]
    return f"{names[0]}, {os.cpu_count()} cores"


def measure(
    name: str, threads: int, rounds: int, least_seconds: float, only: list[str]
) -> list[Row]:
    """Measure the systems of an input, in this process, whose libraries have read the threads."""
    import torch

    from .accuracy.running import size_in_megabytes
    from .speed.footprint import measure_footprint
    from .speed.inputs import INPUTS, count_words
    from .speed.systems import BASELINE
    from .speed.timing import latencies, time_in_turns

    torch.set_num_threads(threads)
    own = INPUTS[name]
    texts = own.texts()
    systems = list(own.systems(lambda name: not only or name in only))
    taggers = {system.name: system.load() for system in systems}
    footprints = {system.name: measure_footprint(system.load, texts[:500]) for system in systems}
    rows = []
    for batch_size in own.batch_sizes:
        latency = {
            key: latencies(tagger, texts[:N_LATENCIES])
            for key, tagger in taggers.items()
            if batch_size == 1 and len(texts) > 1
        }
        for tokenised in (True, False):
            timings = time_in_turns(
                taggers,
                texts,
                count_words,
                batch_size=batch_size,
                tokenised=tokenised,
                rounds=min(rounds, own.most_rounds),
                least_seconds=least_seconds,
                baseline=BASELINE,
            )
            for system in systems:
                if system.name not in timings:
                    continue
                timing = timings[system.name]
                ratios = timing.ratios
                footprint = footprints[system.name]
                row = Row(
                    system=system.name,
                    input=name,
                    batch_size=batch_size,
                    tokenised=tokenised,
                    threads=threads,
                    words_per_second=round(timing.median),
                    slowest=round(min(timing.speeds)),
                    fastest=round(max(timing.speeds)),
                    ratio=round(timing.median_ratio, 3) if timing.median_ratio else None,
                    least_ratio=round(min(ratios), 3) if ratios else None,
                    greatest_ratio=round(max(ratios), 3) if ratios else None,
                    f1=system.f1,
                    latency_ms=latency.get(system.name),
                    load_seconds=footprint.load_seconds,
                    peak_megabytes=footprint.peak_megabytes,
                    megabytes=round(size_in_megabytes(system.folder), 2),
                    processor=processor_name(),
                    versions={package: version(package) for package in PACKAGES},
                )
                rows.append(row)
                sys.stderr.write(
                    f"{name}, {threads} threads, batches of {batch_size}, "
                    f"{'tokenised' if tokenised else 'raw'}: {row.system} "
                    f"{row.words_per_second:,.0f} words/s, {row.ratio} times `ner`\n"
                )
    return rows


def write_rows(path: Path, rows: list[Row]) -> None:
    """Add rows to a file, in the place of older ones of the same system, input and threads."""
    measured = {(row.system, row.input, row.threads) for row in rows}
    old = path.read_text(encoding="utf8").splitlines() if path.exists() else []
    older = map(json.loads, old)
    kept = [
        line for line in older if (line["system"], line["input"], line["threads"]) not in measured
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(line) + "\n" for line in [*kept, *map(asdict, rows)]]
    path.write_text("".join(lines), encoding="utf8")


def main(
    input: Annotated[list[str], typer.Option(help="Texts [default: all].")] = [],  # noqa: B006
    system: Annotated[list[str], typer.Option(help="Systems [default: all].")] = [],  # noqa: B006
    threads: Annotated[list[int], typer.Option(help="Numbers of threads.")] = [1],  # noqa: B006
    rounds: Annotated[int, typer.Option(help="Turns of each system.")] = 5,
    least_seconds: Annotated[float, typer.Option(help="About how long a turn takes.")] = 1.0,
    results: Annotated[Path, typer.Option(help="Where rows are kept.")] = RESULTS,
) -> None:
    """Measure all systems on all inputs."""
    names = input or ["mit_movie_trivia", "snips", "addresses", "long_text"]
    for number in threads:
        for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS"):
            os.environ[variable] = str(number)
        for name in names:
            with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
                rows = process.submit(measure, name, number, rounds, least_seconds, system).result()
            write_rows(results, rows)


if __name__ == "__main__":
    typer.run(main)
