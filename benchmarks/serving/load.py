"""The load test of `python -m spacy halfree serve`.

    python -m benchmarks.serving.load

Three runs of 200 clients for 60 seconds with a hostile mix, and then 64 texts a request beside
`nlp.pipe`, in less than ten minutes. Each part is written when it is finished; started anew, the
command goes on with the parts that are missing. The real server runs on this machine, and nothing
else is connected to. The pipeline is the CNN of 100 gold texts of MIT Movie Trivia, trained if need
be.
"""

import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.accuracy.running import train_system
from benchmarks.accuracy.workspace import Run
from benchmarks.json_results import read_json, write_json
from benchmarks.origin import describe_origin
from benchmarks.speed.inputs import SEED, SHOTS, test_texts
from benchmarks.speed.systems import find_system

from .batches import measure_batches
from .goals import judge
from .hostile_run import Load, run_hostile

RESULTS = Path("benchmarks/results/serving.json")
CORPUS = "mit_movie_trivia"
SYSTEM = "student_first_order_gold"


def find_pipeline(pipeline: Path | None, texts: Path | None) -> tuple[Path, list[str]]:
    """The pipeline and the texts that are asked for, or those of the corpus."""
    if pipeline is None:
        pipeline, _ = train_system(Run(CORPUS, SHOTS, SEED), find_system(SYSTEM))
    lines = texts.read_text(encoding="utf8").splitlines() if texts else test_texts(CORPUS)
    return pipeline, [line for line in lines if line.strip()]


def begin(results: Path, settings: dict[str, Any], overwrite: bool) -> dict[str, Any]:
    """What has been measured already with this commit and these settings; else nothing."""
    origin = describe_origin()
    found: dict[str, Any] = read_json(results, missing={})
    same = (found.get("commit"), found.get("settings")) == (origin["commit"], settings)
    if overwrite or not same:
        return {**origin, "settings": settings, "runs": []}
    return found


def main(
    results: Annotated[Path, typer.Option(help="Where figures are kept.")] = RESULTS,
    pipeline: Annotated[Path | None, typer.Option(help="A pipeline's folder.")] = None,
    texts: Annotated[Path | None, typer.Option(help="Its texts, one a line.")] = None,
    clients: Annotated[int, typer.Option(help="Clients of the hostile mix.")] = 200,
    seconds: Annotated[int, typer.Option(help="How long they send.")] = 60,
    workers: Annotated[int, typer.Option(help="Worker processes.")] = 2,
    runs: Annotated[int, typer.Option(help="Runs of the hostile mix.")] = 3,
    rounds: Annotated[int, typer.Option(help="Rounds of 64 texts a request.")] = 3,
    turn_seconds: Annotated[float, typer.Option(help="How long a turn is.")] = 8.0,
    overwrite: Annotated[bool, typer.Option(help="Measure all parts anew.")] = False,
) -> None:
    """Load the server, and say which goals are met."""
    load = Load(clients, seconds, unloaded_seconds=max(seconds // 4, 1), workers=workers)
    folder, lines = find_pipeline(pipeline, texts)
    settings = {
        **asdict(load),
        **{"rounds": rounds, "turn_seconds": turn_seconds},
        **{"pipeline": CORPUS if pipeline is None else pipeline.name, "texts": len(lines)},
    }
    found = begin(results, settings, overwrite)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "texts.json"
        path.write_text(json.dumps(lines), encoding="utf8")
        for number in range(len(found["runs"]), runs):
            typer.echo(f"run {number + 1} of {runs}: {clients} clients for {seconds} s")
            found["runs"].append(run_hostile(folder, path, load))
            write_json(results, found)
        if "batches" not in found:
            typer.echo(f"64 texts a request: {rounds} rounds")
            found["batches"] = measure_batches(folder, path, workers, rounds, turn_seconds)
            write_json(results, found)
    for goal in judge(found):
        typer.echo(
            f"{'met   ' if goal.met else 'MISSED'} {goal.name}: {goal.measured} ({goal.asked})"
        )


if __name__ == "__main__":
    typer.run(main)
