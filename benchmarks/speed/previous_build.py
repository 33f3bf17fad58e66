"""Speed and output beside those of an earlier commit: `nlp.pipe`, and `annotate`.

    python -m benchmarks.speed.previous_build

Compares the code as it is with a commit, in turns, each build in a process of its own in which
nothing is set: every library chooses its number of threads. Measures `nlp.pipe` of the student,
and `annotate` with one and with three teachers. The pipelines and texts are those of the workflow
on US addresses (`python -m spacy project run all`), unless others are named.
"""

import json
import math
import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.json_results import write_json
from benchmarks.origin import describe_origin, run_git

from .build_process import BuildProcess
from .builds import ROOT, VARIABLES, copy_current, unpack
from .timing import by_round, in_turns, spread

RESULTS = Path("benchmarks/results/previous_build.json")
PREVIOUS = "959283da494c48b734921bc1fafd4e8cbf6aa2ff"
CORPUS = Path("corpus/addresses/100/seed1")
MODELS = Path("training/addresses/100/seed1")
STUDENT = MODELS / "student_soft" / "model-best"
TEACHERS = [MODELS / name / "model-best" for name in ("teacher", "teacher_2", "teacher_3")]
MEASURES = ("tagging", "one_teacher", "all_teachers")
GOAL = 0.97
"""The least median ratio of speeds that a change may have."""
STEP = 64
"""Texts of a turn are a multiple of this: whole batches of `annotate`."""


def choose_n_texts(process: BuildProcess, least_seconds: float) -> int:
    """How many texts keep a process busy for so long."""
    n_texts = STEP
    # the fastest of three: a turn that something else slowed down says little
    while (taken := min(process.seconds(n_texts)[0] for _ in range(3))) < least_seconds / 4:
        n_texts *= 2
    return max(math.ceil(n_texts * least_seconds / taken / STEP), 1) * STEP


def compare(
    builds: Mapping[str, Path],
    kind: str,
    pipelines: Sequence[Path],
    texts: Path,
    *,
    n_hashed: int,
    rounds: int,
    least_seconds: float,
) -> dict[str, Any]:
    """Let two builds take turns.

    Args:
        builds: their folders: "previous" and "current".
        kind: what they do, see `build_process`.
        pipelines: with which pipelines.
        texts: a JSON file with the texts.
        n_hashed: of how many texts the output is compared.
        rounds: how many turns of each count; there is one more before.
        least_seconds: about how long a turn takes.

    Returns:
        The number of texts of a turn; median, least and greatest of ratios of speeds (also by
        processor time, which depends less on what else the machine does) and of seconds; and
        whether both builds give the same bytes.
    """
    with ExitStack() as stack:
        processes = {}
        for name, folder in builds.items():
            processes[name] = BuildProcess(folder, kind, texts, pipelines)
            stack.callback(processes[name].close)
        hashes = {name: process.hash(n_hashed) for name, process in processes.items()}
        n_texts = choose_n_texts(processes["previous"], least_seconds)
        turns = {
            name: lambda _, process=process: process.seconds(n_texts)
            for name, process in processes.items()
        }
        taken = in_turns(turns, rounds, uncounted=1)
    seconds, work = (
        {name: [turn[i] for turn in own] for name, own in taken.items()} for i in (0, 1)
    )
    return {
        "n_texts": n_texts,
        "current_by_previous": spread(by_round(seconds["previous"], seconds["current"])),
        "by_processor_time": spread(by_round(work["previous"], work["current"])),
        "seconds": {name: spread(own) for name, own in seconds.items()},
        "n_hashed": n_hashed,
        "sha256": hashes,
        "same_output": hashes["previous"] == hashes["current"],
    }


def describe(name: str, figures: Mapping[str, Any]) -> str:
    """A line about what was measured."""
    ratio = figures["current_by_previous"]
    output = "the same output" if figures["same_output"] else "ANOTHER OUTPUT"
    goal = "" if ratio["median"] >= GOAL else f", less than {GOAL}"
    work = figures["by_processor_time"]["median"]
    return (
        f"{name}: {ratio['median']:.3f} times the speed before ({ratio['least']:.3f} to "
        f"{ratio['greatest']:.3f}{goal}), {work:.3f} by processor time; {output}"
    )


def main(
    previous: Annotated[str, typer.Option(help="The commit to compare with.")] = PREVIOUS,
    student: Annotated[Path, typer.Option(help="The pipeline for `nlp.pipe`.")] = STUDENT,
    teacher: Annotated[list[Path], typer.Option(help="The teachers; the first one alone, too.")] = (
        TEACHERS
    ),
    texts: Annotated[Path, typer.Option(help="Texts, one a line.")] = CORPUS / "pool.txt",
    rounds: Annotated[int, typer.Option(help="Turns of each build.")] = 20,
    seconds: Annotated[float, typer.Option(help="About how long a turn takes.")] = 1.5,
    n_hashed: Annotated[int, typer.Option(help="Texts whose annotation is compared.")] = 256,
    measure: Annotated[list[str], typer.Option(help="What to measure.")] = list(MEASURES),  # noqa: B006
    results: Annotated[Path, typer.Option(help="Where figures are kept.")] = RESULTS,
) -> None:
    """Compare speed and output with an earlier commit."""
    for name in VARIABLES:
        os.environ.pop(name, None)
    lines = [line for line in texts.read_text(encoding="utf8").splitlines() if line.strip()]
    tasks = {
        # it is fast: all texts are compared
        "tagging": ("tagging", [student], len(lines)),
        "one_teacher": ("annotating", teacher[:1], n_hashed),
        "all_teachers": ("annotating", teacher, n_hashed),
    }
    commit = run_git(ROOT, "rev-parse", "--verify", f"{previous}^{{commit}}")
    if commit is None:
        raise typer.BadParameter(f"there is no commit {previous}")
    found: dict[str, Any] = {**describe_origin(), "previous": commit, "rounds": rounds}
    found["teachers"] = len(teacher)
    with tempfile.TemporaryDirectory() as place:
        builds = {name: Path(place).resolve() / name for name in ("previous", "current")}
        unpack(commit, builds["previous"])
        copy_current(builds["current"])
        path = Path(place) / "texts.json"
        path.write_text(json.dumps(lines), encoding="utf8")
        for name in measure:
            kind, pipelines, n = tasks[name]
            found[name] = compare(
                builds, kind, pipelines, path, n_hashed=n, rounds=rounds, least_seconds=seconds
            )
            typer.echo(describe(name, found[name]))
            write_json(results, found)


if __name__ == "__main__":
    typer.run(main)
