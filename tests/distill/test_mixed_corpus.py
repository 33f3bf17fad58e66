"""Several corpora as one."""

import random
from collections import Counter

import pytest
import spacy
from spacy.cli.train import train as spacy_train
from spacy.tokens import DocBin
from spacy.training import Example
from toy_pipelines import TEXTS, predictions, training_config, write_corpus

from spacy_halfree.data.docbin import write_docs
from spacy_halfree.distill.mixed_corpus import create_mixed_corpus
from spacy_halfree.distill.teachers import annotate


def source(name, n):
    def read(nlp):
        for i in range(n):
            doc = nlp.make_doc(f"{name}{i}")
            yield Example(doc, doc.copy())

    return read


def texts_of(reader, nlp):
    return [example.text for example in reader(nlp)]


def test_whole_weights(nlp):
    sources = {"gold": source("g", 3), "soft": source("s", 5)}
    reader = create_mixed_corpus(sources, {"gold": 2, "soft": 1.0})
    counts = Counter(texts_of(reader, nlp))
    assert counts == {**{f"g{i}": 2 for i in range(3)}, **{f"s{i}": 1 for i in range(5)}}


def test_fractions(nlp):
    sources = {"half": source("h", 1000), "more": source("m", 1000)}
    reader = create_mixed_corpus(sources, {"half": 0.5, "more": 2.25})
    counts = Counter(texts_of(reader, nlp))
    half = [counts[f"h{i}"] for i in range(1000)]
    more = [counts[f"m{i}"] for i in range(1000)]
    assert set(half) == {0, 1}
    assert set(more) == {2, 3}
    assert 430 < sum(half) < 570
    assert 2190 < sum(more) < 2310


def test_seed(nlp):
    def passes(seed):
        reader = create_mixed_corpus({"a": source("a", 100)}, {"a": 0.5}, seed=seed)
        return [texts_of(reader, nlp) for _ in range(3)]

    assert passes(1) == passes(1)
    assert passes(1) != passes(2)
    # initialization and every epoch meet the same examples, so no label comes as a surprise
    first, second, third = passes(1)
    assert first == second == third


class Shuffled:
    """A source whose order is another at every pass."""

    def __init__(self, name, n, shuffle_buffer=0):
        self.name = name
        self.n = n
        self.shuffle_buffer = shuffle_buffer
        self.n_passes = 0

    def __call__(self, nlp):
        self.n_passes += 1
        examples = list(source(self.name, self.n)(nlp))
        random.Random(self.n_passes).shuffle(examples)
        yield from examples


@pytest.mark.parametrize("interleave", [False, True])
def test_a_fraction_is_the_same_in_any_order(nlp, interleave):
    reader = create_mixed_corpus({"a": Shuffled("a", 1000)}, {"a": 0.3}, interleave=interleave)
    first, second = texts_of(reader, nlp), texts_of(reader, nlp)
    assert first != second
    assert sorted(first) == sorted(second)
    assert 240 < len(first) < 360


@pytest.mark.parametrize("weight", [10, 2.5])
@pytest.mark.parametrize("gold", [source("g", 100), Shuffled("g", 100, shuffle_buffer=9)])
def test_copies_are_spread(nlp, gold, weight):
    """In turn, every walk through gold has its own part of the stream, and its own order."""
    sources = {"gold": gold, "soft": source("s", 2000)}
    reader = create_mixed_corpus(sources, {"gold": weight, "soft": 1}, interleave=True)
    orders = []
    for _ in range(2):
        texts = texts_of(reader, nlp)
        found = [text for text in texts if text.startswith("g")]
        counts = Counter(found)
        assert len(counts) == 100
        assert set(counts.values()) == ({10} if weight == 10 else {2, 3})
        walks = [found[i : i + 100] for i in range(0, int(weight) * 100, 100)]
        assert all(len(set(own)) == 100 for own in walks)
        orders += walks
        assert [text for text in texts if text.startswith("s")] != [f"s{i}" for i in range(2000)]
        places = {}
        for place, text in enumerate(texts):
            places.setdefault(text, []).append(place / len(texts))
        spread = [own[-1] - own[0] for text, own in places.items() if text.startswith("g")]
        assert sum(spread) / len(spread) > 1 - 1.5 / weight
    assert len({tuple(own) for own in orders}) == len(orders)


def test_order_of_sources_is_kept(nlp):
    reader = create_mixed_corpus({"b": source("b", 2), "a": source("a", 1)}, {"a": 1.0, "b": 1.0})
    assert texts_of(reader, nlp) == ["b0", "b1", "a0"]


def test_empty_source(nlp):
    assert texts_of(create_mixed_corpus({"a": source("a", 0)}, {"a": 3.0}), nlp) == []


@pytest.mark.parametrize("weights", [{}, {"a": 1.0}, {"a": 1.0, "c": 1.0}])
def test_names_differ(weights):
    with pytest.raises(ValueError, match=r"\[H025\].*\['a', 'b'\]"):
        create_mixed_corpus({"a": source("a", 1), "b": source("b", 1)}, weights)


@pytest.mark.parametrize("weight", [0.0, -1.0, float("nan"), float("inf")])
def test_weight_out_of_range(weight):
    with pytest.raises(ValueError, match=r"\[H026\].*'a'"):
        create_mixed_corpus({"a": source("a", 1)}, {"a": weight})


def test_gold_and_soft_under_spacy_train(tmp_path, teacher):
    gold = write_corpus(tmp_path / "gold.spacy", spacy.blank("en"))
    soft = tmp_path / "soft.spacy"
    write_docs(annotate(teacher, [*TEXTS, "Play Debut by Björk"]), soft)
    config = training_config("first_order", "ents", gold, gold)
    config["corpora"]["train"] = {
        "@readers": "halfree.MixedCorpus.v1",
        "sources": {
            name: {"@readers": "spacy.Corpus.v1", "path": str(path), "gold_preproc": False}
            for name, path in (("gold", gold), ("soft", soft))
        },
        "weights": {"gold": 2, "soft": 1.5},
        "seed": 3,
    }
    config.to_disk(tmp_path / "mixed.cfg")
    spacy_train(tmp_path / "mixed.cfg", tmp_path / "out")
    student = spacy.load(tmp_path / "out" / "model-best")
    assert student.meta["performance"]["halfree_f"] == 1.0
    assert predictions(student, "ents", TEXTS) == predictions(teacher, "ents", TEXTS)
    assert len(DocBin().from_disk(soft)) == 5
