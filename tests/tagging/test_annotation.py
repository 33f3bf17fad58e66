"""Tags from the annotation of a reference, with the same tokens or others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc, Span
from spacy.training import Example
from strategies import (
    COMPONENT_LABELS,
    DocPlan,
    TwoTokenizations,
    doc_plans,
    span_bounds,
    two_tokenizations,
)

from spacy_halfree.tagging.attributes import same_tokens
from spacy_halfree.tagging.label_tags import LabelTags
from spacy_halfree.tagging.layers import make_layer
from spacy_halfree.tagging.scheme import INSIDE, OUTSIDE, UNKNOWN
from spacy_halfree.tagging.soft_labels import scheme_of

VOCAB = spacy.blank("xx").vocab
LABELS = COMPONENT_LABELS


def read(example: Example, target: Any, labels: tuple[str, ...] = LABELS) -> list[int]:
    label_tags = LabelTags(VOCAB.strings, scheme_of(labels, target))
    return make_layer(target, "sc").gold_tags(example, label_tags, "tagger").tolist()


def overlaps(first: tuple[int, int], second: tuple[int, int]) -> bool:
    return first[0] < second[1] and second[0] < first[1]


def character_bounds(token: Any) -> tuple[int, int]:
    return token.idx, token.idx + len(token)


def expected_tags(predicted: Doc, spans: list[Span]) -> list[int]:
    """By characters: exact spans give tags, tokens that others touch are unknown."""
    tags = [OUTSIDE] * len(predicted)
    starts = {token.idx for token in predicted}
    ends = {token.idx + len(token) for token in predicted}
    for span in spans:
        bounds = (span.start_char, span.end_char)
        exact = bounds[0] in starts and bounds[1] in ends
        for token in predicted:
            if not overlaps(character_bounds(token), bounds):
                continue
            if not exact:
                tags[token.i] = UNKNOWN
            elif token.idx == bounds[0]:
                tags[token.i] = LABELS.index(span.label_) + 2
            else:
                tags[token.i] = INSIDE
    return tags


def draw_spans(data: st.DataObject, doc: Doc) -> list[Span]:
    return [
        Span(doc, start, end, label=data.draw(st.sampled_from(LABELS)))
        for start, end in data.draw(span_bounds(len(doc)))
    ]


@given(st.data(), two_tokenizations())
def test_span_groups_in_other_tokens(data: st.DataObject, texts: TwoTokenizations) -> None:
    predicted, reference = texts.build(VOCAB)
    spans = draw_spans(data, reference)
    reference.spans["sc"] = spans
    assert read(Example(predicted, reference), "spans") == expected_tags(predicted, spans)


@given(st.data(), two_tokenizations())
def test_entities_in_other_tokens(data: st.DataObject, texts: TwoTokenizations) -> None:
    predicted, reference = texts.build(VOCAB)
    spans = draw_spans(data, reference)
    reference.set_ents(spans)
    example = Example(predicted, reference)
    found = read(example, "ents")
    own_bounds = {character_bounds(token) for token in reference}
    for token, tag, expected in zip(predicted, found, expected_tags(predicted, spans), strict=True):
        if expected == OUTSIDE and character_bounds(token) not in own_bounds:
            # what spaCy aligns to several tokens outside it may leave open
            assert tag in (OUTSIDE, UNKNOWN)
        else:
            assert tag == expected


@given(st.data(), two_tokenizations())
def test_token_tags_in_other_tokens(data: st.DataObject, texts: TwoTokenizations) -> None:
    predicted, reference = texts.build(VOCAB)
    tags = [data.draw(st.sampled_from([*LABELS, ""])) for _ in reference]
    for token, tag in zip(reference, tags, strict=True):
        token.tag_ = tag
    found = read(Example(predicted, reference), "tags")
    by_bounds = {character_bounds(token): token.tag_ for token in reference}
    for token, tag in zip(predicted, found, strict=True):
        own = by_bounds.get(character_bounds(token))
        if own is not None:
            assert tag == (LABELS.index(own) if own else UNKNOWN)
        else:
            touching = {
                other.tag_
                for other in reference
                if overlaps(character_bounds(token), character_bounds(other))
            }
            assert tag == UNKNOWN or touching == {LABELS[tag]}


@given(doc_plans(LABELS))
def test_entities_in_the_same_tokens(plan: DocPlan) -> None:
    reference = plan.build(VOCAB)
    example = Example(Doc(VOCAB, words=plan.words, spaces=plan.spaces), reference)
    assert same_tokens(example)
    expected = [OUTSIDE] * len(reference)
    for kind, start, end, label in plan.segments:
        if kind == "missing":
            expected[start:end] = [UNKNOWN] * (end - start)
        elif kind == "entity":
            tag = LABELS.index(label) + 2 if label in LABELS else UNKNOWN
            # what begins on white space is learned as beginning at its first word
            first = next((i for i in range(start, end) if not reference[i].is_space), end)
            expected[start:end] = [INSIDE] * (end - start)
            expected[first : first + (first < end)] = [tag] * (first < end)
    labels = {label for kind, _, _, label in plan.segments if kind == "entity"}
    if not labels <= set(LABELS):
        with pytest.raises(ValueError, match="H003"):
            read(example, "ents")
    else:
        found = read(example, "ents")
        for token, tag, right in zip(reference, found, expected, strict=True):
            assert token.is_space or tag == right


def test_missing_annotation_in_other_tokens() -> None:
    reference = Doc(VOCAB, words=["ab", "c", "d", "e"], spaces=[True] * 4)
    reference.set_ents([Span(reference, 2, 3, label="LOC")], missing=[reference[0:2]])
    predicted = Doc(VOCAB, words=["a", "b", "c", "d", "e"], spaces=[False, *[True] * 4])
    example = Example(predicted, reference)
    assert not same_tokens(example)
    assert read(example, "ents") == [UNKNOWN, UNKNOWN, UNKNOWN, 2, OUTSIDE]


def test_no_annotation_at_all() -> None:
    example = Example(Doc(VOCAB, words=["a", "b"]), Doc(VOCAB, words=["a", "b"]))
    for target in ("ents", "tags", "spans"):
        assert read(example, target) == [UNKNOWN, UNKNOWN]
    example.reference.spans["sc"] = []
    assert read(example, "spans") == [OUTSIDE, OUTSIDE]


@pytest.mark.parametrize("tag", ["-", ""])
def test_a_dash_is_missing_annotation(tag: str) -> None:
    predicted = Doc(VOCAB, words=["a", "b", "c"])
    example = Example.from_dict(predicted, {"entities": ["B-LOC", "L-LOC", tag or "-"]})
    assert read(example, "ents") == [2, INSIDE, UNKNOWN]


def test_empty_docs() -> None:
    example = Example(Doc(VOCAB), Doc(VOCAB))
    for target in ("ents", "tags", "spans"):
        assert read(example, target) == []


@pytest.mark.parametrize("words", [["a", "b"], ["ab"]])
@pytest.mark.parametrize("target", ["ents", "tags", "spans"])
def test_unknown_labels(target: str, words: list[str]) -> None:
    reference = Doc(VOCAB, words=["a", "b"], spaces=[False, False], tags=["NEW", "NEW"])
    span = Span(reference, 0, 2, label="NEW")
    reference.set_ents([span])
    reference.spans["sc"] = [span]
    example = Example(Doc(VOCAB, words=words, spaces=[False] * len(words)), reference)
    with pytest.raises(ValueError, match="H003") as error:
        read(example, target)
    assert "'NEW'" in str(error.value)
    assert str(list(LABELS)) in str(error.value)


@pytest.mark.parametrize("second", [(1, 3), (0, 2), (0, 1), (1, 2), (0, 3)])
def test_overlapping_spans(second: tuple[int, int]) -> None:
    reference = Doc(VOCAB, words=["a", "b", "c"])
    reference.spans["sc"] = [Span(reference, *ends, label="LOC") for ends in (second, (0, 2))]
    with pytest.raises(ValueError, match="H004"):
        read(Example(Doc(VOCAB, words=["a", "b", "c"]), reference), "spans")


def test_labels_of_other_vocabularies() -> None:
    """Training files are read with the pipeline's vocabulary, but docs made by hand need not be."""
    other = spacy.blank("xx").vocab
    reference = Doc(other, words=["a", "b"], spaces=[False, False])
    reference.set_ents([Span(reference, 0, 2, label="Straße")])
    for words in (["a", "b"], ["ab"]):
        example = Example(Doc(VOCAB, words=words, spaces=[False] * len(words)), reference)
        tags = read(example, "ents", ("Straße",))
        assert tags == [2, INSIDE][: len(words)]


def test_arrays_are_integers() -> None:
    label_tags = LabelTags(VOCAB.strings, scheme_of(LABELS, "ents"))
    example = Example(Doc(VOCAB, words=["a"]), Doc(VOCAB, words=["a"]))
    tags = make_layer("ents", "sc").gold_tags(example, label_tags, "tagger")
    assert tags.dtype == np.int64
