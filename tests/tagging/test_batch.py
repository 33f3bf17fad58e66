"""From docs to words and masks."""

import numpy as np
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc
from strategies import LABELS, DocPlan, doc_plans, label_tuples

from spacy_halfree.tagging.batch import make_batch
from spacy_halfree.tagging.label_tags import LabelTags
from spacy_halfree.tagging.layers import EntityLayer, TagLayer, make_layer
from spacy_halfree.tagging.scheme import INSIDE, OUTSIDE, UNKNOWN, first_words
from spacy_halfree.tagging.soft_labels import scheme_of

VOCAB = spacy.blank("xx").vocab


# -- the look-up of labels


@given(label_tuples, st.lists(st.sampled_from([*LABELS, "OTHER", ""])))
def test_label_tags(labels: tuple[str, ...], names: list[str]) -> None:
    for target in ("ents", "tags"):
        label_tags = LabelTags(VOCAB.strings, scheme_of(labels, target))
        hashes = np.array(
            [VOCAB.strings.add(name) if name else 0 for name in names], dtype=np.uint64
        )
        offset = 2 if target == "ents" else 0
        expected = [labels.index(n) + offset if n in labels else UNKNOWN for n in names]
        assert label_tags(hashes).tolist() == expected


def test_no_labels_no_tags() -> None:
    label_tags = LabelTags(VOCAB.strings, scheme_of((), "ents"))
    assert label_tags(np.array([1, 2], dtype=np.uint64)).tolist() == [UNKNOWN, UNKNOWN]


# -- masks


def expected_masks(doc: Doc, labels: tuple[str, ...]) -> list[set[int]]:
    """The tags that each word of a doc may have, read off its entities one token at a time.

    The first word cannot be inside of anything.
    """
    every = set(range(len(labels) + 2))
    owner: dict[int, tuple[int, str]] = {}
    for n, ent in enumerate(doc.ents):
        owner.update({token.i: (n, ent.label_) for token in ent})
    for token in doc:
        if token.ent_iob == 3 and not token.ent_type:
            owner[token.i] = (-1 - token.i, "")
    masks = []
    words = [token.i for token in doc if not token.is_space]
    for before, i in zip([None, *words], words, strict=False):
        if i in owner:
            n, label = owner[i]
            if label not in labels:
                masks.append({OUTSIDE})
            elif before is not None and owner.get(before, (None,))[0] == n:
                masks.append({INSIDE})
            else:
                masks.append({labels.index(label) + 2})
        elif before is None or any(j in owner for j in range(before, i)):
            masks.append(every - {INSIDE})
        else:
            masks.append(every)
    return masks


@given(label_tuples.flatmap(lambda n: st.tuples(st.just(n), st.lists(doc_plans(n), max_size=4))))
def test_entities_pin_their_words(drawn: tuple[tuple[str, ...], list[DocPlan]]) -> None:
    labels, plans = drawn
    docs = [plan.build(VOCAB) for plan in plans]
    batch = make_batch(docs, LabelTags(VOCAB.strings, scheme_of(labels, "ents")), EntityLayer())
    n_tags = len(labels) + 2
    tokens = [token for doc in docs for token in doc]
    assert batch.words.tolist() == [i for i, token in enumerate(tokens) if not token.is_space]
    assert batch.lengths.tolist() == [sum(not t.is_space for t in doc) for doc in docs]
    expected = [mask for doc in docs for mask in expected_masks(doc, labels)]
    allowed = np.ones((len(expected), n_tags), dtype=bool)
    if batch.allowed is not None:
        allowed &= batch.allowed
    allowed[first_words(batch.lengths)] &= batch.transitions[batch.start]
    assert [set(np.flatnonzero(row).tolist()) for row in allowed] == expected


@pytest.mark.parametrize("target", ["ents", "tags", "spans"])
def test_no_docs_and_empty_docs(target: str) -> None:
    label_tags = LabelTags(VOCAB.strings, scheme_of(("A",), target))
    empty = Doc(VOCAB)
    for docs in ([], [empty], [empty, Doc(VOCAB, words=["a"]), empty]):
        batch = make_batch(docs, label_tags, make_layer(target, "sc"))
        assert batch.lengths.tolist() == [len(doc) for doc in docs]
        assert batch.n_words == sum(batch.lengths)
        assert batch.allowed is None


def test_white_space_gets_token_tags() -> None:
    label_tags = LabelTags(VOCAB.strings, scheme_of(("A", "B"), "tags"))
    doc = Doc(VOCAB, words=["a", "\n", "b"], tags=["B", "", "OTHER"])
    batch = make_batch([doc], label_tags, TagLayer())
    assert batch.words.tolist() == [0, 1, 2]
    assert batch.allowed.tolist() == [[False, True], [True, True], [True, True]]
