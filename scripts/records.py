"""Labelled texts as JSONL records, and how predicted spans are scored against them.

Every converter writes its test texts in this form, and every system is scored on it, so that
systems with other tokens than spaCy's are compared on the same character spans.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import typer


class DataError(ValueError):
    """A file cannot be used. The message says which file, where in it, and what to do."""


@contextmanager
def exit_on_data_error() -> Iterator[None]:
    """Print why a file cannot be used and end the command with status 1, without a traceback."""
    try:
        yield
    except (DataError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


@dataclass(frozen=True)
class Span:
    """A labelled piece of a text: `text[start:end]`.

    Used for both the original tokens of the corpus and for the spans made of them.
    """

    start: int
    end: int
    label: str


@dataclass(frozen=True)
class Record:
    """A text with its original labelled tokens and the spans made of them."""

    text: str
    spans: tuple[Span, ...]
    tokens: tuple[Span, ...]


@dataclass(frozen=True)
class Score:
    """Micro-averaged precision, recall and F1 of exact spans, from 0 to 1."""

    precision: float
    recall: float
    f1: float


def score_spans(expected: Sequence[Sequence[Span]], predicted: Sequence[Sequence[Span]]) -> Score:
    """Score predicted spans: one is right if start, end and label are.

    Args:
        expected: the spans of each text.
        predicted: the predicted spans of each text, in the same order.

    Returns:
        The score over all texts. A value with nothing to divide by is 0.
    """
    n_expected = sum(map(len, expected))
    n_predicted = sum(map(len, predicted))
    n_right = sum(
        len(set(right) & set(found)) for right, found in zip(expected, predicted, strict=True)
    )
    return Score(
        precision=n_right / n_predicted if n_predicted else 0.0,
        recall=n_right / n_expected if n_expected else 0.0,
        f1=2 * n_right / (n_expected + n_predicted) if n_right else 0.0,
    )


def write_records(path: Path, records: Iterable[Record]) -> None:
    """Write records to a JSONL file.

    Args:
        path: the file to write.
        records: what to write, one a line. `tokens` get the text they cover as `text`.
    """
    with path.open("w", encoding="utf-8", newline="\n") as lines:
        for record in records:
            entry = {
                "text": record.text,
                "spans": [asdict(span) for span in record.spans],
                "tokens": [
                    {"text": record.text[token.start : token.end], **asdict(token)}
                    for token in record.tokens
                ],
            }
            lines.write(json.dumps(entry, ensure_ascii=False) + "\n")


def read_records(path: Path) -> list[Record]:
    """Read the records which `write_records` wrote.

    Args:
        path: a JSONL file.

    Returns:
        The records, in the order of the file.

    Raises:
        DataError: the file cannot be read, is empty, or a line is not a valid record.
    """
    try:
        # Not `splitlines`: it would also break a line at U+2028, which JSON may hold unescaped.
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"[S005] {path}: cannot be read ({error}); make it with a converter of scripts/"
        ) from error
    records = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            records.append(
                Record(
                    text=entry["text"],
                    spans=_spans_from_json(entry["text"], entry["spans"]),
                    tokens=_spans_from_json(entry["text"], entry["tokens"]),
                )
            )
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(
                f"[S006] {path}: line {number}: not a record ({type(error).__name__}: {error}); "
                "make the file again with its converter"
            ) from error
    if not records:
        raise DataError(f"[S007] {path}: no records; run its converter again")
    return records


def _spans_from_json(text: str, entries: Sequence[dict[str, int | str]]) -> tuple[Span, ...]:
    """Turn the JSON form of spans into spans, and check that they are inside the text."""
    spans = []
    for entry in entries:
        span = Span(int(entry["start"]), int(entry["end"]), str(entry["label"]))
        if not 0 <= span.start < span.end <= len(text):
            raise ValueError(
                f"span {span.start}:{span.end} is outside the text of {len(text)} characters"
            )
        spans.append(span)
    return tuple(spans)
