"""How much of the test entities a draw of gold texts says anything about.

    python -m benchmarks.accuracy.coverage

No system that learns its labels from the gold texts finds entities whose label is not among them:
what is missing to 100 is a bound on recall. Figures go into `benchmarks/results/coverage.json`.
"""

import statistics
from collections import Counter
from pathlib import Path
from typing import Annotated

import spacy
import typer
from spacy.tokens import DocBin

from benchmarks.json_results import read_json, write_json

from .names import CORPUS_NAMES
from .tables import make_head, make_row
from .workspace import CORPORA, Run

RESULTS = Path("benchmarks/results/coverage.json")
RARE = 3
"""Labels with as few examples or fewer are hardly learned."""


def count_labels(path: Path) -> Counter[str]:
    """How often each label stands in a file."""
    docs = DocBin().from_disk(path).get_docs(spacy.blank("en").vocab)
    return Counter(ent.label_ for doc in docs for ent in doc.ents)


def coverage(run: Run) -> dict[str, float]:
    """The shares of test entities, in percent, with labels that a draw has not, or hardly."""
    run.prepare()
    gold = count_labels(run.texts / "gold.spacy")
    test = count_labels(run.files["test"])
    n_unseen = sum(n for label, n in test.items() if label not in gold)
    n_rare = sum(n for label, n in test.items() if 0 < gold[label] <= RARE)
    total = test.total()
    return {
        "unseen": round(100 * n_unseen / total, 1),
        "rare": round(100 * n_rare / total, 1),
    }


def coverage_table(path: Path) -> str:
    """The shares, as Markdown: of each draw, and their mean."""
    found = read_json(path, missing={})
    columns = ["test entities of labels that no gold text has", "of labels with one to three"]
    lines = make_head("corpus", columns)
    for corpus, draws in found.items():
        cells = []
        for name in ("unseen", "rare"):
            values = [draw[name] for draw in draws]
            shown = ", ".join(f"{value:.1f}" for value in values)
            cells.append(f"{statistics.mean(values):.1f} % ({shown})")
        lines.append(make_row(CORPUS_NAMES[corpus], cells))
    return "\n".join(lines) + "\n"


def main(
    shots: Annotated[str, typer.Option(help="Gold texts.")] = "100",
    seed: Annotated[list[int], typer.Option(help="Seeds of the draws.")] = [1, 2, 3],  # noqa: B006
    results: Annotated[Path, typer.Option(help="Where the figures go.")] = RESULTS,
) -> None:
    """Count what each draw of gold texts says nothing about."""
    found = {
        corpus: [coverage(Run(corpus, shots, number)) for number in seed] for corpus in CORPORA
    }
    write_json(results, found)
    typer.echo(coverage_table(results))


if __name__ == "__main__":
    typer.run(main)
