"""Token attributes of docs as arrays."""

from collections.abc import Sequence

import numpy as np
from spacy.attrs import IS_SPACE, ORTH
from spacy.tokens import Doc
from spacy.training import Example

from ..types import Hashes, Ints


def token_attributes(doc: Doc, attributes: Sequence[int]) -> Hashes:
    """Attributes of a doc's tokens.

    doc: The doc.
    attributes: Ids from `spacy.attrs`.
    RETURNS (n_tokens x n_attributes, uint64): Their values.
    """
    values = doc.to_array(list(attributes))
    return np.asarray(values, dtype=np.uint64).reshape(len(doc), len(attributes))


def tagged_tokens(doc: Doc, *, spans: bool) -> Ints:
    """The tokens of a doc that count as words.

    doc: The doc.
    spans: Whether spans are tagged, which leaves out white space.
    RETURNS (n_words, int64): Their indices.
    """
    if not spans:
        return np.arange(len(doc))
    return np.flatnonzero(token_attributes(doc, [IS_SPACE])[:, 0] == 0)


def same_tokens(example: Example) -> bool:
    """Whether the predicted and the reference doc are tokenized alike."""
    predicted, reference = example.predicted, example.reference
    return len(predicted) == len(reference) and bool(
        np.array_equal(token_attributes(predicted, [ORTH]), token_attributes(reference, [ORTH]))
    )
