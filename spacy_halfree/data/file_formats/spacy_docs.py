"""spaCy's `DocBin` files, as raw and as annotated texts."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab

from ...errors import Errors
from ..records import AnnotatedText, InvalidRecord, LabelledSpan, Numbered, Record
from .file_format import Format


def read_tokens(file: BinaryIO, name: str) -> Iterator[Numbered]:
    """Read the tokens of docs, without annotation."""
    docs = DocBin().from_bytes(file.read()).get_docs(Vocab())
    for number, doc in enumerate(docs, start=1):
        if doc.text.strip():
            record = Record(words=[token.text for token in doc])
            if not doc.has_unknown_spaces:
                record["spaces"] = [bool(token.whitespace_) for token in doc]
            yield number, record
        else:
            yield number, InvalidRecord(name, number, "has an empty text")


def read_docs(path: Path, vocab: Vocab) -> list[Doc]:
    """Read annotated docs.

    RAISES: ValueError (H046) if the file cannot be read.
    """
    try:
        return list(DocBin().from_disk(path).get_docs(vocab))
    except Exception as error:
        raise ValueError(Errors.H046.format(path=path, reason=error)) from error


def read(path: Path, nlp: Language, spans_key: str | None) -> Iterator[AnnotatedText]:
    """Read annotated texts.

    path: The file.
    nlp: Tokenizes the texts again, as it will when it is trained.
    spans_key: The span group to read; the entities if None.
    YIELDS: The texts.
    RAISES: ValueError (H046) if the file cannot be read.
    """
    for number, saved in enumerate(read_docs(path, nlp.vocab), start=1):
        spans = saved.ents if spans_key is None else saved.spans.get(spans_key, ())
        found = [LabelledSpan(span.start_char, span.end_char, span.label_) for span in spans]
        doc = nlp.make_doc(saved.text)
        unknown = np.zeros(len(saved.text) + 1, dtype=bool)
        for token in saved:
            if spans_key is None and token.ent_iob == 0:
                unknown[token.idx : token.idx + len(token)] = True
        missing = [token.i for token in doc if unknown[token.idx : token.idx + len(token)].any()]
        yield AnnotatedText(number, doc, tuple(found), tuple(missing))


TOKENS = Format("spacy", ".spacy", (".spacy",), read_tokens)
DOCS = Format("spacy", ".spacy", (".spacy",), read)
