"""Time of `check` beside that of another build, on files that have taken it long.

    python -m benchmarks.check_time --before FOLDER

FOLDER is a checkout of the build to compare with. The builds take turns, each in a process of its
own. Each file is checked as a whole, and once read, checked (`check_file`) and made into docs
(`make_gold`) alone.
"""

import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from .check_inputs import CASES, write_case
from .check_process import MEASURES
from .json_results import write_json
from .origin import describe_origin, find_commit
from .speed.asked_process import AskedProcess
from .speed.builds import copy_build, copy_current
from .speed.timing import by_round, in_turns, spread

RESULTS = Path("benchmarks/results/check_time.json")
Answers = dict[str, list[tuple[float, str]]]
"""The seconds and the digests of what was found, turn by turn, for each build."""


def start(folder: Path, module: str) -> AskedProcess:
    """Start a process in a build's folder.

    Args:
        folder: the folder.
        module: what it runs; the first line that it prints is where its package is.

    Raises:
        RuntimeError: if the process has found another build.
    """
    process = AskedProcess(folder, module)
    found = Path(process.receive())
    if not found.is_relative_to(folder.resolve()):
        process.close()
        raise RuntimeError(f"{found} was imported, which is not in {folder}")
    return process


def ask(process: AskedProcess, measure: str, path: Path) -> tuple[float, str]:
    """The seconds that a build takes, and the SHA-256 of what it finds."""
    process.send([measure, str(path)])
    taken, digest = process.receive()
    return float(taken), str(digest)


def main(
    before: Annotated[Path, typer.Option(help="A checkout of the build to compare with.")],
    rounds: Annotated[int, typer.Option(help="Turns of each build.")] = 3,
    case: Annotated[list[str], typer.Option(help="Which files.")] = list(CASES),  # noqa: B006
    results: Annotated[Path, typer.Option(help="Where figures are kept.")] = RESULTS,
) -> None:
    """Compare the time of checks with another build."""
    found: dict[str, Any] = {**describe_origin(), "before": find_commit(before), "rounds": rounds}
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory())).resolve()
        copy_build(before, place / "before")
        copy_current(place / "current")
        processes = {}
        for name in ("before", "current"):
            processes[name] = start(place / name, "benchmarks.check_process")
            stack.callback(processes[name].close)
        for own in case:
            path = write_case(place, own)
            figures = found.setdefault("cases", {}).setdefault(own, {})
            for measure in MEASURES:
                turns = {
                    name: lambda _, ask=partial(ask, process, measure, path): ask()
                    for name, process in processes.items()
                }
                answers = in_turns(turns, rounds)
                figures[measure] = compare(answers)
                typer.echo(f"{own}, {measure}: {describe(figures[measure])}")
    write_json(results, found)


def compare(answers: Answers) -> dict[str, Any]:
    """How many times as fast the current build is, the seconds, and whether the output is equal."""
    seconds = {name: [taken for taken, _ in own] for name, own in answers.items()}
    return {
        "times_as_fast": spread(by_round(seconds["before"], seconds["current"]), digits=1),
        "seconds": {name: spread(own)["median"] for name, own in seconds.items()},
        "same_output": len({digest for own in answers.values() for _, digest in own}) == 1,
    }


def describe(figures: dict[str, Any]) -> str:
    """A line about figures."""
    ratio, seconds = figures["times_as_fast"], figures["seconds"]
    return (
        f"{ratio['median']} times as fast ({ratio['least']} to {ratio['greatest']}), "
        f"{seconds['current']} s instead of {seconds['before']} s; "
        f"{'the same' if figures['same_output'] else 'ANOTHER'} output"
    )


if __name__ == "__main__":
    typer.run(main)
