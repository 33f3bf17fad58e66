"""Writing files of annotated texts, and reading them back."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import spacy

from spacy_halfree.data.annotated_texts import read_annotated_texts
from spacy_halfree.data.read_settings import ColumnSettings, ReadSettings
from spacy_halfree.data.records import AnnotatedRecord, AnnotatedText

NLP = spacy.blank("en")
Spans = list[tuple[int, int, str]]


def write_json(path: Path, values: Iterable[Any]) -> Path:
    """Write values as a list (`.json`), or one a line."""
    values = list(values)
    lines = "".join(json.dumps(value) + "\n" for value in values)
    path.write_text(json.dumps(values) if path.suffix == ".json" else lines, encoding="utf8")
    return path


def read(
    path: Path, columns: ColumnSettings | None = None, **settings: Any
) -> list[AnnotatedRecord]:
    """All records of a file."""
    chosen = ReadSettings(columns=columns or ColumnSettings(), **settings)
    return list(read_annotated_texts(path, NLP, chosen))


def read_spans(
    path: Path, columns: ColumnSettings | None = None, **settings: Any
) -> list[tuple[str, Spans]]:
    """The texts of a file with their spans; each record must be one."""
    found = read(path, columns, **settings)
    assert all(isinstance(text, AnnotatedText) for text in found), found
    return [(text.text, spans_of(text)) for text in found]


def spans_of(text: Any) -> Spans:
    """The spans of a text as tuples."""
    return [(span.start, span.end, span.label) for span in text.spans]
