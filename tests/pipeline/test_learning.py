"""What the component learns from, and how far it moves."""

import numpy as np
import pytest
import toy_pipelines as toy
from spacy.tokens import Span
from spacy.training import Example
from thinc.api import SGD


def copy_of(nlp, architecture, target="ents", **settings):
    other, tagger = toy.make_nlp(architecture, target, **settings)
    other.from_bytes(nlp.to_bytes())
    return other, tagger


def assert_unchanged(before, after):
    assert before.keys() == after.keys()
    for key, value in before.items():
        np.testing.assert_array_equal(after[key], value)


@toy.targets
@toy.architectures
def test_missing_annotation_gives_no_gradient(trained, architecture, target):
    nlp, tagger = copy_of(trained(architecture, target), architecture, target)
    before = toy.parameters(tagger.model)
    examples = [Example(nlp.make_doc(text), nlp.make_doc(text)) for text in toy.TEXTS]
    losses = nlp.update(examples, sgd=SGD(1.0, L2=0.0), losses={})
    assert losses["halfree_tagger"] == 0
    assert_unchanged(before, toy.parameters(tagger.model))
    # while the same texts with annotation do change it
    nlp.update(toy.make_examples(nlp, target), sgd=SGD(1.0, L2=0.0))
    assert any(
        not np.array_equal(value, before[key])
        for key, value in toy.parameters(tagger.model).items()
    )


@toy.architectures
def test_partial_annotation(trained, architecture):
    """Only the annotated words give a gradient, and they are learned."""
    nlp, tagger = copy_of(trained(architecture, "ents"), architecture)
    words, _ = toy.ANNOTATED[0]
    example = Example.from_dict(
        nlp.make_doc(toy.TEXTS[0]),
        {"words": words, "entities": ["U-地点", "-", "-", "O", "-", "-"]},
    )
    batch_and_prediction = tagger.predict([example.predicted])
    _, gradient = tagger.get_loss([example], batch_and_prediction)
    moved = np.abs(np.asarray(gradient)).sum(axis=1) > 0
    assert moved.tolist() == [True, False, False, True, False, False]
    toy.train_on(nlp, [example], steps=30)
    found = toy.annotation(nlp(toy.TEXTS[0]), "ents")
    assert (0, 1, "地点") in found
    assert not any(start <= 3 < end for start, end, _ in found)


@toy.targets
def test_partial_tags_and_groups(trained, target):
    nlp, tagger = copy_of(trained("first_order", target), "first_order", target)
    words, spans = toy.ANNOTATED[0]
    doc = toy.reference_doc(nlp, words, spans, target)
    if target == "tags":
        doc[1].tag = 0
    example = Example(nlp.make_doc(toy.TEXTS[0]), doc)
    _, gradient = tagger.get_loss([example], tagger.predict([example.predicted]))
    known = np.abs(np.asarray(gradient)).sum(axis=1) > 0
    assert known.tolist() == [True, target != "tags", True, True, True, True]


@toy.architectures
def test_misaligned_entities(trained, architecture):
    """What does not align is not learned from; what aligns in other tokens is."""
    nlp, tagger = copy_of(trained(architecture, "ents"), architecture)
    predicted = nlp.make_doc("Play AbbeyRoad now")
    inside = Example.from_dict(
        predicted,
        {"words": ["Play", "Abbey", "Road", "now"], "entities": ["O", "U-künstler", "O", "O"]},
    )
    loss, gradient = tagger.get_loss([inside], tagger.predict([predicted]))
    known = np.abs(np.asarray(gradient)).sum(axis=1) > 0
    assert known.tolist() == [True, False, True]
    assert np.isfinite(loss)
    joined = Example.from_dict(
        nlp.make_doc("Play AbbeyRoad now"),
        {
            "words": ["Play", "Abbey", "Road", "now"],
            "entities": ["O", "B-künstler", "L-künstler", "O"],
        },
    )
    toy.train_on(nlp, [joined], steps=30)
    assert toy.annotation(nlp("Play AbbeyRoad now"), "ents") == [(1, 2, "künstler")]


def test_misaligned_spans(trained):
    nlp, tagger = copy_of(trained("first_order", "spans"), "first_order", "spans")
    predicted = nlp.make_doc("Play AbbeyRoad now")
    reference = toy.reference_doc(nlp, ["Play", "Abbey", "Road", "now"], [])
    reference = Example.from_dict(predicted, {"words": [t.text for t in reference]}).reference
    reference.spans[toy.SPANS_KEY] = [Span(reference, 1, 2, label="künstler")]
    _, gradient = tagger.get_loss([Example(predicted, reference)], tagger.predict([predicted]))
    known = np.abs(np.asarray(gradient)).sum(axis=1) > 0
    assert known.tolist() == [True, False, True]


@toy.targets
def test_unknown_label(trained, target):
    nlp, _ = copy_of(trained("first_order", target), "first_order", target)
    words, _ = toy.ANNOTATED[0]
    example = Example(
        nlp.make_doc(toy.TEXTS[0]), toy.reference_doc(nlp, words, [(0, 1, "new")], target)
    )
    with pytest.raises(ValueError, match=r"\[H003\].*'Play Abbey Road.*'new'"):
        nlp.update([example])


def test_overlapping_spans(trained):
    nlp, _ = copy_of(trained("first_order", "spans"), "first_order", "spans")
    words, _ = toy.ANNOTATED[0]
    spans = [(1, 3, "künstler"), (2, 4, "künstler")]
    example = Example(nlp.make_doc(toy.TEXTS[0]), toy.reference_doc(nlp, words, spans, "spans"))
    with pytest.raises(ValueError, match=r"\[H004\].*'Abbey Road' and 'Road by'"):
        nlp.update([example])


@toy.targets
@toy.architectures
def test_update_with_empty_and_white_space_docs(trained, architecture, target):
    nlp, tagger = copy_of(trained(architecture, target), architecture, target)
    blank = [Example(nlp.make_doc(text), nlp.make_doc(text)) for text in ("", " ", "\n \n")]
    before = toy.parameters(tagger.model)
    for examples in ([], blank[:1], blank):
        losses = nlp.update(examples, sgd=SGD(1.0, L2=0.0), losses={})
        assert losses.get("halfree_tagger", 0.0) == 0
    assert_unchanged(before, toy.parameters(tagger.model))
    # among others they change nothing either
    gold = toy.make_examples(nlp, target)
    alone = tagger.update(gold)["halfree_tagger"]
    mixture = [blank[0], gold[0], blank[1], *gold[1:], blank[2]]
    mixed = tagger.update(mixture)["halfree_tagger"]
    assert mixed == pytest.approx(alone, rel=1e-4, abs=1e-6)


@toy.architectures
def test_losses_are_added(trained, architecture):
    nlp, tagger = copy_of(trained(architecture, "ents"), architecture)
    loss = tagger.update(toy.make_examples(nlp))["halfree_tagger"]
    assert loss > 0
    losses = {"halfree_tagger": 1.0, "other": 2.0}
    assert tagger.update(toy.make_examples(nlp), losses=losses) is losses
    assert losses == {"halfree_tagger": pytest.approx(1.0 + loss, rel=1e-4), "other": 2.0}


def test_head_learn_rate_factor_without_a_head():
    with pytest.raises(ValueError, match=r"H028.*sentinel_seq2seq"):
        toy.make_nlp("sentinel", head_learn_rate_factor=3.0)


@pytest.mark.parametrize("architecture", toy.WITH_TOK2VEC)
def test_head_learn_rate_factor(trained, architecture):
    """The head moves by the factor, the tok2vec as without it."""
    moves = {}
    for factor in (1.0, 0.5):
        nlp, tagger = copy_of(
            trained(architecture, "ents"), architecture, head_learn_rate_factor=factor
        )
        words, _ = toy.ANNOTATED[2]
        examples = [
            Example(nlp.make_doc(toy.TEXTS[2]), toy.reference_doc(nlp, words, [(0, 2, "künstler")]))
        ]
        before = {ref: toy.parameters(tagger.model.get_ref(ref)) for ref in ("tok2vec", "head")}
        tagger.update(examples, sgd=SGD(1.0, L2=0.0, grad_clip=0.0))
        moves[factor] = {
            ref: {
                key: value - before[ref][key]
                for key, value in toy.parameters(tagger.model.get_ref(ref)).items()
            }
            for ref in before
        }
    for ref, ratio in (("tok2vec", 1.0), ("head", 0.5)):
        assert sum(np.abs(move).sum() for move in moves[1.0][ref].values()) > 0
        for key, move in moves[1.0][ref].items():
            np.testing.assert_allclose(moves[0.5][ref][key], ratio * move, atol=1e-6)


@toy.architectures
def test_gradients_gather_until_the_optimizer_comes(trained, architecture):
    nlp, tagger = copy_of(trained(architecture, "ents"), architecture)
    before = toy.parameters(tagger.model)
    tagger.update(toy.make_examples(nlp))
    assert_unchanged(before, toy.parameters(tagger.model))
    tagger.finish_update(SGD(1.0, L2=0.0))
    assert any(
        not np.array_equal(value, before[key])
        for key, value in toy.parameters(tagger.model).items()
    )


def test_gold_weight(trained):
    losses = {}
    for gold_weight in (1.0, 0.25):
        nlp, tagger = copy_of(
            trained("first_order", "ents"), "first_order", gold_weight=gold_weight
        )
        losses[gold_weight] = tagger.update(toy.make_examples(nlp))["halfree_tagger"]
    assert losses[0.25] == pytest.approx(losses[1.0] / 4, rel=1e-5)
