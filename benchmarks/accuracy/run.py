"""Fill the cells of a table that are not finished yet.

    python -m benchmarks.accuracy.run --jobs 2

Every job takes one draw of gold texts after the other, in a process of its own with one thread,
and goes through its systems. What is finished is kept in benchmarks/results/accuracy.jsonl, and
what was trained in training/benchmarks/, so that a run that was stopped goes on where it was.
"""

import multiprocessing
import os
import signal
import sys
import traceback
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from .levers import LEVERS
from .results import append_cell, key_of, read_cells
from .systems import SYSTEMS, System, with_all_texts
from .workspace import ALL, CORPORA, Run

RESULTS = Path("benchmarks/results/accuracy.jsonl")


def fill(run: Run, systems: list[System], results: Path) -> list[str]:
    """Fill the missing cells of one draw.

    Returns:
        What went wrong, cell by cell.
    """
    from .running import run_cell

    if run.shots == ALL:
        # levers are measured with few texts: training longer would undo some of them
        tables = [system for system in systems if "/" not in system.name]
        systems = [with_all_texts(system) for system in tables if system.learns_gold_only]
    failures = []
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


def fill_all(runs: list[Run], systems: list[System], results: Path, jobs: int) -> list[str]:
    """Fill the missing cells of all draws, several draws at a time."""
    # read when torch and numpy are imported, which happens in the jobs only
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", TOKENIZERS_PARALLELISM="false")
    failures = []
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        started = [pool.submit(fill_apart, run, systems, results) for run in runs]
        for done in as_completed(started):
            failures += done.result()
    return failures


def fill_apart(run: Run, systems: list[System], results: Path) -> list[str]:
    """Fill the cells of one draw in a process of its own: its models leave memory with it."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        return process.submit(fill, run, systems, results).result()


def stop(*_: object) -> NoReturn:
    """Take the jobs along when this process is told to end; they would go on for hours."""
    for child in multiprocessing.active_children():
        child.terminate()
    raise SystemExit(128 + signal.SIGTERM)


def choose_systems(names: list[str]) -> list[System]:
    """The systems of these names, in the table's order; all if there are no names."""
    known = [*SYSTEMS, *LEVERS]
    unknown = set(names) - {system.name for system in known}
    if unknown:
        raise typer.BadParameter(f"no system {sorted(unknown)}")
    return [system for system in known if system.name in names] if names else SYSTEMS


def main(
    corpus: Annotated[list[str], typer.Option(help="Corpora.")] = list(CORPORA),  # noqa: B006
    shots: Annotated[list[str], typer.Option(help="Gold texts: numbers, or 'all'.")] = ["100"],  # noqa: B006
    seed: Annotated[list[int], typer.Option(help="Seeds of the draws.")] = [1, 2, 3],  # noqa: B006
    system: Annotated[list[str], typer.Option(help="Systems [default: all].")] = [],  # noqa: B006
    jobs: Annotated[int, typer.Option(help="How many draws at a time, one thread each.")] = 2,
    results: Annotated[Path, typer.Option(help="Where finished cells are kept.")] = RESULTS,
) -> None:
    """Fill the cells of CORPUS x SHOTS x SEED x SYSTEM that are not finished."""
    signal.signal(signal.SIGTERM, stop)
    systems = choose_systems(system)
    runs = [Run(name, count, number) for count in shots for number in seed for name in corpus]
    failures = fill_all(runs, systems, results, jobs)
    for failure in failures:
        typer.echo(failure, err=True)
    raise typer.Exit(1 if failures else 0)


if __name__ == "__main__":
    typer.run(main)
