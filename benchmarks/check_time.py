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
from typing import Annotated

import typer

from .check_inputs import CASES, write_case
from .check_process import MEASURES
from .speed.asked_process import AskedProcess
from .speed.builds import copy_build, copy_current
from .speed.timing import by_round, in_turns, spread


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
) -> None:
    """Compare the time of checks with another build."""
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
            for measure in MEASURES:
                turns = {
                    name: lambda _, ask=partial(ask, process, measure, path): ask()
                    for name, process in processes.items()
                }
                answers = in_turns(turns, rounds)
                typer.echo(f"{own}, {measure}: {describe(answers)}")


def describe(answers: dict[str, list[tuple[float, str]]]) -> str:
    """A line about what both builds have answered."""
    seconds = {name: [taken for taken, _ in own] for name, own in answers.items()}
    ratio = spread(by_round(seconds["before"], seconds["current"]), digits=1)
    medians = {name: spread(own)["median"] for name, own in seconds.items()}
    digests = {digest for own in answers.values() for _, digest in own}
    return (
        f"{ratio['median']} times as fast ({ratio['least']} to {ratio['greatest']}), "
        f"{medians['current']} s instead of {medians['before']} s; "
        f"{'the same' if len(digests) == 1 else 'ANOTHER'} output"
    )


if __name__ == "__main__":
    typer.run(main)
