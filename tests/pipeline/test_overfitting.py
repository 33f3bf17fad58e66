"""Training to the full score, and everything that must not change a trained pipeline's answers."""

import pickle

import numpy as np
import pytest
import spacy
import srsly
import toy_pipelines as toy


@toy.targets
@toy.architectures
def test_overfitting_IO(trained, tmp_path, architecture, target):
    nlp = trained(architecture, target)
    scores = nlp.evaluate(toy.make_examples(nlp, target))
    assert scores["halfree_f"] == scores["halfree_p"] == scores["halfree_r"] == 1.0
    if target != "tags":
        found = [[span[:2] for span in spans] for spans in toy.predictions(nlp, target, toy.TEXTS)]
        assert found == [[span[:2] for span in spans] for _, spans in toy.ANNOTATED]

    nlp.to_disk(tmp_path / "nlp")
    from_disk = spacy.load(tmp_path / "nlp")
    toy.assert_same_pipelines(nlp, from_disk, target)
    assert from_disk.get_pipe("halfree_tagger").labels == nlp.get_pipe("halfree_tagger").labels
    from_bytes = toy.make_nlp(architecture, target)[0].from_bytes(nlp.to_bytes())
    toy.assert_same_pipelines(nlp, from_bytes, target)


@toy.targets
@toy.architectures
def test_component_IO(trained, tmp_path, architecture, target):
    nlp = trained(architecture, target)
    tagger = nlp.get_pipe("halfree_tagger")
    tagger.to_disk(tmp_path / "tagger")
    for load in (
        lambda other: other.from_disk(tmp_path / "tagger"),
        lambda other: other.from_bytes(tagger.to_bytes()),
    ):
        other_nlp, other = toy.make_nlp(architecture, target)
        assert load(other) is other
        toy.assert_same_pipelines(nlp, other_nlp, target)


@toy.architectures
def test_IO_before_initialization(tmp_path, architecture):
    nlp, tagger = toy.make_nlp(architecture, "ents", labels=["b", "a"])
    tagger.add_label("c")
    nlp.to_disk(tmp_path / "nlp")
    other, other_tagger = toy.make_nlp(architecture, "ents")
    for loaded in (
        spacy.load(tmp_path / "nlp").get_pipe("halfree_tagger"),
        other.from_bytes(nlp.to_bytes()).get_pipe("halfree_tagger"),
        other_tagger.from_bytes(tagger.to_bytes()),
    ):
        assert loaded.labels == ("b", "a", "c")
        assert not loaded.is_initialized
        with pytest.raises(ValueError, match="E109"):
            loaded(spacy.blank("en").make_doc("Some text"))
    # and the loaded pipeline can still be trained
    loaded_nlp, _ = toy.make_nlp(architecture, "ents")
    loaded_nlp.from_bytes(toy.make_nlp(architecture, "ents")[0].to_bytes())
    toy.train(loaded_nlp, toy.make_examples(loaded_nlp), steps=1)
    assert loaded_nlp.get_pipe("halfree_tagger").is_initialized


@toy.architectures
def test_settings_survive(tmp_path, architecture):
    factor = 3.0 if architecture in toy.WITH_TOK2VEC else 1.0
    nlp, _ = toy.make_nlp(
        architecture,
        "spans",
        temperature=2.0,
        gold_weight=0.5,
        head_learn_rate_factor=factor,
        use_soft_labels=False,
        labels=["x"],
    )
    nlp.to_disk(tmp_path / "nlp")
    loaded = spacy.load(tmp_path / "nlp").get_pipe("halfree_tagger")
    assert (loaded.temperature, loaded.gold_weight) == (2.0, 0.5)
    assert (loaded.head_learn_rate_factor, loaded.use_soft_labels) == (factor, False)
    assert (loaded.target, loaded.spans_key, loaded.labels) == ("spans", toy.SPANS_KEY, ("x",))


@toy.targets
@toy.architectures
def test_pickle(trained, architecture, target):
    nlp = trained(architecture, target)
    # a copy that has met no word, like what is pickled: vectors of words are computed for all new
    # words of a batch at a time, and their last bits depend on how many these are
    fresh, _ = toy.make_nlp(architecture, target)
    fresh.from_bytes(nlp.to_bytes())
    tagger = pickle.loads(pickle.dumps(fresh.get_pipe("halfree_tagger")))
    docs = [nlp.make_doc(text) for text in toy.TEXTS]
    np.testing.assert_array_equal(
        tagger.predict(docs)[1].probabilities, toy.probabilities(fresh, toy.TEXTS)
    )
    toy.assert_same_pipelines(nlp, srsly.pickle_loads(srsly.pickle_dumps(nlp)), target)


@toy.architectures
def test_cloudpickle(trained, architecture):
    cloudpickle = pytest.importorskip("cloudpickle")
    nlp = trained(architecture, "ents")
    toy.assert_same_pipelines(nlp, pickle.loads(cloudpickle.dumps(nlp)), "ents")


@toy.targets
@toy.architectures
def test_ways_of_running_agree(trained, architecture, target):
    nlp = trained(architecture, target)
    texts = toy.TEXTS + toy.OTHER_TEXTS
    expected = [toy.annotation(nlp(text), target) for text in texts]
    for options in ({}, {"batch_size": 1}, {"batch_size": 2}, {"n_process": 1}):
        assert [toy.annotation(doc, target) for doc in nlp.pipe(texts, **options)] == expected
    tagger = nlp.get_pipe("halfree_tagger")
    docs = list(tagger.pipe([nlp.make_doc(text) for text in texts], batch_size=3))
    assert [toy.annotation(doc, target) for doc in docs] == expected
    with nlp.memory_zone():
        zoned = [toy.annotation(doc, target) for doc in nlp.pipe(texts)]
    assert zoned == expected
    # what was made in the zone is gone, but the labels are not
    assert [toy.annotation(nlp(text), target) for text in texts] == expected


@toy.architectures
def test_processes(trained, architecture):
    nlp = trained(architecture, "ents")
    texts = (toy.TEXTS + toy.OTHER_TEXTS) * 3
    one = [toy.annotation(doc, "ents") for doc in nlp.pipe(texts, n_process=1, batch_size=4)]
    two = [toy.annotation(doc, "ents") for doc in nlp.pipe(texts, n_process=2, batch_size=4)]
    assert two == one


@toy.architectures
def test_probabilities_do_not_depend_on_the_batch(trained, architecture):
    nlp = trained(architecture, "ents")
    texts = [text for text in toy.TEXTS + toy.OTHER_TEXTS if text]
    together = toy.probabilities(nlp, texts)
    alone = np.concatenate([toy.probabilities(nlp, [text]) for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    np.testing.assert_allclose(together.sum(axis=1), 1, atol=1e-5)


def test_select_pipes(trained):
    nlp = trained("first_order", "ents")
    with nlp.select_pipes(disable="halfree_tagger"):
        assert nlp.pipe_names == []
        assert not nlp(toy.TEXTS[0]).ents
    assert len(nlp(toy.TEXTS[0]).ents) == 2


def test_predict_leaves_docs_alone(trained):
    nlp = trained("first_order", "tags")
    doc = nlp.make_doc(toy.TEXTS[0])
    tagger = nlp.get_pipe("halfree_tagger")
    scores = tagger.predict([doc])
    assert not any(token.tag for token in doc)
    tagger.set_annotations([doc], scores)
    assert {token.tag_ for token in doc} == {"künstler", "album title", toy.NO_SPAN_TAG}


@pytest.mark.parametrize("architecture", toy.WITH_TOK2VEC)
def test_shared_tok2vec(tmp_path, architecture):
    """A listener in the tagger's place for a tok2vec learns together with a `tok2vec` component."""
    nlp, _ = toy.make_nlp(architecture)
    config = dict(nlp.get_pipe_config("halfree_tagger"))
    del config["factory"]
    nlp.remove_pipe("halfree_tagger")
    nlp.add_pipe("tok2vec", config={"model": toy.tok2vec()})
    config["model"]["tok2vec"] = {
        "@architectures": "spacy.Tok2VecListener.v1",
        "width": 24,
        "upstream": "tok2vec",
    }
    nlp.add_pipe("halfree_tagger", config=config)
    examples = toy.make_examples(nlp)
    toy.train(nlp, examples)
    assert nlp.evaluate(examples)["halfree_f"] == 1.0
    nlp.to_disk(tmp_path / "nlp")
    loaded = spacy.load(tmp_path / "nlp")
    assert toy.predictions(loaded, "ents", toy.TEXTS) == toy.predictions(nlp, "ents", toy.TEXTS)
