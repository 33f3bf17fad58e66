"""Does memory stay flat over a million words?

    python -m benchmarks.speed.memory

Texts go through `nlp.pipe` over and over, once inside `nlp.memory_zone()` and once outside, and
outside through the pipeline's tokenizer alone, as control: that growth is spaCy's own. Each has a
process of its own, with one thread. Every tenth word is one that has not been seen before.
"""

import statistics
from collections.abc import Sequence
from contextlib import nullcontext
from itertools import islice
from pathlib import Path
from typing import Annotated

import spacy
import typer
from spacy.tokens import DocBin

from benchmarks.accuracy.tables import NONE
from benchmarks.json_results import read_json, write_json
from benchmarks.origin import describe_origin

from .new_words import endless_texts
from .process_memory import resident_megabytes
from .processes import run_with_threads
from .tables import make_table

RESULTS = Path("benchmarks/results/memory.json")
BATCH_SIZE = 256
TEXTS_IN_A_ZONE = 2048
THREADS = 1
CURVES = {
    "inside nlp.memory_zone()": (True, False),
    "outside": (False, False),
    "outside, tokenizer alone": (False, True),
}
"""Whether texts are tagged in memory zones, and whether they are only tokenised."""
Point = tuple[int, float]
"""A number of words, and the memory after these."""


def measure(
    model: Path, test: Path, n_words: int, in_zones: bool, only_tokenise: bool
) -> list[Point]:
    """Memory by the number of words tagged so far."""
    nlp = spacy.load(model)
    if only_tokenise:
        nlp.select_pipes(enable=[])
    texts = [doc.text for doc in DocBin().from_disk(test).get_docs(spacy.blank("en").vocab)]
    endless = endless_texts(texts)
    points: list[Point] = []
    done = 0
    while done < n_words:
        part = list(islice(endless, TEXTS_IN_A_ZONE))
        with nlp.memory_zone() if in_zones else nullcontext():
            done += sum(len(doc) for doc in nlp.pipe(part, batch_size=BATCH_SIZE))
        points.append((done, round(resident_megabytes(), 1)))
    return points


def growth(points: Sequence[Point]) -> float | None:
    """MB per 100,000 words over the second half, when all is loaded; None for a single point."""
    later = points[len(points) // 2 :]
    if len(later) < 2:
        return None
    return 1e5 * statistics.linear_regression(*zip(*later, strict=True)).slope


def read_curves(path: Path) -> dict[str, list[Point]]:
    """The curves of a results file by their names; none if there is no file."""
    found = read_json(path, missing={})
    # older files hold the curves alone
    curves: dict[str, list[Point]] = found.get("curves", found)
    return curves


def memory_table(path: Path) -> str:
    """Memory at the end, and how it grows."""
    lines = []
    for name, points in read_curves(path).items():
        slope = growth(points)
        words, megabytes = points[-1]
        lines.append(
            [name, f"{words:,}", f"{megabytes:.0f}", NONE if slope is None else f"{slope:.1f}"]
        )
    return make_table(["", "words", "MB after these", "MB more per 100,000 words"], lines)


def default_files() -> tuple[Path, Path]:
    """The distilled student of the accuracy tables (SNIPS, seed 1), and its test texts."""
    from benchmarks.accuracy.levers import STUDENT
    from benchmarks.accuracy.running import train_system
    from benchmarks.accuracy.workspace import Run

    run = Run("snips", "100", 1)
    run.prepare()
    return train_system(run, STUDENT)[0], run.files["test"]


def main(
    model: Annotated[
        Path | None, typer.Option(help="A pipeline's folder (default: the student of SNIPS).")
    ] = None,
    test: Annotated[
        Path | None, typer.Option(help="Texts, as a .spacy file (default: SNIPS' test texts).")
    ] = None,
    words: Annotated[int, typer.Option(help="How many words to tag.")] = 1_000_000,
    results: Annotated[Path, typer.Option(help="Where the figures go.")] = RESULTS,
) -> None:
    """Tag TEST over and over with MODEL, and write down the memory on the way."""
    if model is None or test is None:
        default_model, default_test = default_files()
        model, test = model or default_model, test or default_test
    origin = describe_origin()
    curves = {
        name: run_with_threads(THREADS, measure, model, test, words, *how)
        for name, how in CURVES.items()
    }
    write_json(results, {**origin, "threads": THREADS, "curves": curves})
    typer.echo(memory_table(results))


if __name__ == "__main__":
    typer.run(main)
