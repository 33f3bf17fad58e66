"""Where the time goes: shares of a tagger's time, and the limit that the processor sets.

    python -m benchmarks.speed.shares --threads 1 --threads 2

Of the models of the accuracy tables (MIT Movie Trivia, 100 gold texts, seed 1), what stands next to
each other having taken turns:

- the distilled CNN's time beside that of its token vectors alone: what tagging costs;
- its time by stages, and its multiply-adds a second beside those of numpy's matrix product;
- the aligned teacher's time beside that of its pipeline without the tagger: what decoding costs;
- words a second in training, beside spaCy's `ner` on the same tok2vec and texts.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.json_results import write_json
from benchmarks.origin import describe_origin

from .processes import run_with_threads
from .shares_table import shares_table
from .timing import by_round, in_turns, seconds, spread

RESULTS = Path("benchmarks/results/shares.json")
CORPUS = "mit_movie_trivia"
N_TEXTS = 512
"""For the teacher, which takes its time."""
N_ALONE = 64


def measure_teacher(folder: Path, texts: Sequence[str], rounds: int) -> dict[str, Any]:
    """The aligned teacher's time beside that of its encoder, texts of like length together."""
    import spacy

    pipelines = {
        "whole": spacy.load(folder),
        "encoder": spacy.load(folder, disable=["halfree_tagger"]),
    }
    by_length = sorted(texts, key=len)
    found = {}
    for size, chosen in ((64, by_length), (1, by_length[:: max(len(by_length) // N_ALONE, 1)])):

        def time_of(nlp: Any, size: int = size, chosen: Sequence[str] = chosen) -> float:
            return seconds(lambda: list(nlp.pipe(chosen, batch_size=size)))

        turns = {name: lambda _, nlp=nlp: time_of(nlp) for name, nlp in pipelines.items()}
        taken = in_turns(turns, rounds, uncounted=1)
        found[f"batches of {size}"] = spread(by_round(taken["whole"], taken["encoder"]))
    return found


def measure(rounds: int) -> Mapping[str, Any]:
    """All shares, in this process, whose libraries have read the number of threads."""
    from benchmarks.accuracy.levers import STUDENT
    from benchmarks.accuracy.running import train_system
    from benchmarks.accuracy.systems import TEACHER
    from benchmarks.accuracy.workspace import Run

    from .inputs import test_texts
    from .student_shares import measure_student
    from .systems import find_system, spacy_system
    from .training_speed import measure_training

    run = Run(CORPUS, "100", 1)
    texts = test_texts(CORPUS)
    student, teacher = (train_system(run, system)[0] for system in (STUDENT, TEACHER))
    test = run.files["test"]
    return {
        "f1": {
            "student": spacy_system(STUDENT.name, student, test).f1,
            "teacher": spacy_system(TEACHER.name, teacher, test).f1,
        },
        "student": measure_student(student, texts, rounds),
        "teacher": measure_teacher(teacher, texts[:N_TEXTS], rounds),
        "training": measure_training(run, STUDENT, find_system("spacy_ner_hard"), rounds),
    }


def main(
    threads: Annotated[list[int], typer.Option(help="Numbers of threads.")] = [1],  # noqa: B006
    rounds: Annotated[int, typer.Option(help="Turns of each.")] = 5,
    results: Annotated[Path, typer.Option(help="Where the figures go.")] = RESULTS,
) -> None:
    """Measure with each number of threads, in a process of its own."""
    found = []
    for number in threads:
        origin = describe_origin()
        measured = run_with_threads(number, measure, rounds)
        found.append({**origin, "threads": number, **measured})
    write_json(results, found)
    typer.echo(shares_table(results))


if __name__ == "__main__":
    typer.run(main)
