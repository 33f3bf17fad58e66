"""Convert the address corpus of usaddress to spaCy files, split for few-label training.

    python scripts/convert_addresses.py labeled.xml openaddress_us_ia_linn.xml corpus

Files written to the output folder:

- `gold.spacy`, `dev.spacy`, `test.spacy`: documents of a blank English pipeline with entities.
  The tokens of a span which does not align with the tokens have missing annotation.
- `gold.jsonl`, `test.jsonl`: the same texts with all character spans, aligned or not, and with
  the original labelled tokens, for a peer which tokenises in another way.
- `pool.txt`: texts without annotation, one a line.
- `splits.json`: how the files were made, with counts.

How labelled tokens become spans is said in `address_spans.py`.
"""

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import spacy
import typer
from address_xml import read_labelled, read_texts
from documents import summarize, write_docs
from records import DataError, Record, exit_on_data_error, write_records

ADDRESSES = "addresses"


@dataclass(frozen=True)
class Duplicate:
    """A text which occurs again.

    Attributes:
        text: the text of the later occurrence.
        exact: the texts are equal, not just alike in all but case and white space.
        disagrees: the later occurrence has other spans (always so if the texts are not equal and
            the spans have other offsets).
    """

    text: str
    exact: bool
    disagrees: bool


@dataclass(frozen=True)
class Splits:
    """Labelled records for training, tuning and testing, and texts without labels."""

    gold: list[Record]
    dev: list[Record]
    test: list[Record]
    pool: list[str]


def fold(text: str) -> str:
    """Return what two texts have in common which differ in case and white space only."""
    return " ".join(text.casefold().split())


def deduplicate(records: Iterable[Record]) -> tuple[list[Record], list[Duplicate]]:
    """Keep the first of the records whose texts only differ in case and white space.

    Args:
        records: records in an order which matters.

    Returns:
        The records kept, in their order, and what is to be said about each of the others.
    """
    first: dict[str, Record] = {}
    duplicates = []
    for record in records:
        kept = first.setdefault(fold(record.text), record)
        if kept is not record:
            duplicates.append(
                Duplicate(
                    text=record.text,
                    exact=record.text == kept.text,
                    disagrees=record.spans != kept.spans,
                )
            )
    return list(first.values()), duplicates


def split_records(
    records: Sequence[Record],
    pool_texts: Sequence[str],
    seed: int,
    n_gold: int,
    n_dev: int,
    n_test: int,
    n_pool: int,
) -> Splits:
    """Split labelled records at random, and fill the pool.

    The labelled records are shuffled and dealt to test, dev and gold, in this order: with the
    same seed, another `n_gold` leaves test and dev as they are. The rest loses its labels and
    joins `n_pool` sampled texts in the pool. No two texts of the result, wherever they are, are
    equal when case and white space are ignored.

    Args:
        records: labelled records without duplicates.
        pool_texts: texts to sample from; duplicates, and texts of `records`, are left out first.
        seed: seed of the random choices.
        n_gold: number of records to train on.
        n_dev: number of records to tune on.
        n_test: number of records to test on.
        n_pool: number of texts to sample.

    Returns:
        The splits.

    Raises:
        DataError: a number is negative, or there are fewer records or texts than asked for.
    """
    if min(n_gold, n_dev, n_test, n_pool) < 0:
        raise DataError(
            f"[S013] --n-gold {n_gold}, --n-dev {n_dev}, --n-test {n_test}, --n-pool {n_pool}: "
            "a number of texts cannot be negative"
        )
    n_labelled = n_gold + n_dev + n_test
    if n_labelled > len(records):
        raise DataError(
            f"[S014] --n-gold {n_gold} + --n-dev {n_dev} + --n-test {n_test} = {n_labelled} is "
            f"more than the {len(records)} distinct labelled addresses; ask for fewer"
        )
    labelled_keys = {fold(record.text) for record in records}
    candidates: dict[str, str] = {}
    for text in pool_texts:
        key = fold(text)
        if key not in labelled_keys:
            candidates.setdefault(key, text)
    if n_pool > len(candidates):
        raise DataError(
            f"[S015] --n-pool {n_pool} is more than the {len(candidates)} distinct texts of the "
            "pool file which are not labelled addresses; ask for fewer"
        )
    generator = random.Random(seed)
    shuffled = list(records)
    generator.shuffle(shuffled)
    unused = [record.text for record in shuffled[n_labelled:]]
    pool = unused + generator.sample(list(candidates.values()), n_pool)
    generator.shuffle(pool)
    return Splits(
        test=shuffled[:n_test],
        dev=shuffled[n_test : n_test + n_dev],
        gold=shuffled[n_test + n_dev : n_labelled],
        pool=[_on_one_line(text) for text in pool],
    )


def _on_one_line(text: str) -> str:
    """Collapse white space in a text with line breaks, which a line of a file cannot hold."""
    return " ".join(text.split()) if len(text.splitlines()) > 1 else text


def convert(
    labelled_xml: Path,
    pool_xml: Path,
    output_dir: Path,
    *,
    seed: int,
    n_gold: int,
    n_dev: int,
    n_test: int,
    n_pool: int,
) -> dict[str, Any]:
    """Read both files, split them and write the output folder.

    Args:
        labelled_xml: the file of labelled addresses.
        pool_xml: the file of addresses whose labels are not used.
        output_dir: the folder to fill; made if need be.
        seed: seed of the split.
        n_gold: number of texts to train on.
        n_dev: number of texts to tune on.
        n_test: number of texts to test on.
        n_pool: number of texts to take from `pool_xml`.

    Returns:
        The content of `splits.json`.

    Raises:
        DataError: see `read_labelled`, `read_texts` and `split_records`.
        OSError: the output cannot be written.
    """
    addresses = read_labelled(labelled_xml)
    records, duplicates = deduplicate(addresses)
    splits = split_records(
        records,
        read_texts(pool_xml),
        seed,
        n_gold=n_gold,
        n_dev=n_dev,
        n_test=n_test,
        n_pool=n_pool,
    )
    nlp = spacy.blank("en")
    output_dir.mkdir(parents=True, exist_ok=True)
    described = {
        name: write_docs(output_dir / f"{name}.spacy", nlp, part)
        for name, part in [("gold", splits.gold), ("dev", splits.dev), ("test", splits.test)]
    }
    write_records(output_dir / "gold.jsonl", splits.gold)
    write_records(output_dir / "test.jsonl", splits.test)
    with (output_dir / "pool.txt").open("w", encoding="utf-8", newline="\n") as lines:
        lines.writelines(text + "\n" for text in splits.pool)
    summary = {
        "seed": seed,
        "labelled": {
            "addresses": len(addresses),
            "distinct": len(records),
            "duplicates": [asdict(duplicate) for duplicate in duplicates],
            "duplicates_exact": sum(duplicate.exact for duplicate in duplicates),
            "duplicates_disagreeing": sum(duplicate.disagrees for duplicate in duplicates),
        },
        "pool": {
            "texts": len(splits.pool),
            "sampled": n_pool,
            "unused_labelled": len(splits.pool) - n_pool,
        },
        "gold_labels": list(described["gold"]["labels"]),
        "splits": described,
    }
    (output_dir / "splits.json").write_text(
        json.dumps(summary, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    return summary


def main(
    labelled_xml: Annotated[Path, typer.Argument(help="Labelled addresses.")],
    pool_xml: Annotated[Path, typer.Argument(help="Addresses whose labels are not used.")],
    output_dir: Annotated[Path, typer.Argument(help="Folder to fill.", file_okay=False)],
    seed: Annotated[int, typer.Option(help="Seed of the split.")] = 1,
    n_gold: Annotated[int, typer.Option(help="Number of texts to train on.")] = 100,
    n_dev: Annotated[int, typer.Option(help="Number of texts to tune on.")] = 50,
    n_test: Annotated[int, typer.Option(help="Number of texts to test on.")] = 500,
    n_pool: Annotated[int, typer.Option(help="Number of texts to take from POOL_XML.")] = 5000,
    corpus: Annotated[
        str, typer.Option(help="The run's corpus: these, or it is refused.")
    ] = ADDRESSES,
) -> None:
    """Convert LABELLED_XML and POOL_XML to the spaCy and JSONL files of one split."""
    with exit_on_data_error():
        if corpus != ADDRESSES:
            raise DataError(
                f"[S028] this workflow is on addresses, not on '{corpus}': run "
                f"`spacy project run corpus . --vars.corpus {corpus}`"
            )
        summary = convert(
            labelled_xml,
            pool_xml,
            output_dir,
            seed=seed,
            n_gold=n_gold,
            n_dev=n_dev,
            n_test=n_test,
            n_pool=n_pool,
        )
    labelled = summary["labelled"]
    typer.echo(
        f"{labelled['addresses']} labelled addresses, {labelled['distinct']} distinct; of the "
        f"{len(labelled['duplicates'])} duplicates, {labelled['duplicates_disagreeing']} "
        "disagreed in annotation"
    )
    for name, part in summary["splits"].items():
        typer.echo(f"{summarize(name, part)}, {len(part['unaligned'])} spans not aligned")
    typer.echo(f"pool: {summary['pool']['texts']} texts")


if __name__ == "__main__":
    typer.run(main)
