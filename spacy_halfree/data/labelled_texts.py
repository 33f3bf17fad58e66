"""Texts with labelled spans, from spaCy's files and from those of annotation tools."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab

from ..errors import Errors

SPAN_KEYS = ("spans", "label", "labels", "entities")
"""Where tools keep spans: Prodigy, doccano (three of its versions)."""


@dataclass(frozen=True)
class LabelledSpan:
    """A stretch of a text, in characters, the end excluded, and its label."""

    start: int
    end: int
    label: str


@dataclass(frozen=True)
class LabelledText:
    """A text as it stands in a file.

    number: The line in the file, or the number of the doc; from 1 on.
    doc: The text with its tokens.
    spans: Its spans, in the order of the file.
    """

    number: int
    doc: Doc
    spans: tuple[LabelledSpan, ...]

    @property
    def text(self) -> str:
        return str(self.doc.text)


@dataclass(frozen=True)
class BadLine:
    """A line that cannot be read.

    number: The line, from 1 on.
    reason: What is wrong with it.
    """

    number: int
    reason: str


def read_labelled_texts(
    path: Path, nlp: Language, spans_key: str | None = None
) -> Iterator[LabelledText | BadLine]:
    """Read a file of annotated texts.

    path: A `.spacy` file, or a `.jsonl` file as Prodigy or doccano export it: an object a line,
        with `text` and a list of spans under `spans`, `label`, `labels` or `entities`. Texts
        that were rejected or ignored in Prodigy are left out.
    nlp: Tokenizes texts that come without tokens.
    spans_key: The span group to read from a `.spacy` file; the entities if None.
    YIELDS: The texts; for lines that are none, what is wrong with them.
    RAISES: ValueError (H046, H047) if the file cannot be read, or is of another kind.
    """
    if path.suffix == ".spacy":
        yield from _read_docs(path, nlp, spans_key)
    elif path.suffix == ".jsonl":
        yield from _read_lines(path, nlp)
    else:
        raise ValueError(Errors.H047.format(path=path))


def read_docs(path: Path, vocab: Vocab) -> list[Doc]:
    """Read annotated docs from a `.spacy` file.

    RAISES: ValueError (H046) if the file cannot be read.
    """
    try:
        return list(DocBin().from_disk(path).get_docs(vocab))
    except Exception as error:
        raise ValueError(Errors.H046.format(path=path, reason=error)) from error


def _read_docs(path: Path, nlp: Language, spans_key: str | None) -> Iterator[LabelledText]:
    for number, doc in enumerate(read_docs(path, nlp.vocab), start=1):
        spans = doc.ents if spans_key is None else doc.spans.get(spans_key, ())
        found = [LabelledSpan(span.start_char, span.end_char, span.label_) for span in spans]
        yield LabelledText(number, doc, tuple(found))


def _read_lines(path: Path, nlp: Language) -> Iterator[LabelledText | BadLine]:
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise ValueError(Errors.H046.format(path=path, reason=error)) from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            # the first line of a file may begin with a byte order mark
            entry = json.loads(line.decode("utf-8-sig"))
            if isinstance(entry, dict) and entry.get("answer", "accept") != "accept":
                continue
            doc, spans = nlp.make_doc(_text_of(entry)), _spans_of(entry)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            yield BadLine(number, str(error) or repr(error))
            continue
        yield LabelledText(number, doc, spans)


def _text_of(entry: Any) -> str:
    if not isinstance(entry, dict) or not isinstance(entry.get("text"), str):
        raise TypeError("it is not an object with a string under 'text'")
    text: str = entry["text"]
    return text


def _spans_of(entry: dict[str, Any]) -> tuple[LabelledSpan, ...]:
    keys = [key for key in SPAN_KEYS if isinstance(entry.get(key), list)]
    if not keys:
        raise KeyError(f"it has no list of spans under any of {', '.join(SPAN_KEYS)}")
    filled = next((key for key in keys if entry[key]), keys[0])
    return tuple(_span_of(span) for span in entry[filled])


def _span_of(span: Any) -> LabelledSpan:
    """A span as an object with start, end and label, or as a list of these three."""
    if isinstance(span, dict):
        start = span.get("start", span.get("start_offset"))
        end, label = span.get("end", span.get("end_offset")), span.get("label")
    elif isinstance(span, list) and len(span) == 3:
        start, end, label = span
    else:
        start = end = label = None
    if not (is_whole(start) and is_whole(end) and isinstance(label, str)):
        raise TypeError(f"{json.dumps(span)[:80]} is no span with a start, an end and a label")
    return LabelledSpan(start, end, label)


def is_whole(value: Any) -> TypeGuard[int]:
    """Whether a value is a whole number; true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool)
