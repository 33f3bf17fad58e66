"""Speed next to another job: tagging, training and labelling on an idle and on a busy machine.

    python -m benchmarks.speed.contention

Compares this build with an earlier commit and with spaCy's `ner`, in turns, each in a process of
its own in which nothing is set: every library chooses its number of threads. A neighbour
(`benchmarks.speed.neighbour`) keeps two cores busy. The pipelines are those of the workflow on US
addresses (`python -m spacy project run all`).
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.json_results import read_json, write_json
from benchmarks.origin import describe_origin

from .builds import ROOT, VARIABLES, unpack
from .neighbour import KINDS, busy_neighbour
from .tagging_process import TaggingProcess
from .timing import by_round, spread

RESULTS = Path("benchmarks/results/contention.json")
PREVIOUS = "b1ddb07"
CORPUS = Path("corpus/addresses/100/seed1")
MODELS = Path("training/addresses/100/seed1")
BATCHES = {256: 5120, 1: 512}
"""How many texts are tagged at a time, and how many in a turn."""
NER_SHARE = 4
"""`ner` is several times slower, and tags so many times fewer texts."""
N_PROCESS_TEXTS = 16384
PARTS = ("tagging", "processes", "commands")


def measure_tagging(
    previous: Path, ner: Path, texts: Path, rounds: int, core: str | None = None
) -> dict[str, Any]:
    """Tag tokenized texts with `ner`, the previous and the current build, in turns.

    Args:
        previous: a folder with the previous build.
        ner: the pipeline of spaCy's `ner`.
        texts: a JSON file with the texts.
        rounds: how often each has its turn in each state of the machine.
        core: the core to which all are bound; None for all cores.

    Returns:
        For each state and batch size, ratios of speeds: median, least and greatest.
    """
    student = MODELS / "student_soft" / "model-best"
    places = {"ner": (ROOT, ner), "previous": (previous, student), "current": (ROOT, student)}
    before = os.sched_getaffinity(0)
    if core is not None:
        os.sched_setaffinity(0, {int(core)})
    found: dict[str, Any] = {}
    try:
        with ExitStack() as stack:
            processes = {}
            for name, (folder, pipeline) in places.items():
                processes[name] = TaggingProcess(folder, pipeline, texts)
                stack.callback(processes[name].close)
            for kind in (None, *KINDS):
                for batch_size, n_texts in BATCHES.items():
                    seconds: dict[str, list[float]] = {name: [] for name in places}
                    for _ in range(rounds):
                        for name, process in processes.items():
                            share = NER_SHARE if name == "ner" else 1
                            with busy_neighbour(kind):
                                taken = process.seconds(batch_size, n_texts // share)
                            seconds[name].append(taken * share)
                    state = f"{kind or 'idle'}, batches of {batch_size}"
                    found[state] = {
                        "current_by_ner": spread(by_round(seconds["ner"], seconds["current"])),
                        "previous_by_ner": spread(by_round(seconds["ner"], seconds["previous"])),
                        "current_by_previous": spread(
                            by_round(seconds["previous"], seconds["current"])
                        ),
                    }
                    typer.echo(f"{texts.stem}, {state}: {json.dumps(found[state])}")
    finally:
        os.sched_setaffinity(0, before)
    return found


def measure_processes(ner: Path, texts: Path, rounds: int) -> dict[str, Any]:
    """Two processes by one: those of `nlp.pipe(n_process=2)`, and two started side by side.

    Returns:
        Ratios of speeds, of our student and of spaCy's `ner`.
    """
    found = {}
    pipelines = {"student": MODELS / "student_soft" / "model-best", "ner": ner}
    for name, pipeline in pipelines.items():
        n_texts = N_PROCESS_TEXTS // (1 if name == "student" else NER_SHARE)
        one, other = (TaggingProcess(ROOT, pipeline, texts) for _ in range(2))
        alone, piped, beside = [], [], []
        for _ in range(rounds):
            alone.append(one.seconds(256, n_texts, raw=True))
            piped.append(one.seconds(256, n_texts, n_process=2))
            one.ask(256, n_texts, raw=True)
            other.ask(256, n_texts, raw=True)
            beside.append(max(one.answer(), other.answer()) / 2)
        one.close()
        other.close()
        found[name] = {
            "n_process_2": spread(by_round(alone, piped)),
            "two_commands": spread(by_round(alone, beside)),
        }
        typer.echo(f"two processes by one, {name}: {json.dumps(found[name])}")
    return found


def make_commands(out: Path) -> dict[str, list[str]]:
    """Short runs of what trains and labels, by name; each writes below a folder."""
    pool = out / "pool.txt"
    lines = (CORPUS / "pool.txt").read_text(encoding="utf8").splitlines()
    pool.write_text("\n".join(lines[:3000]), encoding="utf8")
    train = [
        *("train",),
        *("--paths.dev", str((CORPUS / "dev.spacy").resolve())),
    ]
    gold, soft = (str((CORPUS / f"{name}.spacy").resolve()) for name in ("gold", "soft"))
    encoder = str((MODELS / "encoder").resolve())
    configs = ROOT / "configs"
    return {
        "adapt-encoder": [
            *("halfree", "adapt-encoder", encoder, str(pool), "--output", str(out / "encoder")),
            *("--steps", "30", "--overwrite"),
        ],
        "train a teacher": [
            *train[:1],
            str(configs / "teacher_aligned.cfg"),
            *train[1:],
            *("--paths.train", gold, "--paths.encoder", encoder),
            *("--training.max_steps", "24", "--training.eval_frequency", "24"),
            *("--output", str(out / "teacher")),
        ],
        "train a student": [
            *train[:1],
            str(configs / "student_first_order.cfg"),
            *train[1:],
            *("--paths.train", soft),
            *("--training.max_steps", "200", "--training.eval_frequency", "200"),
            *("--output", str(out / "student")),
        ],
        "annotate": [
            *("halfree", "annotate", str((MODELS / "teacher" / "model-best").resolve())),
            *(str(pool), str(out / "soft.spacy"), "--overwrite"),
        ],
    }


def measure_commands(
    previous: Path, rounds: int, names: Sequence[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Run what trains and labels on an idle and a busy machine, in turns.

    Args:
        previous: a folder with the previous build.
        rounds: how often.
        names: which commands; all if there are none.

    Yields:
        Each command, with seconds and ratios.
    """
    with tempfile.TemporaryDirectory() as name:
        for command, arguments in make_commands(Path(name)).items():
            if names and command not in names:
                continue
            seconds: dict[str, list[float]] = {"idle": [], "busy": [], "previous busy": []}
            for _ in range(rounds):
                for state, folder in (("idle", ROOT), ("busy", ROOT), ("previous busy", previous)):
                    with busy_neighbour(None if state == "idle" else "matrices"):
                        seconds[state].append(time_command(folder, arguments))
            figures = {
                "idle_seconds": spread(seconds["idle"]),
                "busy_by_idle": spread(by_round(seconds["busy"], seconds["idle"])),
                "current_by_previous_when_busy": spread(
                    by_round(seconds["previous busy"], seconds["busy"])
                ),
            }
            typer.echo(f"{command}: {json.dumps(figures)}")
            yield command, figures


def time_command(folder: Path, arguments: Sequence[str]) -> float:
    """Seconds of `python -m spacy ...`, started in a folder whose packages come first."""
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "spacy", *arguments], cwd=folder, check=True, capture_output=True
    )
    return time.perf_counter() - start


def prepare_texts(folder: Path) -> Iterator[Path]:
    """The texts that are tagged: US addresses, and MIT Movie Trivia where it has been fetched."""
    lines = (CORPUS / "test.jsonl").read_text(encoding="utf8").splitlines()
    yield write_texts(folder / "addresses.json", [json.loads(line)["text"] for line in lines])
    trivia = Path("assets/mit_movie_trivia/test.bio")
    if trivia.exists():
        blocks = trivia.read_text(encoding="utf8").split("\n\n")
        sentences = [
            " ".join(first_word(line) for line in block.splitlines() if line.strip())
            for block in blocks
        ]
        yield write_texts(folder / "mit_movie_trivia.json", [s for s in sentences if s])


def first_word(line: str) -> str:
    """The word of a line with a word and its tag, whichever comes first."""
    first, second = line.split()[:2]
    return second if first == "O" or first.startswith(("B-", "I-")) else first


def write_texts(path: Path, texts: list[str]) -> Path:
    path.write_text(json.dumps(texts), encoding="utf8")
    return path


def main(
    ner: Annotated[Path, typer.Option(help="A pipeline of spaCy's `ner` on the addresses.")],
    previous: Annotated[str, typer.Option(help="The commit to compare with.")] = PREVIOUS,
    rounds: Annotated[int, typer.Option(help="Turns of each system when tagging.")] = 6,
    command_rounds: Annotated[int, typer.Option(help="Runs of each command.")] = 3,
    results: Annotated[Path, typer.Option(help="Where figures are kept.")] = RESULTS,
    part: Annotated[list[str], typer.Option(help="What to measure.")] = list(PARTS),  # noqa: B006
    command: Annotated[list[str], typer.Option(help="Which commands, of that part.")] = [],  # noqa: B006
) -> None:
    """Measure tagging, training and labelling next to another job."""
    for name in VARIABLES:
        os.environ.pop(name, None)
    found: dict[str, Any] = read_json(results, missing={})
    found |= {**describe_origin(), "previous": previous}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        unpack(previous, folder / "previous")
        if "tagging" in part:
            texts = list(prepare_texts(folder))
            found["tagging"] = {
                path.stem: measure_tagging(folder / "previous", ner, path, rounds) for path in texts
            }
            write_json(results, found)
            core = str(min(os.sched_getaffinity(0)))
            found["one_core"] = measure_tagging(folder / "previous", ner, texts[0], 3, core)
            write_json(results, found)
        if "processes" in part:
            found["processes"] = measure_processes(ner, next(prepare_texts(folder)), 3)
            write_json(results, found)
        if "commands" in part:
            found.setdefault("commands", {})
            runs = measure_commands(folder / "previous", command_rounds, command)
            for name, figures in runs:
                found["commands"][name] = figures
                write_json(results, found)


if __name__ == "__main__":
    typer.run(main)
