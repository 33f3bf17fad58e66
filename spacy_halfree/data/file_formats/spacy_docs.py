"""spaCy's `DocBin` files, as raw and as annotated texts."""

from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab

from ...errors import Errors
from ...memory import check_memory
from ..docbin import check_span_groups
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
from .remarks import warn_of_ignored
from .span_group_choice import BY_KEY, without_entities, without_group

NO_DOCS = "it is damaged, or not a file as `DocBin.to_disk` writes it"


def load_docs(content: bytes, vocab: Vocab) -> Iterator[Doc]:
    """Load the docs of a file.

    RAISES: ValueError if they cannot be loaded.
    """
    try:
        for doc in DocBin().from_bytes(content).get_docs(vocab):
            check_span_groups(doc)
            yield doc
    except Exception as error:
        check_memory(error, "docs")
        # spaCy's own message advises to convert the file, which fails
        raise ValueError(NO_DOCS) from error


def read_tokens(file: BinaryIO, name: str) -> Iterator[Numbered]:
    """Read the tokens of docs, without annotation.

    RAISES: ValueError if they cannot be read.
    """
    for number, doc in enumerate(load_docs(file.read(), Vocab()), start=1):
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
        return list(load_docs(content, vocab))
    except ValueError as error:
        raise ValueError(Errors.H046.format(path=source.name, reason=error)) from error


def groups_of(doc: Doc) -> list[str]:
    """The names of the span groups of a doc that hold spans."""
    return [name for name, spans in doc.spans.items() if len(spans)]


def recognize(head: Head) -> bool:
    """Whether a file has the suffix of a `DocBin`."""
    return head.suffix in DOCS.suffixes


def read(source: Source, settings: ReadSettings) -> Iterator[NumberedRecord]:
    """Read annotated texts with their tokens.

    A warning (W035) tells which span groups there are if the entities are read.

    source: The file.
    settings: Names the span group to read.
    YIELDS: The texts.
    RAISES: ValueError (H046) if the file cannot be read.
    """
    key = settings.spans_key
    docs = read_docs(source, Vocab())
    groups = Counter(name for doc in docs for name in groups_of(doc))
    if key is None and any(doc.ents for doc in docs):
        ignored = {f"the span group '{name}'": n for name, n in groups.items()}
        warn_of_ignored(source.name, "the entities", ignored, f"{BY_KEY.capitalize()}.")
    for number, doc in enumerate(docs, start=1):
        if key is not None and key not in doc.spans:
            yield number, without_group(key)
            continue
        if key is None and groups_of(doc) and not doc.has_annotation("ENT_IOB"):
            yield number, without_entities(groups_of(doc))
            continue
        spans = doc.ents if key is None else doc.spans[key]
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
