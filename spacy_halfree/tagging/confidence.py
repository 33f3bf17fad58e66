"""How sure a tagger is of what it writes: probabilities under its own chain."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from spacy.strings import StringStore
from spacy.tokens import Doc, Span, Token

from ..types import Bools, Doubles, Floats, Ints, TaggingBatch
from .scheme import INSIDE, TagScheme, first_words

CONFIDENCE = "confidence"
TAG_PROBS = "tag_probs"
CONFIDENCE_KEY = "halfree_confidence"
TAG_PROBS_KEY = "halfree_tag_probs"
ENTITIES = "ents"
"""The place of entities, see `Layer.place`."""
GROUPS = "spans/"
"""What the places of span groups begin with; their keys follow."""
N_BINS = 10
"""Of the calibration error."""


def apply_temperature(probabilities: Floats, temperature: float) -> Floats:
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
    chosen = probabilities[np.arange(len(tags)), tags].astype(np.float64)
    goes_on = probabilities[:, INSIDE].astype(np.float64)
    goes_on[first_words(lengths)] = 0.0
    # one word more, for spans at the very end
    chosen, goes_on = np.append(chosen, 1.0), np.append(goes_on, 0.0)
    bounds = np.stack([first, last + 1], axis=1).reshape(-1)
    return np.multiply.reduceat(chosen, bounds)[::2] * (1 - goes_on[last + 1])


def store_confidences(
    doc: Doc, spans: Sequence[Span], confidences: Sequence[float], place: str
) -> None:
    """Keep how probable a doc's spans are, for `span._.confidence`.

    Under keys like those of spaCy's own extension attributes, which it moves along when docs are
    sliced or joined; with the label, because another span may come to stand at the same place.

    doc: The doc.
    spans: What was written to it.
    confidences: Their probabilities.
    place: Where they were written, see `Layer.place`.
    """
    user_data: dict[Any, Any] = doc.user_data
    for span, confidence in zip(spans, confidences, strict=True):
        key = ("._.", CONFIDENCE_KEY, span.start_char, span.end_char)
        user_data[key] = {**user_data.get(key, {}), place: [span.label_, confidence]}


def forget_confidences(doc: Doc, place: str) -> None:
    """Drop what is kept of spans that are about to be replaced.

    doc: The doc.
    place: Where they were written, see `Layer.place`.
    """
    user_data: dict[Any, Any] = doc.user_data
    for key in [key for key in user_data if is_confidence(key)]:
        others = {other: value for other, value in user_data[key].items() if other != place}
        if others:
            user_data[key] = others
        else:
            del user_data[key]


def mark_spans(doc: Doc, spans: Sequence[Span], place: str) -> None:
    """Let spans tell by their id where they are written, from which they do not know themselves.

    A span keeps its id in a span group, also in docs that are copied, joined or saved.

    doc: The doc.
    spans: Its spans.
    place: Where they are written, see `Layer.place`.
    """
    mark = doc.vocab.strings.add(place)
    for span in spans:
        span.id = mark


def is_confidence(key: Any) -> bool:
    """Whether `store_confidences` put something under this key of a doc's user data."""
    return isinstance(key, tuple) and key[:2] == ("._.", CONFIDENCE_KEY)


def is_tag_probabilities(key: Any) -> bool:
    """Whether `store_tag_probabilities` put something under this key of a doc's user data."""
    return isinstance(key, tuple) and key[:2] == ("._.", TAG_PROBS_KEY)


def register_labels(strings: StringStore, place: str, labels: Iterable[str]) -> None:
    """Let every process that has these strings know the labels that a tagger itself writes.

    A span that is found with another one of them has not been renamed: another component has
    decided against the tagger.

    strings: The string store of the tagger's vocabulary.
    place: Where it writes, see `Layer.place`.
    labels: Its labels.
    """
    for label in labels:
        strings.add(label_mark(place, label))


def label_mark(place: str, label: str) -> str:
    return f"halfree/{place}/{label}"


def known_confidences(span: Span) -> dict[str, tuple[str, float]]:
    """What is known of a span's place in the text: labels and confidences, by where taggers have
    written them."""
    key = ("._.", CONFIDENCE_KEY, span.start_char, span.end_char)
    user_data: dict[Any, Any] = span.doc.user_data
    return {place: (label, value) for place, (label, value) in user_data.get(key, {}).items()}


def confidence_in(span: Span, place: str) -> float | None:
    """How probable a span is; None if no tagger has written it in this place with this label.

    span: The span.
    place: Where it was written, see `Layer.place`.
    """
    label, confidence = known_confidences(span).get(place, (None, None))
    return confidence if label == span.label_ else None


def confidence_of_renamed(span: Span, place: str) -> float | None:
    """How probable a span is that may have another label now; None if no tagger has written it.

    None, too, if the label is another one that the tagger itself has: then the tagger has written
    something else in this place.

    span: The span, which is among those of the place.
    place: Where it was written, see `Layer.place`.
    """
    label, confidence = known_confidences(span).get(place, (None, None))
    is_kept = label == span.label_ or label_mark(place, span.label_) not in span.doc.vocab.strings
    return confidence if is_kept else None


def span_confidence(span: Span) -> float | None:
    """What `span._.confidence` is: how probable a span is; None if no tagger has said so.

    A span of a group has an id that names the group. One without such an id that stands among the
    doc's entities is taken for that entity; of any other, what all taggers that have written it
    agree on. A span that has been given a new label keeps its confidence, unless the tagger has
    that label itself.
    """
    known = known_confidences(span)
    if not known or not span.label:
        return None
    strings = span.doc.vocab.strings
    for place in known:
        if strings[place] == span.id:
            return confidence_of_renamed(span, place)
    if is_entity(span):
        return confidence_of_renamed(span, ENTITIES)
    confidences = {confidence for label, confidence in known.values() if label == span.label_}
    if not confidences:
        found = (confidence_of_renamed(span, place) for place in known if is_in_group(span, place))
        confidences = {confidence for confidence in found if confidence is not None}
    return confidences.pop() if len(confidences) == 1 else None


def is_in_group(span: Span, place: str) -> bool:
    """Whether a span is one of the span group of a place, under the label that it has now."""
    key = place.removeprefix(GROUPS)
    return place != key and any(
        (own.start, own.end, own.label) == (span.start, span.end, span.label)
        for own in span.doc.spans.get(key, ())
    )


def is_entity(span: Span) -> bool:
    """Whether one of the doc's entities has a span's place and label."""
    doc = span.doc
    if span.end > span.start and doc[span.start].ent_type != span.label:
        return False
    inside = [doc[i].ent_iob_ for i in range(span.start, min(span.end + 1, len(doc)))]
    ends = span.end == len(doc) or inside.pop() != "I"
    return ends and inside[:1] == ["B"] and set(inside[1:]) <= {"I"}


def store_tag_probabilities(batch: TaggingBatch, scheme: TagScheme, probabilities: Floats) -> None:
    """Keep the distributions of all docs for `token._.tag_probs`.

    batch: The docs and their words.
    scheme: Whose tags the columns are.
    probabilities (n_words x n_tags): The distributions.
    """
    names = scheme.tag_names
    rows = iter(zip(batch.words.tolist(), probabilities.tolist(), strict=True))
    word, row = next(rows, (-1, []))
    for number, token in enumerate(token for doc in batch.docs for token in doc):
        if number == word:
            key = ("._.", TAG_PROBS_KEY, token.idx, None)
            user_data: dict[Any, Any] = token.doc.user_data
            user_data[key] = [token.text, dict(zip(names, row, strict=True))]
            word, row = next(rows, (-1, []))


def tag_probabilities(token: Token) -> dict[str, float] | None:
    """What `token._.tag_probs` is: the probability of each tag at a word.

    RETURNS: Tags and their probabilities, given the tags decoded before; None if none are stored,
        or if the token is white space, which gets no tag of its own, or has been merged or split.
    """
    key = ("._.", TAG_PROBS_KEY, token.idx, None)
    user_data: dict[Any, Any] = token.doc.user_data
    text, probabilities = user_data.get(key, (None, None))
    return probabilities if text == token.text else None


def register_extensions() -> None:
    """Add `span._.confidence` and `token._.tag_probs`, unless there are attributes of that name."""
    if not Span.has_extension(CONFIDENCE):
        Span.set_extension(CONFIDENCE, getter=span_confidence)
    if not Token.has_extension(TAG_PROBS):
        Token.set_extension(TAG_PROBS, getter=tag_probabilities)


def confidence_bins(confidences: Doubles, is_right: Bools) -> list[tuple[int, float, float]]:
    """Sort what was found into bins of equal width by its confidence.

    confidences (n, float64): From 0 to 1.
    is_right (n, bool): Whether the annotation has the same.
    RETURNS: For each bin with any members how many, their mean confidence, and the share of them
        that is right.
    """
    number = np.minimum((confidences * N_BINS).astype(int), N_BINS - 1)
    return [
        (int(own.sum()), float(confidences[own].mean()), float(is_right[own].mean()))
        for own in (number == i for i in range(N_BINS))
        if own.any()
    ]


def expected_calibration_error(confidences: Doubles, is_right: Bools) -> float:
    """The mean distance of confidence from the share that is right, bins weighted by their
    members (Guo et al. 2017, arXiv 1706.04599).

    confidences (n, float64): From 0 to 1.
    is_right (n, bool): Whether the annotation has the same.
    """
    bins = confidence_bins(confidences, is_right)
    return sum(size / len(confidences) * abs(mean - right) for size, mean, right in bins)
