"""What a batch should learn: histories, distributions and weights."""

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
    normal,
    seeds,
    two_tokenizations,
)
from thinc.api import NumpyOps

from spacy_halfree.losses import cross_entropy
from spacy_halfree.models.constrained import constrained_softmax
from spacy_halfree.tagging.batch import make_batch
from spacy_halfree.tagging.label_tags import LabelTags
from spacy_halfree.tagging.layers import make_layer
from spacy_halfree.tagging.scheme import INSIDE, OUTSIDE, UNKNOWN
from spacy_halfree.tagging.soft_labels import KEY, SoftLabels, scheme_of, store_soft_labels
from spacy_halfree.tagging.targets import TargetReader
from spacy_halfree.types import TaggingBatch, Targets

VOCAB = spacy.blank("xx").vocab
LABELS = COMPONENT_LABELS
LOC = 2
known_label_plans = doc_plans(LABELS).map(
    lambda plan: DocPlan(
        plan.words,
        plan.spaces,
        [(k, a, b, label if label in LABELS else "LOC") for k, a, b, label in plan.segments],
    )
)


def read(
    examples: list[Example],
    target: Any = "ents",
    labels: tuple[str, ...] = LABELS,
    use_soft_labels: bool = True,
    gold_weight: float = 1.0,
) -> tuple[TaggingBatch, Targets]:
    label_tags = LabelTags(VOCAB.strings, scheme_of(labels, target))
    layer = make_layer(target, "sc")
    reader = TargetReader(label_tags, layer, "tagger", use_soft_labels, gold_weight)
    batch = make_batch([example.predicted for example in examples], label_tags, layer)
    return batch, reader(examples, batch)


def check_targets(batch: TaggingBatch, targets: Targets) -> None:
    """What no example may break."""
    n_words = batch.n_words
    assert (
        targets.previous_tags.shape == targets.weights.shape == targets.is_soft.shape == (n_words,)
    )
    assert targets.distributions.shape == (n_words, batch.n_tags)
    assert targets.distributions.dtype == targets.weights.dtype == np.float32
    legal = batch.transitions[targets.previous_tags]
    if batch.allowed is not None:
        legal = legal & batch.allowed
    assert legal.any(axis=1).all()
    assert (targets.distributions[~legal] == 0).all()
    known = targets.weights > 0
    assert np.allclose(targets.distributions[known].sum(axis=1), 1, atol=1e-5)
    assert (targets.previous_tags >= 0).all()
    assert (targets.previous_tags <= batch.start).all()


def gradient(batch: TaggingBatch, targets: Targets, seed: int = 0) -> Any:
    ops = NumpyOps()
    logits = normal(seed, batch.n_words, batch.n_tags)
    probabilities = constrained_softmax(ops, logits, targets.previous_tags, batch)
    return cross_entropy(ops, probabilities, targets, 2.0)[1]


# -- gold


@given(st.lists(known_label_plans, max_size=4), seeds)
def test_gold_entities(plans: list[DocPlan], seed: int) -> None:
    examples = [
        Example(Doc(VOCAB, words=plan.words, spaces=plan.spaces), plan.build(VOCAB))
        for plan in plans
    ]
    batch, targets = read(examples, gold_weight=0.5)
    check_targets(batch, targets)
    assert not targets.is_soft.any()
    label_tags = LabelTags(VOCAB.strings, scheme_of(LABELS, "ents"))
    row = 0
    for example in examples:
        tags = make_layer("ents", "sc").gold_tags(example, label_tags, "tagger").tolist()
        before = batch.start
        for token, tag in zip(example.predicted, tags, strict=True):
            if token.is_space:
                continue
            assert targets.previous_tags[row] == before
            if tag == UNKNOWN:
                assert targets.weights[row] == 0
            else:
                assert targets.weights[row] == 0.5
                assert targets.distributions[row].argmax() == tag
                assert targets.distributions[row].max() == 1
            before = batch.start if tag == UNKNOWN else tag
            row += 1
    assert row == batch.n_words
    assert (gradient(batch, targets, seed)[targets.weights == 0] == 0).all()


def test_missing_annotation_teaches_nothing() -> None:
    reference = Doc(VOCAB, words=["a", "b", "c", "d"])
    reference.set_ents([Span(reference, 0, 1, label="LOC")], missing=[reference[1:3]])
    batch, targets = read([Example(Doc(VOCAB, words=["a", "b", "c", "d"]), reference)])
    assert targets.weights.tolist() == [1, 0, 0, 1]
    assert targets.previous_tags.tolist() == [batch.start, LOC, batch.start, batch.start]
    found = gradient(batch, targets)
    assert (found[1:3] == 0).all()
    assert (np.abs(found[[0, 3]]).max(axis=1) > 0).all()


@given(two_tokenizations(), st.booleans())
def test_gold_in_other_tokens(texts: TwoTokenizations, with_span: bool) -> None:
    predicted, reference = texts.build(VOCAB)
    reference.spans["sc"] = [Span(reference, 0, 1, label="LOC")] if with_span else []
    batch, targets = read([Example(predicted, reference)], "spans")
    check_targets(batch, targets)
    bounds = predicted.char_span(0, len(reference[0]))
    exact = 0 if bounds is None else len(bounds)
    if not with_span:
        assert targets.distributions.argmax(axis=1).tolist() == [OUTSIDE] * len(predicted)
    elif exact:
        first = [LOC] + [INSIDE] * (exact - 1)
        expected = first + [OUTSIDE] * (len(predicted) - exact)
        assert targets.distributions.argmax(axis=1).tolist() == expected
        assert (targets.weights == 1).all()
    else:
        assert targets.weights[0] == 0


def test_pinned_words_are_history_but_no_target() -> None:
    predicted = Doc(VOCAB, words=["a", "b", "c", "d"])
    predicted.set_ents([Span(predicted, 0, 2, label="LOC")])
    reference = Doc(VOCAB, words=["a", "b", "c", "d"])
    reference.set_ents([Span(reference, 2, 4, label="LOC")])
    batch, targets = read([Example(predicted, reference)])
    check_targets(batch, targets)
    assert targets.previous_tags.tolist() == [batch.start, LOC, INSIDE, LOC]
    assert targets.weights.tolist() == [0, 0, 1, 1]
    assert targets.distributions[2:].argmax(axis=1).tolist() == [LOC, INSIDE]


@given(st.lists(st.tuples(known_label_plans, st.booleans()), max_size=3), st.data())
def test_any_pins_with_any_gold(plans: list[tuple[DocPlan, bool]], data: st.DataObject) -> None:
    examples = []
    for plan, annotated in plans:
        reference = plan.build(VOCAB) if annotated else Doc(VOCAB, plan.words, plan.spaces)
        other = data.draw(known_label_plans)
        cut = [(k, a, b, n) for k, a, b, n in other.segments if b <= len(plan.words)]
        examples.append(Example(DocPlan(plan.words, plan.spaces, cut).build(VOCAB), reference))
    batch, targets = read(examples)
    check_targets(batch, targets)
    if batch.allowed is not None:
        assert (targets.weights[batch.allowed.sum(axis=1) == 1] == 0).all()


def test_no_examples() -> None:
    batch, targets = read([])
    check_targets(batch, targets)


# -- a teacher's distributions


def random_soft(doc: Doc, target: Any, labels: tuple[str, ...], seed: int) -> SoftLabels:
    """As a teacher decodes: legal tags, and nothing on what may not follow."""
    scheme = scheme_of(labels, target)
    n_words = sum(not (scheme.spans and token.is_space) for token in doc)
    logits = normal(seed, n_words, scheme.n_tags, scale=2)
    tags, rows = [], []
    before = scheme.start
    for i in range(n_words):
        exponentials = np.where(scheme.transitions[before], np.exp(logits[i]), 0)
        rows.append(exponentials / exponentials.sum())
        before = int(rows[-1].argmax())
        tags.append(before)
    probabilities = np.array(rows, dtype=np.float32).reshape(n_words, scheme.n_tags)
    return SoftLabels(labels, target, np.array(tags, dtype=np.int64), probabilities)


def soft_example(
    words: list[str], seed: int = 0, target: Any = "ents", labels: tuple[str, ...] = LABELS
) -> tuple[Example, SoftLabels]:
    reference = Doc(VOCAB, words=words)
    soft = random_soft(reference, target, labels, seed)
    store_soft_labels(reference, soft)
    return Example(Doc(VOCAB, words=words), reference), soft


@given(st.lists(known_label_plans, max_size=3), st.permutations(LABELS), seeds)
def test_soft_labels_of_the_same_tokens(plans: list[DocPlan], labels: list[str], seed: int) -> None:
    drawn = [
        soft_example(plan.words, seed + i, "ents", tuple(labels)) for i, plan in enumerate(plans)
    ]
    batch, targets = read([example for example, _ in drawn])
    check_targets(batch, targets)
    assert targets.is_soft.all()
    assert (targets.weights == 1).all()
    row = 0
    scheme = scheme_of(LABELS, "ents")
    for _, soft in drawn:
        own = soft.reorder(scheme)
        before = [scheme.start, *own.tags.tolist()]
        for i, expected in enumerate(own.probabilities):
            assert targets.previous_tags[row] == before[i]
            assert np.allclose(targets.distributions[row], expected, atol=2e-3)
            row += 1
    assert row == batch.n_words


@given(two_tokenizations(), st.sampled_from(["ents", "tags"]), seeds)
def test_soft_labels_of_other_tokens(texts: TwoTokenizations, target: Any, seed: int) -> None:
    predicted, reference = texts.build(VOCAB)
    soft = random_soft(reference, target, LABELS, seed)
    store_soft_labels(reference, soft)
    batch, targets = read([Example(predicted, reference)], target)
    check_targets(batch, targets)
    assert targets.is_soft.all()
    rows = {(token.idx, len(token)): token.i for token in reference}
    before = batch.start
    for token in predicted:
        row = rows.get((token.idx, len(token)))
        assert targets.previous_tags[token.i] == before
        if row is None:
            assert targets.weights[token.i] == 0
            before = batch.start
            continue
        legal = batch.transitions[before]
        mass = soft.probabilities[row][legal].sum()
        if abs(mass - 0.5) > 0.01:
            assert targets.weights[token.i] == (mass > 0.5)
        if targets.weights[token.i]:
            expected = np.where(legal, soft.probabilities[row], 0) / mass
            assert np.allclose(targets.distributions[token.i], expected, atol=5e-3)
        before = int(soft.tags[row])
    assert (gradient(batch, targets, seed)[targets.weights == 0] == 0).all()


def test_pins_renormalize_a_teacher() -> None:
    """After a pinned entity nothing runs on; a teacher who meant it to is not followed."""
    reference = Doc(VOCAB, words=["a", "b", "c"])
    probabilities = np.zeros((3, 5), dtype=np.float32)
    probabilities[0, LOC] = 1
    probabilities[1] = [0.5, 0.25, 0.25, 0, 0]
    probabilities[2] = [0.1, 0.9, 0, 0, 0]
    store_soft_labels(reference, SoftLabels(LABELS, "ents", np.array([LOC, 0, 1]), probabilities))
    predicted = Doc(VOCAB, words=["a", "b", "c"])
    predicted.set_ents([Span(predicted, 0, 1, label="LOC")])
    batch, targets = read([Example(predicted, reference)])
    check_targets(batch, targets)
    assert targets.weights.tolist() == [0, 1, 0]
    assert np.allclose(targets.distributions[1], [2 / 3, 0, 1 / 3, 0, 0], atol=1e-3)


def test_gold_and_soft_texts_in_one_batch() -> None:
    soft, _ = soft_example(["a", "b"])
    reference = Doc(VOCAB, words=["c"])
    reference.set_ents([Span(reference, 0, 1, label="LOC")])
    gold = Example(Doc(VOCAB, words=["c"]), reference)
    batch, targets = read([gold, soft, gold], gold_weight=3)
    check_targets(batch, targets)
    assert targets.is_soft.tolist() == [False, True, True, False]
    assert targets.weights.tolist() == [3, 1, 1, 3]
    assert targets.distributions[[0, 3]].argmax(axis=1).tolist() == [LOC, LOC]


def test_soft_labels_can_be_ignored() -> None:
    example, _ = soft_example(["a", "b"], labels=("ELSE",))
    example.reference.set_ents([Span(example.reference, 1, 2, label="LOC")])
    _, targets = read([example], use_soft_labels=False)
    assert not targets.is_soft.any()
    assert targets.distributions.argmax(axis=1).tolist() == [OUTSIDE, LOC]


def test_teachers_with_other_labels() -> None:
    teacher = ("LOC", "ELSE")
    example, _ = soft_example(["a"], labels=teacher)
    with pytest.raises(ValueError, match="H006") as error:
        read([example])
    assert str(list(teacher)) in str(error.value)
    assert str(list(LABELS)) in str(error.value)


def test_other_version() -> None:
    example, _ = soft_example(["a"])
    example.reference.user_data[KEY]["version"] = 2
    with pytest.raises(ValueError, match="H007"):
        read([example])


def test_rows_that_do_not_fit_the_text() -> None:
    example, soft = soft_example(["a", "b"])
    store_soft_labels(
        example.reference, SoftLabels(LABELS, "ents", soft.tags[:1], soft.probabilities[:1])
    )
    with pytest.raises(ValueError, match="H008"):
        read([example])


@pytest.mark.parametrize(("teacher", "student"), [("ents", "spans"), ("tags", "ents")])
def test_teachers_with_other_targets(teacher: Any, student: Any) -> None:
    example, _ = soft_example(["a"], target=teacher)
    with pytest.raises(ValueError, match="H009"):
        read([example], student)
