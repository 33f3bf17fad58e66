"""The component's settings and labels, before anything is learned."""

import shutil
import subprocess
import sys
import warnings

import numpy as np
import pytest
import spacy
import srsly
import toy_pipelines as toy
from confection import ConfigValidationError
from spacy.training import Example

from spacy_halfree.pipeline.tagger import HalfreeTagger


def test_add_pipe_needs_no_import_of_ours():
    code = "import spacy; print(spacy.blank('en').add_pipe('halfree_tagger').name)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "halfree_tagger"


def test_default_config_fills_and_validates():
    nlp = spacy.blank("en")
    nlp.add_pipe("halfree_tagger")
    filled = nlp.config["components"]["halfree_tagger"]
    assert filled["model"]["@architectures"] == "halfree.FirstOrderTagger.v1"
    assert filled["model"]["tok2vec"]["@architectures"] == "spacy.HashEmbedCNN.v2"
    assert (filled["target"], filled["spans_key"], filled["labels"]) == ("ents", "sc", [])
    assert (filled["temperature"], filled["gold_weight"]) == (1.0, 1.0)
    assert (filled["head_learn_rate_factor"], filled["use_soft_labels"]) == (1.0, None)
    assert filled["scorer"] == {"@scorers": "halfree.tagger_scorer.v1"}
    score_weights = nlp.config["training"]["score_weights"]
    assert score_weights == {"halfree_f": 1.0, "halfree_p": 0.0, "halfree_r": 0.0}
    again = spacy.util.load_model_from_config(nlp.config, auto_fill=False, validate=True)
    assert again.pipe_names == ["halfree_tagger"]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("target", None),
        ("spans_key", ["sc"]),
        ("labels", 3),
        ("use_soft_labels", "perhaps"),
        ("temperature", "hot"),
        ("gold_weight", None),
        ("head_learn_rate_factor", []),
        ("model", "CNN"),
        ("scorer", 1),
        ("no_such_setting", 1),
    ],
)
def test_settings_of_wrong_type_are_named(setting, value):
    with pytest.raises(ConfigValidationError) as caught:
        spacy.blank("en").add_pipe("halfree_tagger", config={setting: value})
    assert setting in str(caught.value)


@pytest.mark.parametrize("setting", ["temperature", "gold_weight", "head_learn_rate_factor"])
@pytest.mark.parametrize("value", [0.0, -1.0])
def test_settings_out_of_range(setting, value):
    with pytest.raises(ValueError, match=rf"\[H013\] The setting `{setting}`"):
        spacy.blank("en").add_pipe("halfree_tagger", config={setting: value})


def test_an_unknown_layer():
    with pytest.raises(ValueError, match=r"\[H013\] The setting `target`.*'tags'"):
        spacy.blank("en").add_pipe("halfree_tagger", config={"target": "sentences"})


def test_setting_that_is_no_number():
    """A config cannot hold NaN, but the constructor can be given one."""
    nlp, tagger = toy.make_nlp()
    with pytest.raises(ValueError, match=r"\[H013\]"):
        HalfreeTagger(nlp.vocab, tagger.model, temperature=float("nan"))


@toy.architectures
def test_uninitialized(architecture):
    nlp, tagger = toy.make_nlp(architecture, labels=["x"])
    with pytest.raises(ValueError, match="E109"):
        nlp("Some text")
    with pytest.raises(ValueError, match="E109"):
        tagger.predict([nlp.make_doc("")])


def test_analyze_pipes():
    nlp, _ = toy.make_nlp()
    analysis = nlp.analyze_pipes()
    assert analysis["summary"]["halfree_tagger"]["assigns"] == [
        "doc.ents",
        "token.ent_iob",
        "token.ent_type",
        "span._.confidence",
    ]
    assert analysis["summary"]["halfree_tagger"]["scores"] == [
        "halfree_f",
        "halfree_p",
        "halfree_r",
    ]
    assert analysis["summary"]["halfree_tagger"]["requires"] == []
    assert not analysis["summary"]["halfree_tagger"]["retokenizes"]
    assert not analysis["problems"]["halfree_tagger"]


def test_analyze_pipes_knows_what_a_tagger_leaves_to_others():
    nlp, _ = toy.make_nlp()
    nlp.add_pipe("entity_linker")
    unmet = nlp.analyze_pipes()["problems"]["entity_linker"]
    assert "doc.ents" not in unmet
    assert "doc.sents" in unmet


@toy.targets
@toy.architectures
def test_labels_are_found_in_the_examples(architecture, target):
    nlp, tagger = toy.make_nlp(architecture, target)
    nlp.initialize(lambda: toy.make_examples(nlp, target))
    expected = sorted([*toy.LABELS, toy.NO_SPAN_TAG] if target == "tags" else toy.LABELS)
    assert list(tagger.labels) == tagger.label_data == expected


@toy.targets
def test_labels_of_the_config_keep_their_order(target):
    labels = ["地点", "unused", "künstler", "album title", toy.NO_SPAN_TAG]
    nlp, tagger = toy.make_nlp(target=target, labels=labels)
    assert tagger.labels == tuple(labels)
    toy.train(nlp, toy.make_examples(nlp, target), steps=1)
    assert tagger.labels == tuple(labels)


def test_labels_beyond_the_first_samples_are_found():
    nlp, tagger = toy.make_nlp()
    examples = toy.make_examples(nlp) * 5
    words, _ = toy.ANNOTATED[1]
    examples.append(
        Example(nlp.make_doc(toy.TEXTS[1]), toy.reference_doc(nlp, words, [(0, 1, "zz")]))
    )
    nlp.initialize(lambda: examples)
    assert "zz" in tagger.labels


def test_add_label():
    nlp, tagger = toy.make_nlp(labels=["b"])
    assert tagger.add_label("a") == 1
    assert tagger.add_label("a") == tagger.add_label("b") == 0
    assert tagger.labels == ("b", "a")
    nlp.initialize(lambda: [Example(nlp.make_doc("x"), nlp.make_doc("x"))])
    assert tagger.labels == ("b", "a")
    assert tagger.add_label("a") == 0
    with pytest.raises(ValueError, match=r"\[H002\].*'c'.*halfree_tagger"):
        tagger.add_label("c")
    assert tagger.labels == ("b", "a")


@toy.architectures
def test_labels_given_to_initialize(tmp_path, architecture):
    path = tmp_path / "labels.json"
    labels = ["künstler", "album title", "地点", "unseen"]
    srsly.write_json(path, labels)
    for given in (labels, {"@readers": "spacy.read_labels.v1", "path": str(path)}):
        nlp, tagger = toy.make_nlp(architecture)
        nlp.config["initialize"]["components"]["halfree_tagger"] = {"labels": given}
        nlp.initialize(lambda nlp=nlp: toy.make_examples(nlp))
        assert list(tagger.labels) == labels


def test_labels_of_the_config_come_before_those_given_to_initialize():
    nlp, tagger = toy.make_nlp(labels=["b"])
    tagger.initialize(lambda: toy.make_examples(nlp), labels=["a", "b"])
    assert tagger.labels == ("b", "a")


@toy.targets
def test_empty_list_of_labels_is_none(target):
    """`labels = []` says as little as no setting: the labels are found in the examples."""
    nlp, tagger = toy.make_nlp(target=target)
    tagger.initialize(lambda: toy.make_examples(nlp, target), labels=[])
    assert set(toy.LABELS) <= set(tagger.labels)


@pytest.mark.parametrize(
    ("target", "what"), [("ents", "entities"), ("tags", "tags"), ("spans", r"doc.spans\['sc'\]")]
)
def test_no_labels(target, what):
    nlp, _ = toy.make_nlp(target=target)
    examples = [Example(nlp.make_doc(text), nlp.make_doc(text)) for text in toy.TEXTS]
    with pytest.raises(
        ValueError, match=rf"\[H001\].*no .*{what} are in the training texts \(4 in all\)"
    ):
        nlp.initialize(lambda: examples)


@pytest.mark.parametrize("label", ["", "  ", "\t\n"])
def test_empty_label(label):
    with pytest.raises(ValueError, match=r"\[H012\]"):
        toy.make_nlp(labels=["good", label])
    _, tagger = toy.make_nlp(labels=["good"])
    with pytest.raises(ValueError, match=r"\[H012\]"):
        tagger.add_label(label)
    assert tagger.labels == ("good",)


def test_label_that_is_no_string():
    _, tagger = toy.make_nlp()
    with pytest.raises(ValueError, match=r"\[H012\] Not a label: 5"):
        tagger.add_label(5)


def test_initialize_again():
    nlp, tagger = toy.make_nlp()
    toy.train(nlp, toy.make_examples(nlp), steps=2)
    nlp.initialize(lambda: toy.make_examples(nlp))
    assert list(tagger.labels) == toy.LABELS
    toy.train(nlp, toy.make_examples(nlp), steps=40)
    assert nlp.evaluate(toy.make_examples(nlp))["halfree_f"] == 1.0


NEW_TEXT = ("Buy jam", [(1, 2, "a new one")])
"""With a label that comes first in alphabetical order."""


def examples_with_new_label(nlp, target="ents"):
    text, spans = NEW_TEXT
    new = Example(nlp.make_doc(text), toy.reference_doc(nlp, text.split(), spans, target))
    return [*toy.make_examples(nlp, target), new]


def assert_learns(nlp, examples, optimizer):
    optimizer.learn_rate = 0.01
    for _ in range(60):
        nlp.update(examples, sgd=optimizer)
    assert nlp.evaluate(examples)["halfree_f"] == 1.0


@toy.targets
@toy.architectures
def test_initialize_again_with_a_new_label(tmp_path, architecture, target):
    """The labels grow, and the model is a new one."""
    nlp, tagger = toy.make_nlp(architecture, target)
    first = toy.make_examples(nlp, target)
    optimizer = nlp.initialize(lambda: first)
    known = tagger.labels
    for _ in range(3):
        nlp.update(first, sgd=optimizer)
    tagger.cfg["calibration"] = 2.0
    both = examples_with_new_label(nlp, target)
    # one that knows the old parameters
    nlp.initialize(lambda: both, sgd=optimizer)
    assert tagger.labels == (*known, "a new one")
    assert tagger.calibration == 1.0
    assert_learns(nlp, both, optimizer)
    with nlp.use_params(optimizer.averages):
        nlp.to_disk(tmp_path / "nlp")
    loaded = spacy.load(tmp_path / "nlp")
    assert loaded.get_pipe("halfree_tagger").labels == tagger.labels
    toy.predictions(loaded, target, toy.TEXTS)
    # a loaded one grows as well
    loaded.initialize(lambda: [*both, *examples_with_label(loaded, "zz", target)])
    assert loaded.get_pipe("halfree_tagger").labels == (*tagger.labels, "zz")


def examples_with_label(nlp, label, target="ents"):
    words, _ = toy.ANNOTATED[1]
    reference = toy.reference_doc(nlp, words, [(0, 1, label)], target)
    return [Example(nlp.make_doc(toy.TEXTS[1]), reference)]


@pytest.mark.parametrize("initialize", ["initialize", "begin_training"])
def test_labels_grow_as_those_of_ner(initialize):
    nlp = spacy.blank("en")
    names = ["ner", "halfree_tagger"]
    for name in names:
        nlp.add_pipe(name)
    for label in ("b", "a", "b", "c"):
        getattr(nlp, initialize)(lambda label=label: examples_with_label(nlp, label))
        ner, own = (set(nlp.get_pipe(name).labels) for name in names)
        assert own == ner
    assert nlp.get_pipe("halfree_tagger").labels == ("b", "a", "c")
    # no examples, and those that are there stay
    nlp.initialize()
    assert nlp.get_pipe("halfree_tagger").labels == ("b", "a", "c")


@pytest.mark.parametrize("way", ["setting", "add_label"])
def test_given_labels_stay_when_initialized_again(tmp_path, way):
    """Labels of texts are not added to those that are given, the first time as ever after."""
    nlp, tagger = toy.make_nlp(labels=["b"] if way == "setting" else [])
    tagger.add_label("b")
    for _ in range(2):
        nlp.initialize(lambda: toy.make_examples(nlp))
        assert tagger.labels == ("b",)
    nlp.to_disk(tmp_path / "nlp")
    loaded = spacy.load(tmp_path / "nlp")
    loaded.initialize(lambda: toy.make_examples(loaded))
    assert loaded.get_pipe("halfree_tagger").labels == ("b",)


def test_labels_given_when_initialized_again():
    nlp, tagger = toy.make_nlp(labels=["b"])
    examples = toy.make_examples(nlp)
    tagger.initialize(lambda: examples, labels=["a"])
    assert tagger.labels == ("b", "a")
    tagger.initialize(lambda: examples, labels=["c", "a"])
    assert tagger.labels == ("b", "a", "c")
    # as when they are found
    _, other = toy.make_nlp()
    other.initialize(lambda: examples, labels=["a"])
    other.initialize(lambda: examples, labels=["c"])
    assert other.labels == ("a", "c")


@pytest.mark.parametrize("labels", [["künstler"], []])
def test_what_to_do_about_a_new_label(labels):
    """What H002 and H003 advise works."""
    nlp, tagger = toy.make_nlp(labels=labels)
    optimizer = nlp.initialize(lambda: examples_with_label(nlp, "künstler"))
    new = examples_with_label(nlp, "new")
    section = r"`labels` under `\[initialize\.components\.halfree_tagger\]`"
    with pytest.raises(ValueError, match=rf"\[H002\].*{section}.*`nlp\.initialize`"):
        tagger.add_label("new")
    with pytest.raises(ValueError, match=rf"\[H003\].*{section}.*`nlp\.initialize`"):
        nlp.update(new, sgd=optimizer)
    # training on does not change labels
    with pytest.raises(ValueError, match=r"\[H003\]"):
        nlp.update(new, sgd=nlp.resume_training())
    nlp.config["initialize"]["components"]["halfree_tagger"] = {"labels": ["new"]}
    optimizer = nlp.initialize(lambda: new)
    assert tagger.labels == ("künstler", "new")
    nlp.update(new, sgd=optimizer)


def test_initialize_again_behind_a_shared_encoder():
    nlp = spacy.blank("en")
    nlp.add_pipe("tok2vec", config={"model": toy.tok2vec()})
    listener = {"@architectures": "spacy.Tok2VecListener.v1", "width": 24, "upstream": "*"}
    model = {"@architectures": "halfree.FirstOrderTagger.v1", "tok2vec": listener}
    tagger = nlp.add_pipe("halfree_tagger", config={"model": model})
    optimizer = nlp.initialize(lambda: toy.make_examples(nlp))
    nlp.update(toy.make_examples(nlp), sgd=optimizer)
    both = examples_with_new_label(nlp)
    nlp.initialize(lambda: both, sgd=optimizer)
    assert tagger.labels == (*toy.LABELS, "a new one")
    assert_learns(nlp, both, optimizer)


def test_initialize_of_others_leaves_a_tagger_alone():
    nlp, tagger = toy.make_nlp()
    examples = toy.make_examples(nlp)
    toy.train(nlp, examples, steps=2)
    before = toy.parameters(tagger.model)
    nlp.add_pipe("ner")
    with nlp.select_pipes(disable=["halfree_tagger"]):
        nlp.initialize(lambda: examples_with_new_label(nlp))
    assert list(tagger.labels) == toy.LABELS
    after = toy.parameters(tagger.model)
    assert before.keys() == after.keys()
    assert all(np.array_equal(value, before[key]) for key, value in after.items())


def test_initialize_again_that_fails(tmp_path):
    """Wrong labels change nothing; a component without a model says so."""
    model = toy.model_config("sentinel")
    model["name"] = str(shutil.copytree(model["name"], tmp_path / "pretrained"))
    nlp = spacy.blank("en")
    tagger = nlp.add_pipe("halfree_tagger", config={"model": model})
    toy.train(nlp, toy.make_examples(nlp), steps=1)
    before = toy.predictions(nlp, "ents", toy.TEXTS)
    with pytest.raises(ValueError, match=r"\[H012\]"):
        tagger.initialize(lambda: toy.make_examples(nlp), labels=[" "])
    assert list(tagger.labels) == toy.LABELS
    assert toy.predictions(nlp, "ents", toy.TEXTS) == before
    shutil.rmtree(tmp_path / "pretrained")
    with pytest.raises((OSError, ValueError), match="pretrained"):
        nlp.initialize(lambda: examples_with_label(nlp, "new"))
    assert not tagger.is_initialized
    with pytest.raises(ValueError, match="E109"):
        nlp("text")


@pytest.mark.parametrize(
    ("max_steps", "settings", "warns"),
    [
        (40, {}, True),
        (50, {}, False),
        (0, {}, False),
        (100, {"patience": 40}, True),
        (100, {"patience": 50}, False),
        (100, {"max_epochs": 5}, False),
        # as in the shipped configs: the epochs may be over first
        (50, {"max_epochs": 5}, True),
        (50, {"max_epochs": -1}, False),
        # spaCy divides by it
        (0, {"eval_frequency": 0}, True),
    ],
)
def test_training_that_may_end_before_it_is_evaluated(max_steps, settings, warns):
    nlp, _ = toy.make_nlp()
    examples = toy.make_examples(nlp)
    # as it stands in a config file
    nlp.config["vars"] = {"steps": max_steps}
    values = {"eval_frequency": 50, "patience": 0, "max_epochs": 0} | settings
    nlp.config["training"].update(max_steps="${vars.steps}", **values)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        nlp.initialize(lambda: examples)
    assert any("[W021]" in str(warning.message) for warning in caught) == warns


def test_explain_wants_a_doc(trained):
    tagger = trained("first_order", "ents").get_pipe("halfree_tagger")
    with pytest.raises(TypeError, match=r"\[H093\].*str.*make_doc"):
        tagger.explain("Play Abbey Road")


@toy.architectures
def test_rehearse(trained, architecture):
    nlp = trained(architecture, "ents")
    with pytest.raises(NotImplementedError, match=r"\[H005\].*halfree_tagger"):
        nlp.get_pipe("halfree_tagger").rehearse(toy.make_examples(nlp))
    with pytest.raises(NotImplementedError, match=r"\[H005\]"):
        nlp.rehearse(toy.make_examples(nlp), sgd=nlp.resume_training())


def test_custom_spans_key():
    nlp, tagger = toy.make_nlp(target="spans", spans_key="mine")
    examples = toy.make_examples(nlp, "spans")
    for example in examples:
        example.reference.spans["mine"] = list(example.reference.spans[toy.SPANS_KEY])
        del example.reference.spans[toy.SPANS_KEY]
    toy.train(nlp, examples)
    assert tagger.spans_key == "mine"
    scores = nlp.evaluate(examples)
    assert scores["spans_mine_f"] == scores["halfree_f"] == 1.0
    assert list(nlp(toy.TEXTS[0]).spans) == ["mine"]


def test_annotations_go_to_the_docs_that_are_given():
    nlp, tagger = toy.make_nlp()
    toy.train(nlp, toy.make_examples(nlp))
    scores = tagger.predict([nlp.make_doc(toy.TEXTS[0])])
    other = nlp.make_doc(toy.TEXTS[0])
    tagger.set_annotations([other], scores)
    assert other.ents


def test_a_failed_initialization_leaves_the_component_uninitialized():
    pytest.importorskip("torch")
    model = {**toy.model_config("aligned"), "heads": 7}
    nlp = spacy.blank("en")
    tagger = nlp.add_pipe("halfree_tagger", config={"model": model})
    with pytest.raises(ValueError, match="H014"):
        nlp.initialize(lambda: toy.make_examples(nlp))
    assert not tagger.is_initialized
    with pytest.raises(ValueError, match="E109"):
        nlp("text")


@pytest.mark.parametrize(
    "setting", [{"layers": 0}, {"heads": 0}, {"hidden_factor": -1}, {"dropout": 1.5}]
)
def test_decoder_settings_out_of_range(setting):
    pytest.importorskip("torch")
    config = {"model": {**toy.model_config("aligned"), **setting}}
    with pytest.raises(ValueError, match="H013"):
        spacy.blank("en").add_pipe("halfree_tagger", config=config)
