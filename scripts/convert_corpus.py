"""Draw a few labelled sentences of a public corpus, and convert them to spaCy files.

    python scripts/convert_corpus.py assets/snips corpus/snips --shots 100 --seed 1

Files written to the output folder:

- `gold.spacy`: `shots` sentences drawn from the training split, or all of it.
- `dev.spacy`: 50 sentences drawn from the development split; with all shots, all of it.
- `dev_all.spacy`: all of the development split, for choosing between recipes.
- `test.spacy`, `test.jsonl`: the official test split.
- `pool.txt`: the rest of the training split without labels, a sentence a line; with all shots,
  of which no rest is left, all of it again: a student can learn its teacher's labels on them.
- `train.txt`: the training split without labels, in its own order: the same for every seed.
- `splits.json`: how the files were made, with counts.

Documents have the tokens of a blank English pipeline. These never reach across white space, so
every span of the corpora, which consists of whole words, aligns with them.
"""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import spacy
import typer
from documents import summarize, write_docs
from records import DataError, Record, exit_on_data_error, write_records
from tagged_sentences import read_sentences

ALL = "all"
ADDRESSES = "addresses"
DEV_SPLITS = ("valid", "dev")
DEV_SHARE = 0.1
DEV_SEED = 0


@dataclass(frozen=True)
class Corpus:
    """The sentences of a corpus, by what they are for."""

    train: list[Record]
    dev: list[Record]
    test: list[Record]


def read_corpus(folder: Path) -> Corpus:
    """Read all splits; where there is none for development, a tenth of the training split is.

    That tenth is the same for every seed of a run, so that all runs train on the same texts.

    Args:
        folder: the corpus' folder.

    Returns:
        The corpus.

    Raises:
        DataError: see `read_sentences`.
    """
    train, test = read_sentences(folder, "train"), read_sentences(folder, "test")
    for split in DEV_SPLITS:
        if any(folder.glob(f"{split}.*")):
            return Corpus(train, read_sentences(folder, split), test)
    chosen = set(random.Random(DEV_SEED).sample(range(len(train)), round(DEV_SHARE * len(train))))
    return Corpus(
        train=[record for index, record in enumerate(train) if index not in chosen],
        dev=[record for index, record in enumerate(train) if index in chosen],
        test=test,
    )


def draw(
    corpus: Corpus, shots: int | None, n_dev: int, seed: int
) -> tuple[list[Record], list[Record], list[Record]]:
    """Draw the sentences to train and to tune on, and find those to be labelled by a teacher.

    Args:
        corpus: the corpus.
        shots: the number of sentences to train on; all if None.
        n_dev: the number of sentences to tune on, if not all are trained on.
        seed: seed of the draw. With the same seed, more shots contain fewer shots.

    Returns:
        Gold and dev sentences, and the pool: the rest of the training split, or all of it if there
        is no rest.

    Raises:
        DataError: there are fewer sentences than asked for.
    """
    if shots is None:
        return corpus.train, corpus.dev, corpus.train
    if not 0 < shots <= len(corpus.train) or not 0 < n_dev <= len(corpus.dev):
        raise DataError(
            f"[S026] --shots {shots}, --n-dev {n_dev}: there are {len(corpus.train)} sentences to "
            f"train and {len(corpus.dev)} to tune on; ask for at least 1 and at most so many"
        )
    order = list(range(len(corpus.train)))
    random.Random(seed).shuffle(order)
    dev = random.Random(seed).sample(corpus.dev, n_dev)
    gold = [corpus.train[index] for index in order[:shots]]
    rest = [corpus.train[index] for index in sorted(order[shots:])]
    return gold, dev, rest


def write_texts(path: Path, records: Sequence[Record]) -> None:
    """Write the texts of records, one a line."""
    with path.open("w", encoding="utf-8", newline="\n") as lines:
        lines.writelines(record.text + "\n" for record in records)


def convert(
    folder: Path, output_dir: Path, *, shots: int | None, n_dev: int, seed: int
) -> dict[str, Any]:
    """Read a corpus, draw from it, and fill the output folder.

    Args:
        folder: the corpus' folder.
        output_dir: the folder to fill; made if need be.
        shots: the number of sentences to train on; all if None.
        n_dev: the number of sentences to tune on, if not all are trained on.
        seed: seed of the draw.

    Returns:
        The content of `splits.json`.

    Raises:
        DataError: the folder is that of the addresses, or see `read_corpus` and `draw`.
        OSError: the output cannot be written.
    """
    if folder.name == ADDRESSES:
        raise DataError(
            "[S027] the addresses have a workflow of their own, `spacy project run all`; for this "
            "one, name a corpus: `spacy project run corpus . --vars.corpus snips`"
        )
    corpus = read_corpus(folder)
    gold, dev, rest = draw(corpus, shots, n_dev, seed)
    nlp = spacy.blank("en")
    output_dir.mkdir(parents=True, exist_ok=True)
    described = {
        name: write_docs(output_dir / f"{name}.spacy", nlp, part)
        for name, part in [
            ("gold", gold),
            ("dev", dev),
            ("dev_all", corpus.dev),
            ("test", corpus.test),
        ]
    }
    write_records(output_dir / "test.jsonl", corpus.test)
    write_texts(output_dir / "pool.txt", rest)
    write_texts(output_dir / "train.txt", corpus.train)
    train_texts = {record.text for record in corpus.train}
    summary = {
        "seed": seed,
        "shots": ALL if shots is None else shots,
        "pool": len(rest),
        "test_texts_in_train": sum(record.text in train_texts for record in corpus.test),
        "splits": described,
    }
    (output_dir / "splits.json").write_text(
        json.dumps(summary, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    return summary


def parse_shots(value: str) -> int | None:
    """A number, or None for "all".

    Raises:
        typer.BadParameter: it is neither.
    """
    if value == ALL:
        return None
    if not value.isdigit():
        raise typer.BadParameter(f"'{value}' is neither a number nor '{ALL}'")
    return int(value)


def main(
    corpus: Annotated[Path, typer.Argument(help="The corpus' folder.")],
    output_dir: Annotated[Path, typer.Argument(help="Folder to fill.", file_okay=False)],
    shots: Annotated[str, typer.Option(help="Sentences to train on: a number, or 'all'.")] = "100",
    n_dev: Annotated[int, typer.Option(help="Sentences to tune on, if not all are shots.")] = 50,
    seed: Annotated[int, typer.Option(help="Seed of the draw.")] = 1,
) -> None:
    """Convert a draw of CORPUS to the spaCy, JSONL and text files of one run."""
    n_shots = parse_shots(shots)
    with exit_on_data_error():
        summary = convert(corpus, output_dir, shots=n_shots, n_dev=n_dev, seed=seed)
    for name, part in summary["splits"].items():
        typer.echo(summarize(name, part))
    typer.echo(f"pool: {summary['pool']} texts")


if __name__ == "__main__":
    typer.run(main)
