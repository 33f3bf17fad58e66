"""Fill the cells of a table that are not finished yet.

    python -m benchmarks.accuracy.run --table accuracy_100 --jobs 2

Every job takes one draw of gold texts after the other, in a process of its own with one thread,
and goes through its systems. What is finished is kept in benchmarks/results/accuracy.jsonl, and
what was trained in training/benchmarks/, so that a run that was stopped goes on where it was.
"""

import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from .levers import SAME_ENCODER
from .results import append_cell, key_of, read_cells
from .selection import ALL_SYSTEMS, TABLES
from .systems import System, with_all_texts
from .workspace import ALL, CORPORA, Run

RESULTS = Path("benchmarks/results/accuracy.jsonl")


def fill(run: Run, systems: list[System], results: Path) -> list[str]:
    """Fill the missing cells of one draw.

    Returns:
        What went wrong, cell by cell.
    """
    from .running import run_cell

    if run.shots == ALL:
        systems = choose_with_all_texts(systems)
    failures = []
    finished = {cell.key for cell in read_cells(results)}
    n_finished = sum(key_of(run, system) in finished for system in systems)
    if n_finished:
        sys.stderr.write(
            f"{run.corpus}, {run.shots} shots, seed {run.seed}: {n_finished} of {len(systems)} "
            f"cells stand in {results} already\n"
        )
    for system in systems:
        place = f"{run.corpus}, {run.shots} shots, seed {run.seed}: {system.name}"
        if key_of(run, system) in {cell.key for cell in read_cells(results)}:
            continue
        try:
            cell = run_cell(run, system)
        # `spacy train` exits when a config cannot be used
        except (Exception, SystemExit):
            failures.append(f"{place}: {traceback.format_exc()}")
            continue
        append_cell(results, cell)
        sys.stderr.write(f"{place}: F1 {cell.f1:.1f} (dev {cell.dev_f1:.1f})\n")
    return failures


def choose_with_all_texts(systems: Sequence[System]) -> list[System]:
    """Those systems that are run with all gold texts, as they are trained then."""
    chosen = []
    for system in systems:
        if system.needs_pool:
            sys.stderr.write(f"{system.name} is skipped: no raw texts are left beside all gold\n")
        elif "/" in system.name and system not in SAME_ENCODER:
            # training longer would undo some of them
            sys.stderr.write(f"{system.name} is skipped: levers are measured with few texts\n")
        else:
            chosen.append(with_all_texts(system))
    return chosen


def fill_all(runs: list[Run], systems: list[System], results: Path, jobs: int) -> list[str]:
    """Fill the missing cells of all draws, several draws at a time."""
    # read when torch and numpy are imported, which happens in the jobs only
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", TOKENIZERS_PARALLELISM="false")
    failures = []
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        started = [pool.submit(fill_apart, run, systems, results) for run in runs]
        try:
            for done in as_completed(started):
                failures += done.result()
        except BaseException:
            # or else leaving the pool would wait for all draws that have not begun
            pool.shutdown(wait=False, cancel_futures=True)
            stop_children()
            raise
    return failures


def fill_apart(run: Run, systems: list[System], results: Path) -> list[str]:
    """Fill the cells of one draw in a process of its own: its models leave memory with it."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        try:
            return process.submit(fill, run, systems, results).result()
        except BrokenProcessPool:
            return [
                f"{run.corpus}, {run.shots} shots, seed {run.seed}: the process ended before it "
                "was done (out of memory?)"
            ]


def stop(*_: object) -> NoReturn:
    """End as an exception does when this process is told to."""
    raise SystemExit(128 + signal.SIGTERM)


def stop_children() -> None:
    """Take the jobs along; they would go on for hours."""
    for child in multiprocessing.active_children():
        child.terminate()


def choose_systems(names: Sequence[str]) -> list[System]:
    """The systems of these names, in the tables' order."""
    unknown = set(names) - ALL_SYSTEMS.keys()
    if unknown:
        raise typer.BadParameter(
            f"no system {', '.join(sorted(unknown))}; there are {', '.join(ALL_SYSTEMS)}"
        )
    return [system for name, system in ALL_SYSTEMS.items() if name in names]


def main(
    table: Annotated[str, typer.Option(help=f"One of {', '.join(TABLES)}.")] = "accuracy_100",
    corpus: Annotated[list[str], typer.Option(help="Corpora (default: the table's).")] = [],  # noqa: B006
    shots: Annotated[list[str], typer.Option(help="Gold texts: numbers, or 'all'.")] = [],  # noqa: B006
    seed: Annotated[list[int], typer.Option(help="Seeds of the draws.")] = [1, 2, 3],  # noqa: B006
    system: Annotated[list[str], typer.Option(help="Systems (default: the table's).")] = [],  # noqa: B006
    jobs: Annotated[int, typer.Option(help="How many draws at a time, one thread each.")] = 2,
    results: Annotated[Path, typer.Option(help="Where finished cells are kept.")] = RESULTS,
) -> None:
    """Fill the unfinished cells of TABLE; other options choose some of them, or others."""
    signal.signal(signal.SIGTERM, stop)
    if table not in TABLES:
        raise typer.BadParameter(f"no table {table!r}; there are {', '.join(TABLES)}")
    chosen = TABLES[table]
    unknown = sorted(set(corpus) - set(CORPORA))
    if unknown:
        raise typer.BadParameter(f"no corpus {', '.join(unknown)}; there are {', '.join(CORPORA)}")
    systems = choose_systems(system) if system else list(chosen.systems)
    runs = [
        Run(name, count, number)
        for count in shots or chosen.shots
        for number in seed
        for name in corpus or chosen.corpora
    ]
    failures = fill_all(runs, systems, results, jobs)
    for failure in failures:
        typer.echo(failure, err=True)
    raise typer.Exit(1 if failures else 0)


if __name__ == "__main__":
    typer.run(main)
