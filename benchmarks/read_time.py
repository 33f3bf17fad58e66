"""Time and memory of reading doccano's JSON lines, beside `json.loads` and another build.

    python -m benchmarks.read_time --before FOLDER

FOLDER is a checkout of the build to compare with. The builds take turns, each in a process of its
own, which also parses the same lines with `json.loads`. Times are processor times. Older builds
tokenize while they read. Memory is the peak of another process for each number of rows.
"""

import json
import statistics
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from .check_time import start
from .json_results import write_json
from .origin import describe_origin, find_commit
from .read_process import MEASURES
from .speed.asked_process import AskedProcess
from .speed.builds import copy_build, copy_current
from .speed.timing import in_turns, spread

RESULTS = Path("benchmarks/results/read_time.json")
TEXT = "A table for two in Berlin at 7 pm"
SPANS = [[19, 25, "PLACE"]]
SHARES = (0.01, 0.1, 1.0)
"""Of how many of the rows peak memory is measured."""


def write_rows(path: Path, n_rows: int) -> Path:
    """Write an export of doccano."""
    with path.open("w", encoding="utf8") as file:
        for number in range(1, n_rows + 1):
            row = {"id": number, "text": TEXT, "label": SPANS, "Comments": []}
            file.write(json.dumps(row) + "\n")
    return path


def ask(process: AskedProcess, path: Path, _: int = 0) -> dict[str, float]:
    """The seconds of each measure in a turn.

    Raises:
        RuntimeError: if texts or spans are lost.
    """
    seconds = {}
    counts = set()
    for measure in MEASURES:
        process.send([measure, str(path)])
        taken, n_texts, n_spans, _peak = process.receive()
        seconds[measure] = float(taken)
        counts.add((n_texts, n_spans))
    if len(counts) > 1:
        raise RuntimeError(f"different numbers of texts and spans: {counts}")
    return seconds


def measure_ratios(turns: list[dict[str, float]]) -> dict[str, Any]:
    """The ratios to `json.loads` in the same turn."""
    return {
        name: spread([turn[name] / turn["json.loads"] for turn in turns])
        for name in MEASURES
        if name != "json.loads"
    }


def measure_peak(folder: Path, path: Path) -> float:
    """The peak memory in MB of a process that reads a file."""
    process = start(folder, "benchmarks.read_process")
    try:
        process.send(["read", str(path)])
        return float(process.receive()[-1])
    finally:
        process.close()


def main(
    before: Annotated[Path, typer.Option(help="A checkout of the build to compare with.")],
    rows: Annotated[int, typer.Option(help="Rows of the file.")] = 1_000_000,
    rounds: Annotated[int, typer.Option(help="Turns of each build.")] = 3,
    results: Annotated[Path, typer.Option(help="Where figures are kept.")] = RESULTS,
) -> None:
    """Compare the time and memory of reading with another build."""
    found: dict[str, Any] = {**describe_origin(), "before": find_commit(before)}
    found |= {"rows": rows, "rounds": rounds}
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory())).resolve()
        copy_build(before, place / "before")
        copy_current(place / "current")
        path = write_rows(place / "rows.jsonl", rows)
        processes = {}
        for name in ("before", "current"):
            processes[name] = start(place / name, "benchmarks.read_process")
            stack.callback(processes[name].close)
        turns = {name: partial(ask, process, path) for name, process in processes.items()}
        taken = in_turns(turns, rounds)
        found["to_json_loads"] = {name: measure_ratios(own) for name, own in taken.items()}
        found["seconds"] = {
            name: {measure: statistics.median(turn[measure] for turn in own) for measure in own[0]}
            for name, own in taken.items()
        }
        found["peak_megabytes"] = {
            str(n): measure_peak(place / "current", write_rows(place / "some.jsonl", n))
            for n in [max(round(share * rows), 1) for share in SHARES]
        }
    for name, ratios in found["to_json_loads"].items():
        typer.echo(f"{name}: {describe(ratios)}")
    peaks = [f"{peak:.0f} MB ({n} rows)" for n, peak in found["peak_megabytes"].items()]
    typer.echo(f"peak memory: {', '.join(peaks)}")
    write_json(results, found)


def describe(ratios: dict[str, Any]) -> str:
    """A line about ratios to `json.loads`."""
    return ", ".join(
        f"{name} {own['median']} times json.loads ({own['least']} to {own['greatest']})"
        for name, own in ratios.items()
    )


if __name__ == "__main__":
    typer.run(main)
