"""Tokens that a file stores, beside those of the tokenizer that a pipeline will have."""

import logging
from collections.abc import Iterable, Iterator

import numpy as np
from spacy.attrs import ORTH
from spacy.language import Language
from spacy.tokens import Doc

from ..errors import Warnings
from .checks import check_span
from .records import AnnotatedRecord, AnnotatedText

logger = logging.getLogger("spacy.halfree")


def compare_stored_tokens(
    records: Iterable[AnnotatedRecord], nlp: Language, name: str
) -> Iterator[AnnotatedRecord]:
    """Compare the tokens that a file stores with those of a tokenizer, while it is read.

    Logs a warning (W037) at the end if they differ: of how many texts, and how many spans would not
    align when a pipeline with this tokenizer is trained.

    records: What is read from the file.
    nlp: Has the tokenizer.
    name: The file's name.
    YIELDS: The same records.
    """
    n_texts = n_other_tokens = n_spans = n_lost_spans = 0
    for record in records:
        if isinstance(record, AnnotatedText) and record.has_stored_tokens:
            text = record.text
            spans = [span for span in record.spans if check_span(span, text, record.doc) is None]
            n_texts += 1
            n_spans += len(spans)
            doc = nlp.make_doc(text)
            if not has_same_tokens(doc, record.doc):
                n_other_tokens += 1
                n_lost_spans += sum(doc.char_span(own.start, own.end) is None for own in spans)
        yield record
    if n_other_tokens:
        message = Warnings.W037.format(
            path=name,
            n_texts=n_other_tokens,
            n_all=n_texts,
            n_spans=n_lost_spans,
            n_all_spans=n_spans,
        )
        logger.warning(message)


def has_same_tokens(doc: Doc, other: Doc) -> bool:
    """Whether two docs with one vocabulary have the same tokens."""
    return bool(np.array_equal(doc.to_array(ORTH), other.to_array(ORTH)))
