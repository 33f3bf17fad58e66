"""Readers against damaged files.

    python -m benchmarks.robustness.mutated_files --files 500

Valid files of every format are damaged at random: see `mutations.py`. Each reader must give records
and say what is wrong with the others, or end with a numbered error. What must not be is counted.
"""

import faulthandler
import json
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Annotated

import numpy as np
import spacy
import typer

from spacy_halfree.data.annotated_texts import read_annotated_texts
from spacy_halfree.data.checks import check_file
from spacy_halfree.data.file_formats import ANNOTATED, RAW
from spacy_halfree.data.gold import make_gold
from spacy_halfree.data.inputs import find_inputs
from spacy_halfree.data.raw_texts import read_raw_texts
from spacy_halfree.data.read_settings import ReadSettings
from spacy_halfree.data.records import (
    AnnotatedRecord,
    InvalidRecord,
    Skipped,
    text_of,
)
from spacy_halfree.data.report_files import to_entry
from spacy_halfree.distill.sharded_corpus import ShardedCorpus
from spacy_halfree.tagging.soft_labels import has_soft_labels, load_soft_labels

from .mutations import damage
from .valid_files import ValidFile, valid_files

NLP = spacy.blank("en")
NUMBERED = re.compile(r"\[[HE]\d{3}\] \S")
"""The beginning of a numbered message: of ours, or of spaCy's."""
EXPECTED = (ValueError, OSError, ImportError)
"""The errors that commands catch."""
VALUES_ON_LINES = ("argilla", "doccano", "gliner", "pairs", "prodigy", "spacy-json")
"""Formats with a record for each value, which is read or skipped or cannot be used."""
SPAN_GROUPS = ("spacy", "spacy-json")
"""Formats with span groups beside the entities."""
OUTCOMES = ("files", "read", "skipped", "invalid", "refused")
"""What is counted, besides violations."""
MOST_SHOWN = 10
"""So many violations of a reader are printed."""


class Violation(Exception):
    """Raised for what must not be."""


def expect(is_so: bool, violation: str) -> None:
    """RAISES: Violation if something is not so."""
    if not is_so:
        raise Violation(violation)


def check_message(message: str) -> None:
    """RAISES: Violation if a message is empty or cannot be printed."""
    expect(bool(message.strip()), "an empty message")
    try:
        message.encode()
    except UnicodeEncodeError as error:
        raise Violation("a message that cannot be printed") from error


def read_raw(path: Path, rng: Random) -> Counter[str]:
    """Read raw texts, and check them."""
    (file,) = find_inputs(str(path))
    counts: Counter[str] = Counter()
    numbers = []
    for number, record in read_raw_texts(file):
        numbers.append(number)
        if isinstance(record, InvalidRecord):
            counts["invalid"] += 1
            check_message(record.reason)
            expect((record.file, record.line) == (file.name, number), "a record without its place")
        else:
            counts["read"] += 1
            text = text_of(record)
            text.encode()
            expect(bool(text.strip()), "an empty text")
    expect(numbers == sorted(set(numbers)), "a record twice")
    if path.suffix in (".txt", ".jsonl"):
        expected = numbers_of_lines(path.read_bytes())
        expect(set(numbers) == expected, "lines that are neither read nor named")
    if path.suffix == ".parquet":
        expect(len(numbers) == n_rows(path), "rows that are neither read nor named")
    return counts


def numbers_of_lines(content: bytes) -> set[int]:
    """The numbers of lines that are not blank."""
    numbers = set()
    for number, line in enumerate(content.splitlines(), start=1):
        text = line.decode("utf-8-sig" if number == 1 else "utf8", errors="replace")
        if text.strip():
            numbers.add(number)
    return numbers


def n_rows(path: Path) -> int:
    """The number of rows of a Parquet table."""
    from pyarrow.parquet import ParquetFile

    return int(ParquetFile(path).metadata.num_rows)


def read_annotated(name: str, path: Path, rng: Random) -> Counter[str]:
    """Read annotated texts with a format or as it is recognized, and check them."""
    settings = ReadSettings(
        format=rng.choice((None, name)),
        spans_key=rng.choice((None, None, None, "sc")) if name in SPAN_GROUPS else None,
        accept_unknown_status=name == "argilla" and rng.random() < 0.5,
    )
    records = list(read_annotated_texts(path, NLP, settings))
    counts: Counter[str] = Counter()
    for record in records:
        counts[check_record(record)] += 1
    report = check_file(path.name, records)
    for problem in report.problems:
        json.dumps(to_entry(report, problem), ensure_ascii=False).encode()
    # a carriage return may end a line, or be white space in a value
    is_counted = path.suffix in (".json", ".jsonl") and b"\r" not in path.read_bytes()
    if settings.format in VALUES_ON_LINES and is_counted:
        numbers = {
            record.line if isinstance(record, InvalidRecord) else record.number
            for record in records
        }
        expect(numbers == numbers_of_values(path), "values that are neither read nor named")
    if settings.format and path.suffix == ".parquet":
        expect(len(records) == n_rows(path), "rows that are neither read nor named")
    return counts


def check_record(record: AnnotatedRecord) -> str:
    """Check what is read of a file.

    RETURNS: Whether it is "read", "skipped" or "invalid".
    RAISES: Violation if it could not be used as it is.
    """
    if isinstance(record, InvalidRecord):
        check_message(record.reason)
        expect(record.line > 0 and bool(record.file), "a record without its place")
        return "invalid"
    if isinstance(record, Skipped):
        check_message(record.reason)
        return "skipped"
    record.text.encode()
    gold = make_gold(record)
    n_spans = len(gold.doc.ents) + len(gold.left_out)
    expect(n_spans == len(record.spans), "spans that are neither read nor left out")
    places = {(own.start, own.end, own.label) for own in record.spans}
    for ent in gold.doc.ents:
        own = (ent.start_char, ent.end_char, ent.label_)
        expect(own in places, "a span that is not in the file")
        expect(0 <= ent.start_char < ent.end_char <= len(record.text), "a span outside of its text")
    return "read"


def numbers_of_values(path: Path) -> set[int]:
    """The numbers of the values in a file of JSON."""
    content = path.read_bytes()
    try:
        values = json.loads(content.decode("utf-8-sig"))
    except ValueError:
        values = None
    # lines of JSON may be called `.json`
    if path.suffix == ".jsonl" or values is None:
        lines = enumerate(content.splitlines(), start=1)
        return {number for number, line in lines if line.strip()}
    return set(range(1, len(values) + 1)) if isinstance(values, list) else {1}


def read_shards(path: Path, rng: Random) -> Counter[str]:
    """Read soft labels as a student does."""
    counts: Counter[str] = Counter()
    corpus = ShardedCorpus(path.parent)
    corpus.n_examples()
    for example in corpus(NLP):
        doc = example.reference
        counts["read"] += 1
        if has_soft_labels(doc):
            soft = load_soft_labels(doc)
            expect(bool(np.isfinite(soft.probabilities).all()), "a probability that is no number")
            expect(len(soft.tags) <= len(doc), "more tags than words")
    return counts


def readers() -> dict[str, Callable[[Path, Random], Counter[str]]]:
    """What reads the files of `valid_files`, by the same names."""
    raw = {f"raw {suffix}": read_raw for own in RAW for suffix in own.suffixes}

    def reader(name: str) -> Callable[[Path, Random], Counter[str]]:
        return lambda path, rng: read_annotated(name, path, rng)

    annotated = {name: reader(name) for name in ANNOTATED}
    return {**raw, **annotated, "soft labels": read_shards, "manifest": read_shards}


Reader = Callable[[Path, Random], Counter[str]]


def try_file(read: Reader, folder: Path, file: ValidFile, rng: Random) -> Counter[str]:
    """Write a file into an empty folder, and read it.

    RETURNS: How many records are "read", "skipped" and "invalid"; or "refused", once, if there was
        a numbered error.
    RAISES: Whatever a reader must not raise; Violation for what it must not read.
    """
    for name, content in {**file.beside, file.name: file.content}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    try:
        return read(folder / (file.entry or file.name), rng)
    except EXPECTED as error:
        if not NUMBERED.match(str(error)):
            raise
        check_message(str(error))
        return Counter(refused=1)


def run_reader(name: str, n_files: int, seed: int) -> Counter[str]:
    """Damage the files of a reader, and read them.

    name: The reader's name, see `valid_files`.
    n_files: How many damaged files.
    seed: Of the damage.
    RETURNS: What became of all records, how many files were "refused", how many "files" there were,
        and how often each violation occurred.
    """
    files: Sequence[ValidFile] = valid_files()[name]
    read = readers()[name]
    others = [file.content for file in files]
    counts: Counter[str] = Counter(files=n_files)
    for number in range(n_files):
        rng = Random(f"{seed} {name} {number}")
        file = rng.choice(files)
        damaged = replace(file, content=damage(file, others, rng))
        with tempfile.TemporaryDirectory() as folder:
            try:
                counts += try_file(read, Path(folder), damaged, rng)
            except Exception as error:
                violation = f"{type(error).__name__}: {error}".replace(folder, "")[:200]
                counts[violation] += 1
                if sum(counts[own] for own in counts if own not in OUTCOMES) <= MOST_SHOWN:
                    sys.stderr.write(f"{name}, number {number}, {file.name}: {violation!a}\n")
    return counts


def main(
    files: Annotated[int, typer.Option(help="How many damaged files for each reader.")] = 500,
    seed: Annotated[int, typer.Option(help="Of the damage.")] = 0,
    reader: Annotated[list[str] | None, typer.Option(help="These readers alone.")] = None,
) -> None:
    """Print a table of what became of the records, and how many violations there were."""
    # pyarrow and spaCy have code that is not Python's: show where it fails
    faulthandler.enable()
    n_violations = 0
    print(f"{'reader':15}" + "".join(f"{name:>11}" for name in (*OUTCOMES, "violations")))
    for name in reader or valid_files():
        counts = run_reader(name, files, seed)
        own = [counts.pop(outcome, 0) for outcome in OUTCOMES]
        n_violations += counts.total()
        print(f"{name:15}" + "".join(f"{n:>11}" for n in (*own, counts.total())), flush=True)
    raise typer.Exit(1 if n_violations else 0)


if __name__ == "__main__":
    typer.run(main)
