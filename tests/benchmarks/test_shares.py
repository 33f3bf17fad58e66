"""Where the time goes: what is counted, and that the real parts are what is called."""

from pathlib import Path

import numpy as np
import pytest
import spacy

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("spacy_transformers")

from benchmarks.accuracy.levers import STUDENT
from benchmarks.accuracy.results import config_hash
from benchmarks.accuracy.workspace import Run
from benchmarks.speed.shares import measure_teacher
from benchmarks.speed.student_shares import STAGES, Stages, measure_student, multiply_adds
from benchmarks.speed.systems import find_system
from benchmarks.speed.training_speed import measure_training
from spacy_halfree.data.docbin import write_docs
from spacy_halfree.distill.teachers import annotate

TEXTS = [f"play song{i} by singer{i} now" for i in range(30)]


def test_multiply_adds_counted_by_hand() -> None:
    nlp = spacy.blank("en")
    tok2vec = {
        "@architectures": "spacy.HashEmbedCNN.v2",
        **{"pretrained_vectors": None, "width": 8, "depth": 2, "embed_size": 100},
        **{"window_size": 1, "maxout_pieces": 3, "subword_features": True},
    }
    model = {"@architectures": "halfree.FirstOrderTagger.v1", "tok2vec": tok2vec}
    tagger = nlp.add_pipe("halfree_tagger", config={"labels": ["SONG"], "model": model})
    nlp.initialize()
    n_tags = tagger.model.get_dim("nO")  # type: ignore[attr-defined]
    # four embeddings of 8 side by side, to three pieces of 8
    mix = 4 * 8 * 3 * 8
    # three words of 8 side by side, to three pieces of 8
    convolution = 3 * 8 * 3 * 8
    total, looked_up = multiply_adds(tagger.model)  # type: ignore[attr-defined]
    assert total == mix + 2 * convolution + 8 * n_tags
    assert looked_up == mix + convolution


def test_shares_of_a_student(folder: Path) -> None:
    found = measure_student(folder, TEXTS, rounds=2)
    # the multiply-adds that docs/speed.md states, for tags of one label
    assert found["looked_up_per_word"] == 193_536
    n_tags = spacy.load(folder).get_pipe("halfree_tagger").model.get_dim("nO")  # type: ignore[attr-defined]
    assert found["multiply_adds_per_word"] == 110_592 + 4 * 82_944 + 96 * n_tags
    assert found["microseconds_per_word"].keys() == set(STAGES)
    for value in found.values():
        if isinstance(value, dict) and "median" in value:
            assert value["least"] <= value["median"] <= value["greatest"]


def test_stages_are_the_taggers_own(folder: Path) -> None:
    nlp = spacy.load(folder)
    stages = Stages(nlp)
    assert stages.measure(TEXTS).keys() == set(STAGES)
    # the vectors that it times are those that the tagger tags with
    model = nlp.get_pipe("halfree_tagger").model  # type: ignore[attr-defined]
    docs = [nlp.make_doc(text) for text in TEXTS]
    own = model.attrs["token_vectors"](model.get_ref("tok2vec"), docs)
    np.testing.assert_array_equal(stages.vectors(docs), own)


def test_share_of_decoding(folder: Path) -> None:
    # of any pipeline with a tagger
    found = measure_teacher(folder, TEXTS, rounds=1)
    assert found.keys() == {"batches of 64", "batches of 1"}
    assert all(value["median"] > 0 for value in found.values())


def test_training_is_that_of_spacy(project: Path, folder: Path) -> None:
    run = Run("snips", "100", 1)
    run.prepare()
    nlp = spacy.load(folder)
    hashes = "-".join(config_hash(teacher) for teacher in STUDENT.teachers)
    pool = run.training / f"soft-{hashes}.spacy"
    docs = list(annotate(nlp, TEXTS))
    for doc in docs:
        doc.set_ents([doc.char_span(5, 10, label="SONG", alignment_mode="expand")])
    write_docs(docs, pool)
    found = measure_training(run, STUDENT, find_system("spacy_ner_hard"), 2, words_a_turn=50)
    assert found.keys() == {"student", "ner", "student_by_ner"}
    for value in found.values():
        assert 0 < value["least"] <= value["median"] <= value["greatest"]
