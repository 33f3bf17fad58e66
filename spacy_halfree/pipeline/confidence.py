"""How sure a tagger is of what it writes: probabilities under its own chain."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from spacy.tokens import Doc, Span, Token

from ..tagging.scheme import INSIDE, TagScheme, first_words
from ..types import Doubles, Floats, Ints, TaggingBatch

CONFIDENCE = "confidence"
TAG_PROBS = "tag_probs"
PROBABILITIES_KEY = "halfree_tag_probs"


def calibrate(probabilities: Floats, temperature: float) -> Floats:
    """Flatten distributions (temperature above 1) or sharpen them (below 1).

    probabilities (n_words x n_tags, float32): Rows that sum to 1.
    temperature: What the scores behind them are divided by.
    RETURNS (n_words x n_tags, float32): softmax(scores / temperature), for which probabilities
        suffice; the same array if the temperature is 1.
    """
    if temperature == 1.0 or not len(probabilities):
        return probabilities
    # the largest is 1, so that no row vanishes
    relative = probabilities / probabilities.max(axis=1, keepdims=True)
    powers = relative ** np.float32(1 / temperature)
    calibrated: Floats = powers / powers.sum(axis=1, keepdims=True)
    return calibrated


def span_confidences(
    tags: Ints, probabilities: Floats, lengths: Ints, first: Ints, last: Ints
) -> Doubles:
    """The probability of each span: of its words' tags, and of its ending where it does.

    Each factor is conditioned on the tags decoded before it, so that the product is the exact
    probability of these words having these tags and no further one, given what stands before.

    tags (n_words): The decoded tags of all texts, end to end.
    probabilities (n_words x n_tags): The distribution each was taken from.
    lengths (n_texts): The number of words of each text.
    first, last (n_spans): The spans' first and last words.
    RETURNS (n_spans, float64): The probabilities.
    """
    if not len(first):
        return np.zeros(0)
    chosen = np.take_along_axis(probabilities, tags[:, None], axis=1)[:, 0].astype(np.float64)
    goes_on = probabilities[:, INSIDE].astype(np.float64)
    goes_on[first_words(lengths)] = 0.0
    # one word more, for spans at the very end
    chosen, goes_on = np.append(chosen, 1.0), np.append(goes_on, 0.0)
    bounds = np.stack([first, last + 1], axis=1).reshape(-1)
    return np.multiply.reduceat(chosen, bounds)[::2] * (1 - goes_on[last + 1])


def store_confidences(doc: Doc, spans: Sequence[Span], confidences: Sequence[float]) -> None:
    """Set `span._.confidence` of a doc's spans, faster than by assigning to each."""
    user_data: dict[Any, Any] = doc.user_data
    for span, confidence in zip(spans, confidences, strict=True):
        user_data["._.", CONFIDENCE, span.start_char, span.end_char] = confidence


def store_tag_probabilities(batch: TaggingBatch, scheme: TagScheme, probabilities: Floats) -> None:
    """Keep the distributions of all docs for `token._.tag_probs`.

    batch: The docs and their words.
    scheme: Whose tags the columns are.
    probabilities (n_words x n_tags): The distributions.
    """
    bounds = np.cumsum(batch.lengths)[:-1]
    offset = 0
    words, rows = np.split(batch.words, bounds), np.split(probabilities, bounds)
    for doc, own_words, own_rows in zip(batch.docs, words, rows, strict=True):
        doc.user_data[PROBABILITIES_KEY] = {
            "tags": list(scheme.tag_names),
            "tokens": own_words - offset,
            # a copy, so that a doc does not keep its whole batch in memory
            "probabilities": own_rows.copy(),
        }
        offset += len(doc)


def tag_probabilities(token: Token) -> dict[str, float] | None:
    """What `token._.tag_probs` is: the probability of each tag at a word.

    RETURNS: Tags and their probabilities, given the tags decoded before; None if none are stored,
        or if the token is white space, which gets no tag of its own.
    """
    stored: dict[str, Any] | None = token.doc.user_data.get(PROBABILITIES_KEY)
    if stored is None:
        return None
    row = int(np.searchsorted(stored["tokens"], token.i))
    if row == len(stored["tokens"]) or stored["tokens"][row] != token.i:
        return None
    return dict(zip(stored["tags"], stored["probabilities"][row].tolist(), strict=True))


def register_extensions() -> None:
    """Add `span._.confidence` and `token._.tag_probs`, unless there are attributes of that name."""
    if not Span.has_extension(CONFIDENCE):
        Span.set_extension(CONFIDENCE, default=None)
    if not Token.has_extension(TAG_PROBS):
        Token.set_extension(TAG_PROBS, getter=tag_probabilities)
