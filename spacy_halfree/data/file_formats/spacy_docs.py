"""spaCy's `DocBin` files, as raw and as annotated texts."""

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab

from ...errors import Errors
from ..read_settings import ReadSettings
from ..records import (
    Annotation,
    InvalidRecord,
    LabelledSpan,
    Numbered,
    NumberedRecord,
    Record,
)
from ..sources import Source
from .file_format import AnnotationFormat, Head, RawFormat


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


def read_docs(source: Source, vocab: Vocab) -> list[Doc]:
    """Read annotated docs.

    RAISES: ValueError (H046) if the file cannot be read.
    """
    content = source.read_bytes()
    try:
        return list(DocBin().from_bytes(content).get_docs(vocab))
    except Exception as error:
        raise ValueError(Errors.H046.format(path=source.name, reason=error)) from error


def check_group(source: Source, key: str, groups: Iterable[Iterable[str]]) -> None:
    """Check that any doc of a file has a span group. Docs without spans may lack it.

    source: The file.
    key: The group's name.
    groups: The names of the groups of each doc.
    RAISES: ValueError (H145) if no doc has it.
    """
    found: dict[str, None] = {}
    for own in groups:
        if key in own:
            return
        found.update(dict.fromkeys(own))
    names = ", ".join(f"'{name}'" for name in found) or "none"
    raise ValueError(Errors.H145.format(path=source.name, key=key, names=names))


def recognize(head: Head) -> bool:
    """Whether a file has the suffix of a `DocBin`."""
    return head.suffix in DOCS.suffixes


def read(source: Source, settings: ReadSettings) -> Iterator[NumberedRecord]:
    """Read annotated texts with their tokens.

    source: The file.
    settings: Names the span group to read.
    YIELDS: The texts.
    RAISES: ValueError (H046) if the file cannot be read, (H145) if no doc has the span group that
        is chosen.
    """
    key = settings.spans_key
    docs = read_docs(source, Vocab())
    if key is not None and docs:
        check_group(source, key, (doc.spans for doc in docs))
    for number, doc in enumerate(docs, start=1):
        spans = doc.ents if key is None else doc.spans.get(key, ())
        found = [LabelledSpan(span.start_char, span.end_char, span.label_) for span in spans]
        unknown = [
            (token.idx, token.idx + len(token))
            for token in doc
            if key is None and token.ent_iob == 0
        ]
        yield (
            number,
            Annotation(
                doc.text,
                tuple(found),
                unknown=tuple(unknown),
                words=tuple(token.text for token in doc),
                spaces=tuple(bool(token.whitespace_) for token in doc),
            ),
        )


TOKENS = RawFormat(".spacy", (".spacy",), read_tokens)
DOCS = AnnotationFormat(
    name="spacy",
    title=".spacy",
    suffixes=(".spacy",),
    options=("--spans-key",),
    recognize=recognize,
    read=read,
)
