"""Docs as files for `spacy train`."""

from collections.abc import Iterable
from pathlib import Path

from spacy.tokens import Doc, DocBin

from ..errors import Errors
from ..files import write_at_once
from ..tagging.soft_labels import KEY


def make_bin(docs: Iterable[Doc]) -> DocBin:
    """Docs with their soft labels, and nothing else of their user data, ready to be written."""
    doc_bin = DocBin(store_user_data=True)
    for doc in docs:
        user_data = doc.user_data
        doc.user_data = {KEY: user_data[KEY]} if KEY in user_data else user_data
        doc_bin.add(doc)
        # the docs are the caller's
        doc.user_data = user_data
    return doc_bin


def write_docs(docs: Iterable[Doc], output: Path) -> int:
    """Write docs with their soft labels to a `.spacy` file, which appears only once it is complete.

    docs: The docs.
    output: The file.
    RETURNS: How many docs were written.
    RAISES: ValueError (H020) if there are none; then no file is written.
    """
    doc_bin = make_bin(docs)
    if not len(doc_bin):
        raise ValueError(Errors.H020)
    output.parent.mkdir(parents=True, exist_ok=True)
    write_at_once(output, doc_bin.to_bytes())
    return len(doc_bin)
