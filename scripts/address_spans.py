"""Spans, scores and records shared by the address scripts.

The conversion of the corpus and the CRF baseline both turn labelled tokens into labelled
character spans. They must do it in the same way, or their scores cannot be compared, so the one
function which does it, `spans_from_tokens`, lives here together with the JSONL record format.
"""

import json
import string
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path

# '#' and '&' are the only punctuation which `usaddress.tokenize` makes tokens of their own, and
# they carry meaning at the edge of a span ('#5', the separator in '5th & Main').
WORD_LIKE_PUNCTUATION = frozenset("#&")
CLOSING_BRACKETS = {"(": ")", "[": "]", "{": "}"}
OPENING_BRACKETS = {closing: opening for opening, closing in CLOSING_BRACKETS.items()}


class DataError(ValueError):
    """A file cannot be used. The message says which file, where in it, and what to do."""


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


def is_punctuation(character: str) -> bool:
    """Tell whether a character is in `string.punctuation` or in a Unicode category P*."""
    return character in string.punctuation or unicodedata.category(character).startswith("P")


def strip_span(text: str, start: int, end: int) -> tuple[int, int]:
    """Move the ends of a span inwards, past white space and punctuation.

    Three kinds of punctuation stay, because they belong to the address part:

    - '#' and '&', anywhere: '#5', '# 209', 'A &'.
    - a full stop which ends the span right after a letter: 'W.', 'Ste.', 'P.O.'. It is an
      abbreviation mark, which usaddress keeps too. After anything else ('11201.') it goes.
    - a bracket whose partner is in the span: 'Springfield (East)'. A pair around the whole span
      goes: '(east side)'.

    In the labelled corpus (8,922 spans) the rule strips a comma, an unpaired bracket, or one of
    `: ; - / ! "`, leaves no span empty, and leaves 3 spans which do not align with the tokens of
    a blank English spaCy pipeline ('Monroe-' twice, 'B-' once, which are one spaCy token). If
    the full stop of an abbreviation were stripped, 296 would not align ('W.', 'St.').

    Args:
        text: the whole text.
        start: offset of the span's first character.
        end: offset after the span's last character.

    Returns:
        The new start and end. They are equal if nothing is left.
    """
    while start < end:
        inside = text[start:end]
        if _is_in_brackets(inside):
            start, end = start + 1, end - 1
        elif _is_loose_at_start(inside):
            start += 1
        elif _is_loose_at_end(inside):
            end -= 1
        else:
            break
    return start, end


def _is_in_brackets(inside: str) -> bool:
    """Tell whether one pair of brackets is around the whole string."""
    closing = CLOSING_BRACKETS.get(inside[0])
    return closing is not None and inside.find(closing) == len(inside) - 1


def _is_loose(character: str) -> bool:
    """Tell whether a character is stripped from an edge, brackets and full stops apart."""
    if character in WORD_LIKE_PUNCTUATION:
        return False
    return character.isspace() or is_punctuation(character)


def _is_loose_at_start(inside: str) -> bool:
    """Tell whether the first character is stripped."""
    closing = CLOSING_BRACKETS.get(inside[0])
    if closing is not None and closing in inside:
        return False
    return _is_loose(inside[0])


def _is_loose_at_end(inside: str) -> bool:
    """Tell whether the last character is stripped."""
    opening = OPENING_BRACKETS.get(inside[-1])
    if opening is not None and opening in inside:
        return False
    if inside[-1] == "." and inside[-2:-1].isalpha():
        return False
    return _is_loose(inside[-1])


def spans_from_tokens(text: str, tokens: Iterable[Span]) -> tuple[Span, ...]:
    """Join labelled tokens into the spans of the address parts.

    Consecutive tokens with the same label are one part, whatever stands between them. The
    edges of a part are cleaned with `strip_span`; a part of which nothing is left is dropped
    (no such part is in the labelled corpus: its only tokens without a letter or a digit are '#'
    and '&', which stay).

    Args:
        text: the text which the tokens are from.
        tokens: labelled tokens, in the order of the text.

    Returns:
        The spans, in the order of the text. They do not overlap and are never empty.
    """
    spans = []
    for label, group in groupby(tokens, key=lambda token: token.label):
        part = list(group)
        start, end = strip_span(text, part[0].start, part[-1].end)
        if start < end:
            spans.append(Span(start, end, label))
    return tuple(spans)


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
            f"[S005] {path}: cannot be read ({error}); make it with scripts/convert_addresses.py"
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
                "make the file again with scripts/convert_addresses.py"
            ) from error
    if not records:
        raise DataError(f"[S007] {path}: no records; run convert_addresses.py again")
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
