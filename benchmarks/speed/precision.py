"""What fewer bits a number save when a teacher labels, and what they cost in F1.

    python -m benchmarks.speed.precision snips mit_restaurant --threads 1 --threads 2

Takes the teachers of the accuracy tables (100 gold texts, seed 1), and test texts. Precisions take
turns, so that a noisy machine slows all of them; every number of threads has a process of its own.
"""

import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.accuracy.names import CORPUS_NAMES
from benchmarks.accuracy.tables import NONE
from benchmarks.json_results import read_json, write_json
from benchmarks.origin import describe_origin

from .processes import run_with_threads
from .tables import make_table
from .timing import by_round, in_turns, seconds

RESULTS = Path("benchmarks/results/precision.json")


def measure(corpus: str, rounds: int) -> dict[str, dict[str, Any]]:
    """Words per second, their ratio to float32 and F1, by precision."""
    import spacy
    from spacy.scorer import get_ner_prf
    from spacy.tokens import Doc, DocBin
    from spacy.training import Example

    from benchmarks.accuracy.running import train_system
    from benchmarks.accuracy.systems import TEACHER
    from benchmarks.accuracy.workspace import Run
    from spacy_halfree import annotate
    from spacy_halfree.models.precision import PRECISIONS, Precision

    run = Run(corpus, "100", 1)
    run.prepare()
    nlp = spacy.load(train_system(run, TEACHER)[0])
    gold = list(DocBin().from_disk(run.files["test"]).get_docs(nlp.vocab))
    texts = [doc.text for doc in gold]
    n_words = sum(map(len, gold))
    list(annotate(nlp, texts[:64]))
    tagged: dict[str, list[Doc]] = {}

    def make_turn(precision: Precision) -> Callable[[int], float]:
        def turn(_: int) -> float:
            tagged[precision] = []
            return n_words / seconds(
                lambda: tagged[precision].extend(annotate(nlp, texts, precision=precision))
            )

        return turn

    speeds = in_turns({precision: make_turn(precision) for precision in PRECISIONS}, rounds)

    def f1(docs: list[Doc]) -> float:
        scores = get_ner_prf([Example(*pair) for pair in zip(docs, gold, strict=True)])
        return round(100 * scores["ents_f"], 2)

    return {
        precision: {
            "words_per_second": round(statistics.median(own)),
            "ratios": [round(ratio, 3) for ratio in by_round(own, speeds["float32"])],
            "f1": f1(tagged[precision]),
        }
        for precision, own in speeds.items()
    }


def measure_all(corpora: list[str], rounds: int) -> dict[str, Any]:
    """All corpora, in this process, whose libraries have read the number of threads."""
    return {corpus: measure(corpus, rounds) for corpus in corpora}


def precision_table(path: Path) -> str:
    """What the teacher's precision brings and costs, by corpus and number of threads."""
    found = read_json(path, missing=[])
    # older files hold one number of threads
    by_threads = found if isinstance(found, list) else [found]
    places = dict.fromkeys(
        (corpus, precision)
        for own in by_threads
        for corpus, precisions in own["corpora"].items()
        for precision in precisions
    )
    lines = []
    for corpus, precision in places:
        cells, f1 = [], NONE
        for own in by_threads:
            figures = own["corpora"].get(corpus, {}).get(precision)
            cells += [NONE, NONE] if figures is None else show(figures)
            f1 = f1 if figures is None else f"{figures['f1']:.1f}"
        lines.append([f"{CORPUS_NAMES[corpus]}: {precision}", *cells, f1])
    heads = [
        head
        for own in by_threads
        for head in (f"words/s, threads: {own['threads']}", "times float32")
    ]
    return make_table(["corpus, precision", *heads, "F1"], lines)


def show(figures: dict[str, Any]) -> list[str]:
    """Words per second, and the ratio to float32 with its range."""
    ratios = figures["ratios"]
    return [
        f"{figures['words_per_second']:,}",
        f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})",
    ]


def main(
    corpora: Annotated[list[str], typer.Argument(help="Corpora.")],
    rounds: Annotated[int, typer.Option(help="Turns of each precision.")] = 3,
    threads: Annotated[list[int], typer.Option(help="Numbers of threads.")] = [1],  # noqa: B006
    results: Annotated[Path, typer.Option(help="Where the figures go.")] = RESULTS,
) -> None:
    """Measure all precisions on all CORPORA."""
    found = []
    for number in threads:
        origin = describe_origin()
        measured = run_with_threads(number, measure_all, corpora, rounds)
        found.append({**origin, "threads": number, "corpora": measured})
    write_json(results, found)
    typer.echo(precision_table(results))


if __name__ == "__main__":
    typer.run(main)
