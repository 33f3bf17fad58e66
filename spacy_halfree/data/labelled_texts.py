"""Texts with labelled spans, from spaCy's files and from those of annotation tools."""

import json
import logging
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab

from ..errors import Errors, Warnings
from .entries import BadLine, Entry, LabelledSpan, LabelledText
from .exports import read_export
from .offsets import OffsetUnit
from .tagged_lines import read_tagged_lines

logger = logging.getLogger("spacy.halfree")
TAGGED = (".conll", ".iob", ".tsv")
"""Files with a word and its tag a line."""
MANY_WORDS = 200
"""A sentence with more words than these is rarely a single one."""
MOST_NUMBERS = 50
"""How many texts a warning names at most."""


def read_labelled_texts(
    path: Path,
    nlp: Language,
    spans_key: str | None = None,
    *,
    offsets: OffsetUnit | None = None,
) -> Iterator[Entry]:
    """Read a file of annotated texts.

    path: A `.spacy` file; an export of Prodigy, doccano or Label Studio (`.jsonl`, an object a
        line, or `.json`, a list of objects; see `exports.py`); or words and their tags (`.conll`,
        `.iob`, `.tsv`; see `tagged_lines.py`).
    nlp: Tokenizes all texts, those of `.spacy` files anew: a span that its tokens do not fit could
        not be learned.
    spans_key: The span group to read from a `.spacy` file; the entities if None.
    offsets: The unit in which exports of doccano count; UTF-16 units if None, with a warning (W023)
        that names the texts whose spans other units would give other places.
    YIELDS: The texts; for lines that are none, what is wrong with them; and what was left out.
    RAISES: ValueError (H046, H047) if the file cannot be read, or is of another kind.
    """
    # some systems write endings large
    suffix = path.suffix.lower()
    if suffix == ".spacy":
        yield from _read_docs(path, nlp, spans_key)
    elif suffix == ".jsonl":
        yield from _with_warning(path, _read_json_lines(path, nlp, offsets))
    elif suffix == ".json":
        yield from _with_warning(path, _read_json(path, nlp, offsets))
    elif suffix in TAGGED:
        yield from _read_tags(path, nlp)
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
    for number, saved in enumerate(read_docs(path, nlp.vocab), start=1):
        spans = saved.ents if spans_key is None else saved.spans.get(spans_key, ())
        found = [LabelledSpan(span.start_char, span.end_char, span.label_) for span in spans]
        # as a pipeline will meet the text, whatever tokens the file has
        doc = nlp.make_doc(saved.text)
        unknown = np.zeros(len(saved.text) + 1, dtype=bool)
        for token in saved:
            if spans_key is None and token.ent_iob == 0:
                unknown[token.idx : token.idx + len(token)] = True
        missing = [token.i for token in doc if unknown[token.idx : token.idx + len(token)].any()]
        yield LabelledText(number, doc, tuple(found), tuple(missing))


def _with_warning(path: Path, entries: Iterable[Entry]) -> Iterator[Entry]:
    """Warn after the last entry if other units would give other spans."""
    unclear = []
    for entry in entries:
        if isinstance(entry, LabelledText) and entry.depends_on_unit:
            unclear.append(entry.number)
        yield entry
    if unclear:
        rest = len(unclear) - MOST_NUMBERS
        numbers = ", ".join(map(str, unclear[:MOST_NUMBERS]))
        numbers += f" and {rest} more" if rest > 0 else ""
        logger.warning(Warnings.W023.format(path=path, n=len(unclear), numbers=numbers))


def _read_json_lines(path: Path, nlp: Language, offsets: OffsetUnit | None) -> Iterator[Entry]:
    for number, line in enumerate(_read_bytes(path).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            # the first line of a file may begin with a byte order mark
            value = json.loads(line.decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            yield BadLine(number, f"it is no JSON: {error}")
            continue
        yield from read_export(number, value, nlp, offsets=offsets)


def _read_json(path: Path, nlp: Language, offsets: OffsetUnit | None) -> Iterator[Entry]:
    try:
        values = json.loads(_read_bytes(path).decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ValueError(Errors.H046.format(path=path, reason=error)) from error
    if not isinstance(values, list):
        raise ValueError(Errors.H046.format(path=path, reason="it is not a list of objects"))
    for number, value in enumerate(values, start=1):
        yield from read_export(number, value, nlp, offsets=offsets)


def _read_tags(path: Path, nlp: Language) -> Iterator[Entry]:
    try:
        content = _read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(Errors.H046.format(path=path, reason=error)) from error
    # a lone "\r" ends a line where nothing else does
    lines = content.split("\n" if "\n" in content else "\r")
    longest: tuple[int, int] = (0, 0)
    for entry in read_tagged_lines(lines, nlp):
        if isinstance(entry, LabelledText):
            longest = max(longest, (len(entry.text.split()), entry.number))
        yield entry
    n_words, line = longest
    if n_words > MANY_WORDS:
        logger.warning(Warnings.W020.format(path=path, line=line, n_words=n_words))


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ValueError(Errors.H046.format(path=path, reason=error)) from error
