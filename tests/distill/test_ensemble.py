"""Several teachers: their mean decodes as one model would, walked word by word."""

from itertools import pairwise

import numpy as np
import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc, Span
from toy_pipelines import (
    ANNOTATED,
    LABELS,
    OTHER_TEXTS,
    TEXTS,
    annotation,
    architectures,
    make_examples,
    make_nlp,
    targets,
    train,
)

from spacy_halfree.distill.ensemble import word_positions
from spacy_halfree.distill.teachers import Teachers, annotate
from spacy_halfree.tagging.confidence import is_confidence
from spacy_halfree.tagging.soft_labels import KEY, has_soft_labels, load_soft_labels

ALL_TEXTS = [*TEXTS, *OTHER_TEXTS]
WORDS = sorted({word for words, _ in ANNOTATED for word in words})


def make_teacher(architecture="first_order", target="ents", seed=0, labels=(), steps=6):
    """A teacher that is unsure, because it has hardly learned."""
    nlp, tagger = make_nlp(architecture, target, labels=list(labels))
    examples = make_examples(nlp, target)
    train(nlp, examples[seed % 2 :] if labels else examples, steps)
    assert set(tagger.labels) >= set(LABELS)
    return nlp


@pytest.fixture(scope="module")
def teachers():
    """Different architectures, trainings, and orders of labels."""
    return [
        make_teacher("first_order", labels=LABELS, steps=12),
        make_teacher("first_order", seed=1, labels=LABELS[::-1], steps=4),
        make_teacher("aligned", labels=[LABELS[1], LABELS[0], LABELS[2]], steps=3),
    ]


@pytest.fixture
def two_teachers():
    """Teachers that a test may change."""
    return [
        make_teacher("first_order", labels=LABELS, steps=12),
        make_teacher("first_order", seed=1, labels=LABELS[::-1], steps=4),
    ]


def soft_labels(doc):
    n_words = sum(not token.is_space for token in doc)
    return load_soft_labels(doc, n_words)


def walk(teachers, text):
    """The tags and mean distributions, one word at a time, by the first teacher's tags."""
    taggers = [nlp.get_pipe("halfree_tagger") for nlp in teachers]
    scheme = taggers[0].scheme
    names = ["O", "I", *scheme.labels]
    columns = [[names.index(name) for name in ["O", "I", *tagger.labels]] for tagger in taggers]
    n_words = sum(not token.is_space for token in teachers[0].make_doc(text))
    tags = np.zeros(n_words, dtype=np.int64)
    rows = []
    for position in range(n_words):
        mean = np.zeros(scheme.n_tags)
        for nlp, tagger, own in zip(teachers, taggers, columns, strict=True):
            own_tags = np.array([own.index(tag) for tag in tags])
            row = tagger.distributions([nlp.make_doc(text)], own_tags)[position]
            for column, probability in zip(own, row, strict=True):
                mean[column] += probability / len(teachers)
        tags[position] = mean.argmax()
        rows.append(mean)
    return tags, np.array(rows).reshape(n_words, scheme.n_tags)


def assert_as_walked(teachers, texts, docs):
    for text, doc in zip(texts, docs, strict=True):
        tags, distributions = walk(teachers, text)
        soft = soft_labels(doc)
        # stored in half precision
        np.testing.assert_allclose(soft.probabilities, distributions, atol=2e-3)
        assert soft.tags.tolist() == tags.tolist()


def test_the_mean_is_walked_word_by_word(teachers):
    assert_as_walked(teachers, ALL_TEXTS, list(annotate(teachers, ALL_TEXTS, batch_size=4)))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join), max_size=5))
def test_any_texts_in_any_batch(teachers, texts):
    assert_as_walked(teachers, texts, list(annotate(teachers, texts, batch_size=3)))


@architectures
def test_a_teacher_with_itself_is_itself(architecture):
    teacher = make_teacher(architecture)
    alone = list(annotate(teacher, TEXTS))
    twice = list(annotate([teacher, teacher], TEXTS))
    for one, two in zip(alone, twice, strict=True):
        assert annotation(one, "ents") == annotation(two, "ents")
        np.testing.assert_allclose(
            soft_labels(one).probabilities, soft_labels(two).probabilities, atol=2e-3
        )


@targets
def test_annotation_and_tags_agree(target):
    teachers = [make_teacher("first_order", target, steps=30), make_teacher("aligned", target)]
    for doc in annotate(teachers, TEXTS):
        soft = load_soft_labels(doc, len(doc))
        if target == "tags":
            assert [token.tag_ for token in doc] == [soft.labels[tag] for tag in soft.tags]
        else:
            starts = [start for start, _, _ in annotation(doc, target)]
            assert starts == np.flatnonzero(soft.tags >= 2).tolist()
        assert all(key == KEY or is_confidence(key) for key in doc.user_data)
        assert KEY in doc.user_data


def test_legal_under_constraints(teachers):
    scheme = teachers[0].get_pipe("halfree_tagger").scheme
    for doc in annotate(teachers, ALL_TEXTS):
        tags = [scheme.start, *soft_labels(doc).tags.tolist()]
        assert all(scheme.transitions[before, tag] for before, tag in pairwise(tags))


def test_entities_set_before_are_kept(teachers):
    """Docs with annotation: their entities are pinned for every teacher."""
    doc = Doc(teachers[0].vocab, words=["Play", "Debut", "by", "Björk"])
    doc.set_ents([Span(doc, 3, 4, label=LABELS[0])])
    (annotated,) = annotate(teachers, [doc])
    assert (3, 4, LABELS[0]) in annotation(annotated, "ents")


def test_no_texts(teachers):
    assert list(annotate(teachers, [])) == []


@pytest.mark.parametrize("n_teachers", [1, 2])
def test_an_open_generator_changes_nothing_else(two_teachers, n_teachers):
    """Neither what the teachers' own pipelines write nor unrelated docs."""
    nlp = two_teachers[0]
    tagger = nlp.get_pipe("halfree_tagger")
    tagger.threshold = 0.9999
    before = [annotation(doc, "ents") for doc in nlp.pipe(TEXTS)]
    generator = annotate(two_teachers[:n_teachers], TEXTS * 100)
    found = [annotation(next(generator), "ents") for _ in TEXTS]
    assert sum(map(len, found)) > sum(map(len, before))
    docs = list(nlp.pipe(TEXTS))
    assert [annotation(doc, "ents") for doc in docs] == before
    assert not any(has_soft_labels(doc) for doc in docs)
    assert len(list(generator)) == 99 * len(TEXTS)


@pytest.mark.parametrize("n_teachers", [1, 2])
def test_components_behind_the_tagger_run(two_teachers, n_teachers):
    nlp = two_teachers[0]
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "RULED", "pattern": "Play"}])
    docs = list(annotate(two_teachers[:n_teachers], TEXTS, batch_size=2))
    assert {ent.text for doc in docs for ent in doc.ents if ent.label_ == "RULED"} == {"Play"}
    assert all(has_soft_labels(doc) for doc in docs)


def test_docs_are_annotated_by_several_as_they_were_given(two_teachers):
    """A component of the first teacher writes to a doc before the second teacher reads it."""
    nlp = two_teachers[0]
    nlp.add_pipe("entity_ruler", before="halfree_tagger").add_patterns(
        [{"label": LABELS[0], "pattern": "Play"}]
    )
    docs = [nlp.make_doc(text) for text in TEXTS]
    with pytest.raises(ValueError, match=r"\[H041\]"):
        list(annotate(two_teachers, docs))


def test_closed_teachers_compute_as_before(two_teachers):
    before = [annotation(doc, "ents") for doc in two_teachers[0].pipe(TEXTS)]
    with Teachers(two_teachers, precision="bfloat16") as opened:
        assert len(list(opened.annotate(TEXTS))) == len(TEXTS)
    assert [annotation(doc, "ents") for doc in two_teachers[0].pipe(TEXTS)] == before


def test_other_labels_are_refused(teachers):
    other = make_teacher("first_order", labels=[*LABELS, "more"])
    with pytest.raises(ValueError, match=r"H040.*more"):
        list(annotate([teachers[0], other], TEXTS))
    tags = make_teacher("first_order", "tags")
    with pytest.raises(ValueError, match=r"H040.*tags"):
        list(annotate([teachers[0], tags], TEXTS))


def test_other_tokens_are_refused(teachers):
    other = make_teacher("first_order", labels=LABELS)
    other.tokenizer = spacy.blank("zh").tokenizer
    with pytest.raises(ValueError, match="H041"):
        list(annotate([teachers[0], other], TEXTS))


def test_entities_of_one_teacher_alone_are_refused(teachers):
    other = make_teacher("first_order", labels=LABELS)
    ruler = other.add_pipe("entity_ruler", before="halfree_tagger")
    ruler.add_patterns([{"label": LABELS[0], "pattern": "Zürich"}])
    with pytest.raises(ValueError, match=r"H041.*Zürich"):
        list(annotate([teachers[0], other], TEXTS))


@given(st.lists(st.integers(0, 5), max_size=6))
def test_positions(lengths):
    expected = [position for length in lengths for position in range(length)]
    assert word_positions(np.array(lengths, dtype=np.int64)).tolist() == expected
