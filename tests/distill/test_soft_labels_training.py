"""From a teacher's distributions to a student, in memory and through a file."""

import numpy as np
import pytest
import spacy
import toy_pipelines as toy
from spacy.tokens import Doc, DocBin
from spacy.training import Corpus, Example
from thinc.api import SGD

from spacy_halfree.data.docbin import write_docs
from spacy_halfree.distill.teachers import annotate
from spacy_halfree.pipeline.pipelines import find_tagger
from spacy_halfree.tagging.confidence import is_confidence
from spacy_halfree.tagging.soft_labels import KEY, load_soft_labels


def soft_examples(teacher, nlp, texts=toy.TEXTS, **options):
    """Examples that carry the teacher's distributions, and annotation that contradicts them."""
    examples = []
    for doc in DocBin(store_user_data=True, docs=annotate(teacher, texts, **options)).get_docs(
        nlp.vocab
    ):
        doc.set_ents([])
        examples.append(Example(nlp.make_doc(doc.text), doc))
    return examples


@toy.targets
@toy.architectures
def test_student_learns_from_a_file(tmp_path, architecture, target):
    teacher, _ = toy.make_nlp("first_order", target)
    toy.train(teacher, toy.make_examples(teacher, target))
    path = tmp_path / "new" / "soft.spacy"
    assert write_docs(annotate(teacher, toy.TEXTS), path) == len(toy.TEXTS)
    student, tagger = toy.make_nlp(architecture, target)
    examples = list(Corpus(path)(student))
    toy.train(student, examples)
    assert tagger.labels == teacher.get_pipe("halfree_tagger").labels
    assert toy.predictions(student, target, toy.TEXTS) == toy.predictions(
        teacher, target, toy.TEXTS
    )


def test_annotate_leaves_the_teacher_as_it_was(teacher):
    docs = list(annotate(teacher, toy.TEXTS))
    assert [toy.annotation(doc, "ents") for doc in docs] == toy.predictions(
        teacher, "ents", toy.TEXTS
    )
    for doc in docs:
        assert all(key == KEY or is_confidence(key) for key in doc.user_data)
        assert KEY in doc.user_data
        soft = load_soft_labels(doc, len(doc))
        assert soft.labels == tuple(toy.LABELS)
        np.testing.assert_allclose(soft.probabilities.sum(axis=1), 1, atol=1e-5)
    assert KEY not in teacher(toy.TEXTS[0]).user_data
    # also if the caller loses interest half-way
    stream = annotate(teacher, toy.TEXTS, batch_size=1)
    next(stream)
    stream.close()
    assert KEY not in teacher(toy.TEXTS[0]).user_data


def test_annotate_empty_texts(teacher, tmp_path):
    texts = ["", " \n", toy.TEXTS[0], "Play  Debut \n"]
    for top_k in (None, 2):
        write_docs(annotate(teacher, texts, top_k=top_k), tmp_path / "soft.spacy")
        student, _ = toy.make_nlp()
        examples = list(Corpus(tmp_path / "soft.spacy")(student))
        assert [example.text for example in examples] == texts[-len(examples) :]
        assert toy.train(student, examples, steps=2)["halfree_tagger"] > 0


def test_soft_labels_are_preferred_to_annotation(teacher):
    student, _ = toy.make_nlp()
    toy.train(student, soft_examples(teacher, student))
    assert toy.predictions(student, "ents", toy.TEXTS) == toy.predictions(
        teacher, "ents", toy.TEXTS
    )


def test_annotation_if_soft_labels_are_not_wanted(teacher):
    student, _ = toy.make_nlp(use_soft_labels=False, labels=toy.LABELS)
    toy.train(student, soft_examples(teacher, student))
    assert toy.predictions(student, "ents", toy.TEXTS) == [[], [], [], []]


def test_labels_are_not_taken_from_unwanted_soft_labels(teacher):
    student, _ = toy.make_nlp(use_soft_labels=False)
    with pytest.raises(ValueError, match=r"\[H001\]"):
        toy.train(student, soft_examples(teacher, student))


@toy.architectures
def test_labels_in_another_order(teacher, architecture):
    labels = [toy.LABELS[2], toy.LABELS[0], toy.LABELS[1]]
    student, tagger = toy.make_nlp(architecture, labels=labels)
    toy.train(student, soft_examples(teacher, student))
    assert tagger.labels == tuple(labels)
    assert toy.predictions(student, "ents", toy.TEXTS) == toy.predictions(
        teacher, "ents", toy.TEXTS
    )


@pytest.mark.parametrize(
    "labels", [toy.LABELS[:2], [*toy.LABELS, "more"], [*toy.LABELS[:2], "other"]]
)
def test_other_labels(teacher, labels):
    student, _ = toy.make_nlp(labels=labels)
    with pytest.raises(ValueError, match=r"\[H006\].*'Play Abbey Road.*halfree_tagger"):
        toy.train(student, soft_examples(teacher, student))


def test_other_target(teacher):
    student, _ = toy.make_nlp(target="spans", labels=toy.LABELS)
    with pytest.raises(ValueError, match=r"\[H009\].*'ents'.*'spans'"):
        toy.train(student, soft_examples(teacher, student))


def test_damaged_soft_labels(teacher):
    student, _ = toy.make_nlp(labels=toy.LABELS)
    for change, number in (
        ({"version": 99}, "H007"),
        ({"tags": np.zeros(2, dtype=np.uint16)}, "H008"),
        ({"probabilities": np.zeros((6, 5), dtype=np.float16)}, "H008"),
        ({"labels": None}, "H008"),
    ):
        examples = soft_examples(teacher, student, toy.TEXTS[:1])
        examples[0].reference.user_data[KEY].update(change)
        with pytest.raises(ValueError, match=rf"\[{number}\].*Play Abbey Road"):
            toy.train(student, examples, steps=1)


def test_top_k(teacher, tmp_path):
    for top_k, name in ((None, "all"), (2, "two"), (1, "one")):
        write_docs(annotate(teacher, toy.TEXTS, top_k=top_k), tmp_path / f"{name}.spacy")
        student, _ = toy.make_nlp()
        toy.train(student, list(Corpus(tmp_path / f"{name}.spacy")(student)))
        assert toy.predictions(student, "ents", toy.TEXTS) == toy.predictions(
            teacher, "ents", toy.TEXTS
        )
    payload = next(annotate(teacher, toy.TEXTS, top_k=2)).user_data[KEY]
    assert payload["top_tags"].shape == payload["top_probabilities"].shape == (6, 2)
    assert "probabilities" not in payload


def test_teacher_as_its_own_student_has_nothing_to_learn(teacher):
    nlp, tagger = toy.make_nlp()
    nlp.from_bytes(teacher.to_bytes())
    before = toy.parameters(tagger.model)
    nlp.update(soft_examples(teacher, nlp), sgd=SGD(1.0, L2=0.0))
    for key, value in toy.parameters(tagger.model).items():
        np.testing.assert_allclose(value, before[key], atol=2e-3)


@pytest.mark.parametrize("temperature", [0.5, 2.0, 4.0])
def test_temperature(temperature):
    """The loss by hand: T^2 times the cross-entropy of the distributions to the power 1/T."""
    weak, _ = toy.make_nlp()
    toy.train(weak, toy.make_examples(weak), steps=8)
    nlp, tagger = toy.make_nlp(temperature=temperature)
    # the teacher is its own student, so both distributions are under the same previous tags
    nlp.from_bytes(weak.to_bytes())
    examples = soft_examples(weak, nlp)
    losses = tagger.update(examples)["halfree_tagger"]
    docs = [example.reference for example in examples]
    p = np.concatenate([load_soft_labels(doc, len(doc)).probabilities for doc in docs])
    softened = p ** (1 / temperature)
    softened /= softened.sum(axis=1, keepdims=True)
    entropy = -(softened * np.log(np.maximum(softened, 1e-30))).sum(axis=1)
    assert losses == pytest.approx(temperature**2 * entropy.mean(), rel=1e-2)
    # gold tags know no temperature
    gold = toy.make_examples(nlp)
    assert tagger.update(gold)["halfree_tagger"] == pytest.approx(
        weak.get_pipe("halfree_tagger").update(gold)["halfree_tagger"], rel=1e-5
    )


def test_gold_weight_is_for_gold_only(teacher):
    losses = {}
    for gold_weight in (1.0, 3.0):
        nlp, tagger = toy.make_nlp(gold_weight=gold_weight, labels=toy.LABELS)
        nlp.initialize(lambda nlp=nlp: toy.make_examples(nlp))
        soft, gold = soft_examples(teacher, nlp), toy.make_examples(nlp)
        losses[gold_weight] = [
            tagger.update(examples)["halfree_tagger"] for examples in (soft, gold, soft + gold)
        ]
    (soft_1, gold_1, both_1), (soft_3, gold_3, both_3) = losses[1.0], losses[3.0]
    assert soft_3 == pytest.approx(soft_1, rel=1e-5)
    assert gold_3 == pytest.approx(3 * gold_1, rel=1e-5)
    assert both_1 == pytest.approx((soft_1 + gold_1) / 2, rel=1e-4)
    assert both_3 == pytest.approx((soft_1 + 3 * gold_1) / 2, rel=1e-4)


def test_student_with_other_tokens(teacher):
    """Words without a counterpart among the teacher's are left out, the others learned.

    "Road" is left out as well: the teacher's `I` cannot follow a word about which nothing is known.
    """
    student, tagger = toy.make_nlp(labels=toy.LABELS)
    student.initialize(lambda: toy.make_examples(student))
    (example,) = soft_examples(teacher, student, toy.TEXTS[:1])
    predicted = Doc(
        student.vocab,
        words=["Play", "Abb", "ey", "Road", "by", "The", "Beatles"],
        spaces=[True, False, True, True, True, True, False],
    )
    other = Example(predicted, example.reference)
    _, gradient = tagger.get_loss([other], tagger.predict([predicted]))
    known = np.abs(gradient).sum(axis=1) > 0
    assert known.tolist() == [True, False, False, False, True, True, True]
    toy.train_on(student, [other], steps=5)


def test_find_tagger(teacher):
    assert find_tagger(teacher) is teacher.get_pipe("halfree_tagger")
    blank = spacy.blank("en")
    blank.add_pipe("sentencizer")
    with pytest.raises(ValueError, match=r"\[H021\].*sentencizer"):
        find_tagger(blank)
    with pytest.raises(ValueError, match=r"\[H027\]"):
        find_tagger(teacher, "no_such")
    two, tagger = toy.make_nlp()
    second = two.add_pipe("halfree_tagger", name="second")
    with pytest.raises(ValueError, match=r"\[H022\].*halfree_tagger, second"):
        find_tagger(two)
    assert find_tagger(two, "second") is second
    assert find_tagger(two, "halfree_tagger") is tagger


def test_annotate_with_one_of_two_taggers(teacher):
    nlp, _ = toy.make_nlp()
    nlp.from_bytes(teacher.to_bytes())
    other, _ = toy.make_nlp("first_order", "tags")
    toy.train(other, toy.make_examples(other, "tags"))
    other.rename_pipe("halfree_tagger", "token_tags")
    nlp.add_pipe("token_tags", source=other)
    for component, target in (("halfree_tagger", "ents"), ("token_tags", "tags")):
        doc = next(annotate(nlp, toy.TEXTS, component=component))
        assert doc.user_data[KEY]["target"] == target


def test_write_docs_is_all_or_nothing(teacher, tmp_path):
    path = tmp_path / "out.spacy"
    with pytest.raises(ValueError, match=r"\[H020\]"):
        write_docs([], path)
    assert list(tmp_path.iterdir()) == []

    def broken():
        yield from annotate(teacher, toy.TEXTS[:2])
        raise RuntimeError("the stream breaks")

    with pytest.raises(RuntimeError, match="the stream breaks"):
        write_docs(broken(), path)
    assert list(tmp_path.iterdir()) == []
    write_docs(annotate(teacher, toy.TEXTS), path)
    content = path.read_bytes()
    with pytest.raises(RuntimeError, match="the stream breaks"):
        write_docs(broken(), path)
    assert path.read_bytes() == content
    assert [file.name for file in tmp_path.iterdir()] == ["out.spacy"]


def test_gold_of_the_toy_is_what_the_teacher_says(teacher):
    assert toy.predictions(teacher, "ents", toy.TEXTS) == [spans for _, spans in toy.ANNOTATED]
