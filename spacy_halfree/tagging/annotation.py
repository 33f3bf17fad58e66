"""From an `Example` to the tags of its predicted doc's words, `UNKNOWN` where nothing is known."""

from itertools import pairwise

import numpy as np
from spacy.attrs import ENT_IOB, ENT_TYPE, IS_SPACE, ORTH, TAG
from spacy.tokens import Doc, Span
from spacy.training import Example

from ..errors import Errors
from ..types import Bools, Hashes, Ints, Target
from .attributes import token_attributes
from .batch import LabelTags
from .scheme import UNKNOWN, tags_from_iob

IOB_CODES = {"I": 1, "L": 1, "O": 2, "B": 3, "U": 3}
_INSIDE, _OUTSIDE, _BEGINNING = 1, 2, 3


def same_tokens(example: Example) -> bool:
    """Whether the predicted and the reference doc are tokenized alike."""
    predicted, reference = example.predicted, example.reference
    return len(predicted) == len(reference) and bool(
        np.array_equal(token_attributes(predicted, [ORTH]), token_attributes(reference, [ORTH]))
    )


def annotated_tags(
    example: Example, label_tags: LabelTags, target: Target, spans_key: str, name: str
) -> Ints:
    """The tags that the reference's annotation gives to the tokens of the predicted doc.

    Annotation that is missing, or does not align with the predicted tokens, gives `UNKNOWN`.

    example: The example.
    label_tags: Looks up the tags of labels.
    target: Where the annotation stands.
    spans_key: The span group to read, if the target is "spans".
    name: The component's name, for messages.
    RETURNS (n_tokens): The tags.
    RAISES: ValueError (H003, H004) for an unknown label or for overlapping spans.
    """
    if target == "tags":
        return _token_tags(example, label_tags, name)
    if target == "spans":
        iob, types = _group_iob(example, spans_key, name)
    else:
        iob, types = _entity_iob(example)
    _check_labels(example, types[iob == _BEGINNING], label_tags, name)
    is_space = token_attributes(example.predicted, [IS_SPACE])[:, 0] != 0
    return tags_from_iob(_begin_at_words(iob, is_space), label_tags(types))


def _begin_at_words(iob: Ints, is_space: Bools) -> Ints:
    """Let every span that begins on white space begin at its first word instead.

    iob (n_tokens): spaCy's codes.
    is_space (n_tokens): Whether a token is white space.
    RETURNS (n_tokens): spaCy's codes.
    """
    if not is_space[iob == _BEGINNING].any():
        return iob
    annotated = (iob == _INSIDE) | (iob == _BEGINNING)
    words = np.flatnonzero(annotated & ~is_space)
    _, first = np.unique(np.cumsum(iob == _BEGINNING)[words], return_index=True)
    moved = np.where(annotated, _INSIDE, iob)
    moved[words[first]] = _BEGINNING
    return moved


def _check_labels(example: Example, hashes: Hashes, label_tags: LabelTags, name: str) -> None:
    unknown = hashes[label_tags(hashes) == UNKNOWN]
    if len(unknown):
        raise ValueError(
            Errors.H003.format(
                name=name,
                text=example.reference.text[:80],
                label=example.reference.vocab.strings[int(unknown[0])],
                labels=list(label_tags.scheme.labels),
            )
        )


def _token_tags(example: Example, label_tags: LabelTags, name: str) -> Ints:
    if same_tokens(example):
        hashes = token_attributes(example.reference, [TAG])[:, 0]
    else:
        aligned = example.get_aligned("TAG")
        hashes = np.array([tag or 0 for tag in aligned], dtype=np.uint64)
    _check_labels(example, hashes[hashes != 0], label_tags, name)
    return label_tags(hashes)


def _entity_iob(example: Example) -> tuple[Ints, Hashes]:
    if same_tokens(example):
        array = token_attributes(example.reference, [ENT_IOB, ENT_TYPE])
        iob, types = array[:, 0].astype(np.int64), array[:, 1]
        # a beginning without a label is a token that spaCy was told to leave outside
        return np.where((iob == _BEGINNING) & (types == 0), _OUTSIDE, iob), types
    strings = example.predicted.vocab.strings
    biluo = [tag if tag and tag != "-" else "" for tag in example.get_aligned_ner()]
    iob = np.array([IOB_CODES.get(tag[:1], 0) for tag in biluo], dtype=np.int64)
    types = np.array([strings.add(tag[2:]) if tag[2:] else 0 for tag in biluo], dtype=np.uint64)
    return iob, types


def _group_iob(example: Example, spans_key: str, name: str) -> tuple[Ints, Hashes]:
    predicted, reference = example.predicted, example.reference
    iob = np.zeros(len(predicted), dtype=np.int64)
    types = np.zeros(len(predicted), dtype=np.uint64)
    if spans_key not in reference.spans:
        return iob, types
    iob[:] = _OUTSIDE
    spans = sorted(reference.spans[spans_key], key=lambda span: (span.start, span.end))
    for first, second in pairwise(spans):
        if second.start < first.end:
            raise ValueError(
                Errors.H004.format(
                    name=name, first=first, second=second, text=reference.text[:80], key=spans_key
                )
            )
    for span in spans:
        start, end, aligned = _predicted_tokens(span, predicted)
        iob[start:end] = _INSIDE if aligned else 0
        if aligned:
            iob[start] = _BEGINNING
            types[start:end] = span.label
    return iob, types


def _predicted_tokens(span: Span, predicted: Doc) -> tuple[int, int, bool]:
    """The tokens of the predicted doc that a span covers, and whether it covers them exactly."""
    exact = predicted.char_span(span.start_char, span.end_char)
    if exact is not None:
        return exact.start, exact.end, True
    touched = predicted.char_span(span.start_char, span.end_char, alignment_mode="expand")
    return (touched.start, touched.end, False) if touched is not None else (0, 0, False)
