"""The sizes of the corpora, counted.

    python -m benchmarks.accuracy.corpora

Figures go into `benchmarks/results/corpora.json`.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import typer

from benchmarks.json_results import read_json, write_json

from .names import CORPUS_NAMES
from .tables import make_head, make_row
from .workspace import ALL, CORPORA, Run

RESULTS = Path("benchmarks/results/corpora.json")


@dataclass(frozen=True)
class Sizes:
    """How large a corpus is.

    Attributes:
        train: texts of the training split, gold texts and raw ones together.
        dev: texts of the development split.
        test: texts of the test split.
        labels: labels of the training split.
        test_texts_in_train: test texts that also stand in the training split.
    """

    train: int
    dev: int
    test: int
    labels: int
    test_texts_in_train: int


def count(corpus: str) -> Sizes:
    """Count a corpus' texts and labels, as they are converted."""
    run = Run(corpus, ALL, 1)
    run.prepare()
    summary = json.loads((run.texts / "splits.json").read_text(encoding="utf8"))
    splits = summary["splits"]
    return Sizes(
        train=splits["gold"]["texts"],
        dev=splits["dev_all"]["texts"],
        test=splits["test"]["texts"],
        labels=len(splits["gold"]["labels"]),
        test_texts_in_train=summary["test_texts_in_train"],
    )


def read_sizes(path: Path = RESULTS) -> dict[str, Sizes]:
    """The sizes of all corpora, by name; none if there is no file."""
    return {corpus: Sizes(**sizes) for corpus, sizes in read_json(path, {}).items()}


def corpora_table(path: Path) -> str:
    """A row for each corpus."""
    columns = ["train / dev / test sentences", "labels", "test texts that also stand in train"]
    lines = make_head("corpus", columns)
    for corpus, sizes in read_sizes(path).items():
        texts = f"{sizes.train:,} / {sizes.dev:,} / {sizes.test:,}"
        values = [texts, str(sizes.labels), str(sizes.test_texts_in_train)]
        lines.append(make_row(CORPUS_NAMES[corpus], values))
    return "\n".join(lines) + "\n"


def main() -> None:
    """Count all corpora."""
    found = {corpus: asdict(count(corpus)) for corpus in CORPORA}
    write_json(RESULTS, found)
    typer.echo(corpora_table(RESULTS))


if __name__ == "__main__":
    typer.run(main)
