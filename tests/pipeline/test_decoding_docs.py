"""Docs that are unusual, or that are annotated already."""

import numpy as np
import pytest
import toy_pipelines as toy
from spacy.tokens import Doc, DocBin, Span


def with_ruler(trained, architecture, patterns):
    nlp, _ = toy.make_nlp(architecture)
    nlp.from_bytes(trained(architecture, "ents").to_bytes())
    ruler = nlp.add_pipe("entity_ruler", before="halfree_tagger")
    ruler.add_patterns(patterns)
    return nlp


@toy.architectures
def test_entities_of_a_ruler_are_pinned(trained, architecture):
    """They stay, with a label of the tagger's or with another one; the tagger fills the rest."""
    nlp = with_ruler(
        trained,
        architecture,
        [
            {"label": "地点", "pattern": "Road"},
            {"label": "DRINK", "pattern": "bars"},
            {"label": "künstler", "pattern": "What is"},
        ],
    )
    found = toy.annotation(nlp(toy.TEXTS[0]), "ents")
    assert (2, 3, "地点") in found
    assert (4, 6, "künstler") in found
    assert toy.annotation(nlp(toy.TEXTS[1]), "ents") == [(1, 2, "DRINK"), (3, 4, "地点")]
    assert toy.annotation(nlp(toy.TEXTS[2]), "ents")[0] == (0, 2, "künstler")
    piped = [toy.annotation(doc, "ents") for doc in nlp.pipe(toy.TEXTS)]
    assert piped == [toy.annotation(nlp(text), "ents") for text in toy.TEXTS]


@toy.architectures
def test_pinned_words_are_certain(trained, architecture):
    nlp = trained(architecture, "ents")
    doc = nlp.make_doc(toy.TEXTS[0])
    doc.set_ents([Span(doc, 0, 2, label="地点")], default="missing")
    tagger = nlp.get_pipe("halfree_tagger")
    _, prediction = tagger.predict([doc])
    first = tagger.scheme.tag_names.index("地点")
    assert np.asarray(prediction.tags)[:2].tolist() == [first, 1]
    assert np.asarray(prediction.probabilities)[0, first] == 1
    assert np.asarray(prediction.probabilities)[1, 1] == 1


@toy.architectures
def test_blocked_tokens(trained, architecture):
    nlp = trained(architecture, "ents")
    doc = nlp.make_doc(toy.TEXTS[0])
    doc.set_ents([], blocked=[doc[4:6]], default="missing")
    nlp.get_pipe("halfree_tagger")(doc)
    assert not any(end > 4 for _, end, _ in toy.annotation(doc, "ents"))
    assert (1, 3, "album title") in toy.annotation(doc, "ents")
    assert [(token.ent_iob_, token.ent_type_) for token in doc[4:6]] == [("B", ""), ("B", "")]


@toy.targets
@toy.architectures
def test_second_run_changes_nothing(trained, architecture, target):
    nlp = trained(architecture, target)
    for text in toy.TEXTS:
        doc = nlp(text)
        first = toy.annotation(doc, target)
        nlp.get_pipe("halfree_tagger")(doc)
        assert toy.annotation(doc, target) == first


def test_tags_that_are_there_stay(trained):
    nlp = trained("first_order", "tags")
    doc = nlp.make_doc(toy.TEXTS[0])
    doc[0].tag_ = "künstler"
    doc[1].tag_ = "NNP"
    nlp.get_pipe("halfree_tagger")(doc)
    assert [token.tag_ for token in doc[:2]] == ["künstler", "NNP"]
    assert all(token.tag for token in doc)


@pytest.mark.parametrize("before", ["nothing", "an empty group", "its own group"])
def test_span_groups_are_replaced_and_others_kept(trained, before):
    nlp = trained("first_order", "spans")
    doc = nlp.make_doc(toy.TEXTS[0])
    if before == "an empty group":
        doc.spans[toy.SPANS_KEY] = []
    if before == "its own group":
        doc = nlp(doc)
    doc.spans["other"] = [Span(doc, 0, 1, label="kept")]
    nlp.get_pipe("halfree_tagger")(doc)
    assert toy.annotation(doc, "spans") == [(1, 3, "album title"), (4, 6, "künstler")]
    assert [span.label_ for span in doc.spans["other"]] == ["kept"]


def add_ruler(nlp):
    ruler = nlp.add_pipe("span_ruler", config={"spans_key": toy.SPANS_KEY}, first=True)
    ruler.add_patterns([{"label": "VERB", "pattern": "Play"}])


def add_tagger(nlp):
    config = {"model": toy.model_config("first_order"), "target": "spans"}
    config |= {"spans_key": toy.SPANS_KEY, "labels": toy.LABELS}
    nlp.add_pipe("halfree_tagger", name="the other one", config=config, first=True)
    nlp.get_pipe("the other one").initialize(lambda: toy.make_examples(nlp, "spans"))
    # writes a span everywhere
    head = nlp.get_pipe("the other one").model.get_ref("head")
    head.set_param("b", np.array([-9, -9, 9, -9, -9], dtype=np.float32))


@pytest.mark.parametrize(
    ("add", "other", "label"),
    [(add_ruler, "another component", "VERB"), (add_tagger, "component 'the other one'", ".*")],
)
def test_a_group_of_another_component_is_kept(add, other, label):
    nlp, _ = toy.make_nlp(target="spans")
    toy.train(nlp, toy.make_examples(nlp, "spans"))
    add(nlp)
    message = rf"\[H159\] Component 'halfree_tagger' .*'sc'.*{other}.*'Play' \({label}\).*spans_key"
    with pytest.raises(ValueError, match=message):
        nlp(toy.TEXTS[0])
    # and no doc of the batch is changed
    docs = [nlp.make_doc(text) for text in toy.TEXTS[1:]]
    with nlp.select_pipes(disable="halfree_tagger"):
        docs.append(nlp(toy.TEXTS[0]))
    kept = [(span.text, span.label_) for span in docs[-1].spans[toy.SPANS_KEY]]
    with pytest.raises(ValueError, match=r"\[H159\]"):
        list(nlp.get_pipe("halfree_tagger").pipe(docs))
    assert not any(toy.SPANS_KEY in doc.spans for doc in docs[:-1])
    assert [(span.text, span.label_) for span in docs[-1].spans[toy.SPANS_KEY]] == kept
    # what the message advises
    del docs[-1].spans[toy.SPANS_KEY]
    assert len(list(nlp.get_pipe("halfree_tagger").pipe(docs))) == len(docs)


def test_a_span_that_a_user_has_added_is_kept(trained):
    nlp = trained("first_order", "spans")
    doc = nlp(toy.TEXTS[0])
    doc.spans[toy.SPANS_KEY].append(Span(doc, 0, 1, label="mine"))
    with pytest.raises(ValueError, match=r"\[H159\].*'Play' \(mine\)"):
        nlp(doc)


def test_its_own_group_in_docs_that_travel(trained):
    """Copied, saved and joined docs can be tagged again."""
    nlp = trained("first_order", "spans")
    doc = nlp(toy.TEXTS[0])
    (saved,) = DocBin(docs=[doc]).get_docs(nlp.vocab)
    joined = Doc.from_docs([doc, nlp(toy.TEXTS[3])])
    for other in (doc.copy(), saved, joined, Doc(nlp.vocab).from_bytes(doc.to_bytes())):
        assert len(other.spans[toy.SPANS_KEY])
        again = nlp(other)
        assert set(toy.annotation(doc, "spans")) <= set(toy.annotation(again, "spans"))


@toy.targets
@toy.architectures
def test_empty_and_white_space_docs(trained, architecture, target):
    nlp = trained(architecture, target)
    for texts in ([""], [" "], ["", ""], ["", toy.TEXTS[0], " \n\n ", ""]):
        docs = list(nlp.pipe(texts))
        assert [doc.text for doc in docs] == texts
        for doc in docs:
            if target == "tags":
                assert all(token.tag_ in {*toy.LABELS, toy.NO_SPAN_TAG} for token in doc)
            elif not doc.text.strip():
                assert toy.annotation(doc, target) == []
    assert list(nlp.pipe([])) == []


@pytest.mark.parametrize("target", ["ents", "spans"])
@toy.architectures
def test_white_space_is_never_an_edge(trained, architecture, target):
    nlp = trained(architecture, target)
    for text in ("Play  Abbey  Road \n by   The \t Beatles  ", "\nHear\n\nBjörk\n\nDebut\n"):
        doc = nlp(text)
        spans = doc.ents if target == "ents" else doc.spans[toy.SPANS_KEY]
        for span in spans:
            assert not span[0].is_space
            assert not span[-1].is_space


@toy.architectures
def test_strange_unicode(trained, architecture):
    nlp = trained(architecture, "ents")
    texts = [
        "👩‍👩‍👧‍👦 👍🏽",
        "a\u0301e\u0308 \u200b\u200d \ufeff",
        "مرحبا بالعالم",
        "\u202eabc\u202c",
        "ⅷ ½ ﷽ \U0001d518\U0001d52b\U0001d526",
        "\x00 \x1f \x7f",
        "\u3000\u2028\u2029\xa0",
        "x" * 5000,
        "Z̷̛̤a̶l̸g̵o̴" * 50,
    ]
    docs = list(nlp.pipe(texts))
    assert [doc.text for doc in docs] == texts
    assert {ent.label_ for doc in docs for ent in doc.ents} <= set(toy.LABELS)


@toy.architectures
def test_long_doc(trained, architecture):
    """A long doc is tagged to the last word, and its second half as well as its first."""
    # windows of six words, one after another, take their time
    n_words = 20_000 if architecture in toy.WITH_TOK2VEC else 1_000
    nlp = trained(architecture, "ents")
    text = [word for text in toy.TEXTS for word in text.split()]
    doc = Doc(nlp.vocab, words=(text * (n_words // len(text) + 1))[:n_words])
    tagger = nlp.get_pipe("halfree_tagger")
    scores = tagger.predict([doc])
    assert scores[1].probabilities.shape == (n_words, len(toy.LABELS) + 2)
    np.testing.assert_allclose(np.asarray(scores[1].probabilities).sum(axis=1), 1, atol=1e-4)
    tagger.set_annotations([doc], scores)
    n_late = sum(ent.start >= n_words // 2 for ent in doc.ents)
    # the toy sentences hold five entities in nineteen words; a model that has seen each word
    # behind one sentinel only finds fewer of them in windows that begin elsewhere
    least = 3 if architecture in toy.WITH_TOK2VEC else 1
    assert n_late > n_words // 2 // len(text) * least
    assert len(doc.ents) - n_late > n_words // 2 // len(text) * least


@toy.architectures
def test_probabilities_are_over_allowed_tags(trained, architecture):
    nlp = trained(architecture, "ents")
    found = toy.probabilities(nlp, toy.TEXTS)
    first_words = np.cumsum([0, *(len(nlp.make_doc(text)) for text in toy.TEXTS)])[:-1]
    assert (found[first_words, 1] == 0).all()
    assert (found >= 0).all()
