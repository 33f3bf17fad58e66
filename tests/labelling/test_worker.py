"""The worker: settings that can be sent around, and teachers that are loaded once."""

from __future__ import annotations

import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import spacy
from jobs import label
from many_texts import make_texts
from own_functions import CODE, forget, write_code, write_pipeline
from spacy.language import Language
from spacy.tokens import Doc
from toy_pipelines import OTHER_TEXTS, TEXTS, make_examples, make_nlp, train

from spacy_halfree.data.records import Record
from spacy_halfree.distill.teachers import annotate
from spacy_halfree.files import hash_file, hash_folder
from spacy_halfree.labelling.worker import TeacherWorker
from spacy_halfree.tagging.soft_labels import KEY


def to_records(texts: list[str]) -> list[Record]:
    return [Record(id=f"n{i}", text=text) for i, text in enumerate(texts)]


@pytest.fixture
def worker(teacher_path: Path) -> TeacherWorker:
    return TeacherWorker((str(teacher_path),))


def test_records_are_what_the_pipeline_says(worker: TeacherWorker, teacher_path: Path) -> None:
    texts = [text for text in [*TEXTS, *OTHER_TEXTS] if text.strip()]
    labelled = worker(to_records(texts))
    nlp = spacy.load(teacher_path)
    docs = list(nlp.pipe(texts))
    names = nlp.get_pipe("halfree_tagger").scheme.tag_names
    assert [record["id"] for record in labelled] == [f"n{i}" for i in range(len(texts))]
    for record, doc, soft in zip(labelled, docs, annotate(nlp, texts), strict=True):
        assert record["text"] == doc.text
        assert record["words"] == [token.text for token in doc if not token.is_space]
        assert record["tags"] == [names[tag] for tag in soft.user_data[KEY]["tags"]]
        assert len(record["probabilities"]) == len(record["words"])
        assert all(0 < probability <= 1.001 for probability in record["probabilities"])
        for own, ent in zip(record["entities"], doc.ents, strict=True):
            assert doc.text[own["start"] : own["end"]] == ent.text
            assert own["label"] == ent.label_
            assert own["confidence"] == pytest.approx(ent._.confidence, abs=1e-4)
        payload = record["soft_labels"]
        assert payload["probabilities"].dtype == np.float16
        assert payload["probabilities"].shape == (len(record["words"]), len(names))


@pytest.mark.parametrize("target", ["tags", "spans"])
def test_other_targets(target: str, tmp_path: Path) -> None:
    nlp, tagger = make_nlp(target=target)
    train(nlp, make_examples(nlp, target))
    nlp.to_disk(tmp_path)
    labelled = TeacherWorker((str(tmp_path),), top_k=2)(to_records(TEXTS))
    for record, doc in zip(labelled, nlp.pipe(TEXTS), strict=True):
        assert record["soft_labels"]["top_probabilities"].shape == (len(doc), 2)
        if target == "tags":
            assert record["tags"] == [token.tag_ for token in doc]
            assert record["entities"] == []
        else:
            spans = doc.spans[tagger.spans_key]
            assert [own["label"] for own in record["entities"]] == [s.label_ for s in spans]


def test_words_are_taken_as_they_are(worker: TeacherWorker) -> None:
    words = ["Play", "AbbeyRoad!", "by", "The Beatles"]
    (labelled,) = worker([Record(words=words, spaces=[True, False, True, False])])
    assert labelled["words"] == words
    assert labelled["text"] == "Play AbbeyRoad!by The Beatles"
    assert "id" not in labelled


def test_workers_are_sent_as_settings(worker: TeacherWorker, teacher_path: Path) -> None:
    worker.load()
    sent = pickle.dumps(worker)
    assert len(sent) < 2_000
    code = (
        "import pickle, sys\n"
        "worker = pickle.loads(sys.stdin.buffer.read())\n"
        f"(labelled,) = worker([{{'text': {TEXTS[0]!r}}}])\n"
        "print(*labelled['tags'], sep='|')\n"
    )
    result = subprocess.run([sys.executable, "-c", code], input=sent, capture_output=True)
    assert result.returncode == 0, result.stderr
    (own,) = worker([Record(text=TEXTS[0])])
    assert result.stdout.decode("utf8").strip() == "|".join(own["tags"])


def test_equal_workers_share_their_teachers(worker: TeacherWorker, teacher_path: Path) -> None:
    other = pickle.loads(pickle.dumps(worker))
    checked = TeacherWorker(worker.models, sha256=worker.hashes())
    assert worker.load()[0] is other.load()[0] is checked.load()[0]


def test_another_pipeline_at_the_same_place(teacher_path: Path) -> None:
    right = TeacherWorker((str(teacher_path),), batch_size=3, sha256=(hash_folder(teacher_path),))
    assert right.load()
    for batch_size in (3, 5):
        wrong = TeacherWorker((str(teacher_path),), batch_size=batch_size, sha256=("0" * 64,))
        with pytest.raises(ValueError, match=r"\[H057\]"):
            wrong.load()


def test_teachers_that_are_trained_anew(tmp_path: Path) -> None:
    """At the same place and in the same process: who says what the files are gets what they are."""
    nlp, _ = make_nlp()
    nlp.initialize(lambda: make_examples(nlp))
    nlp.to_disk(tmp_path)
    worker = TeacherWorker((str(tmp_path),))
    before = worker.hashes()
    train(nlp, make_examples(nlp))
    nlp.to_disk(tmp_path)
    assert worker.hashes() == before
    now = TeacherWorker(worker.models, sha256=(hash_folder(tmp_path),))
    assert now.hashes() == now.sha256 != before
    nlp.meta["version"] = "1.2.3"
    nlp.to_disk(tmp_path)
    worker.forget_what_has_changed()
    assert worker.load()[0].meta["version"] == "1.2.3"


@Language.component("halfree_test_fails_at_times")
def fails_at_times(doc: Doc) -> Doc:
    if "poison" in doc.text:
        raise RuntimeError("no such luck")
    if doc.text.startswith("exit"):
        raise MemoryError
    return doc


@Language.component("halfree_test_always_fails")
def always_fails(doc: Doc) -> Doc:
    raise RuntimeError(f"device lost at {doc.text}")


@pytest.fixture(scope="module")
def fragile(teacher_path: Path, tmp_path_factory: pytest.TempPathFactory) -> TeacherWorker:
    nlp = spacy.load(teacher_path)
    nlp.add_pipe("halfree_test_fails_at_times", first=True)
    path = tmp_path_factory.mktemp("fragile")
    nlp.to_disk(path)
    return TeacherWorker((str(path),))


def test_records_at_which_teachers_fail(fragile: TeacherWorker, worker: TeacherWorker) -> None:
    texts = [TEXTS[0], "a poison", *TEXTS[1:], "exit"]
    labelled = fragile(to_records(texts))
    assert [i for i, record in enumerate(labelled) if "error" in record] == [1, len(texts) - 1]
    assert "RuntimeError: no such luck" in labelled[1]["error"]
    assert "MemoryError" in labelled[-1]["error"]
    assert (labelled[1]["id"], labelled[1]["text"]) == ("n1", "a poison")
    # the others are as if these had never been there
    good = [record["tags"] for record in labelled if "tags" in record]
    assert good == [record["tags"] for record in worker(to_records(TEXTS))]
    words = ["of", "poison"]
    (alone,) = fragile([Record(words=words)])
    assert "no such luck" in alone.pop("error")
    assert alone == {"words": words}


def test_records_of_which_most_fail(fragile: TeacherWorker, tmp_path: Path) -> None:
    """As the last part of an input may be: a run goes on, as long as the teacher does."""
    labelled = fragile(to_records(["poison"] * 3))
    assert all("no such luck" in record["error"] for record in labelled)
    (tmp_path / "in").mkdir()
    lines = [*(f"fine {i}" for i in range(256)), *["poison"] * 3]
    (tmp_path / "in" / "a.txt").write_text("\n".join(lines), encoding="utf8")
    (tmp_path / "in" / "b.txt").write_text("poison\npoison\nfine", encoding="utf8")
    labelled = label(Path(fragile.models[0]), tmp_path / "in", tmp_path / "out")
    assert labelled.n_texts == 257
    assert [bad.line for bad in labelled.bad] == [257, 258, 259, 1, 2]


@pytest.mark.parametrize("n_texts", [1, 3])
def test_teachers_that_fail_at_everything(teacher_path: Path, tmp_path: Path, n_texts: int) -> None:
    """That is not the texts' fault: nothing is set aside."""
    nlp = spacy.load(teacher_path)
    nlp.add_pipe("halfree_test_always_fails", first=True)
    nlp.to_disk(tmp_path)
    with pytest.raises(ValueError, match=rf"\[H063\] .* {n_texts} texts .*lost at This is"):
        TeacherWorker((str(tmp_path),))(to_records(TEXTS[:n_texts]))


def test_the_mean_of_teachers_without_the_same_labels(teacher_path: Path, tmp_path: Path) -> None:
    nlp, _ = make_nlp(labels=["another"])
    nlp.initialize()
    nlp.to_disk(tmp_path)
    with pytest.raises(ValueError, match=r"\[H040\]"):
        TeacherWorker((str(teacher_path), str(tmp_path))).load()


def test_words_of_the_past_are_forgotten(worker: TeacherWorker) -> None:
    (nlp,) = worker.load()
    worker(to_records(make_texts(50)))
    n_strings, n_lexemes = len(nlp.vocab.strings), len(list(nlp.vocab))
    worker(to_records([f"unheard{i} of{i}" for i in range(2000)]))
    assert (len(nlp.vocab.strings), len(list(nlp.vocab))) == (n_strings, n_lexemes)
    assert worker(to_records(TEXTS))[0]["tags"]


def test_code_that_the_teachers_need(tmp_path: Path) -> None:
    pipeline, _ = write_pipeline(tmp_path)
    with pytest.raises(ValueError, match=r"\[E893\]"):
        TeacherWorker(pipeline).load()
    code = write_code(tmp_path)
    worker = TeacherWorker(pipeline, code=code)
    (record,) = worker(to_records(["unit PUMP3_G1 is off"]))
    assert record["words"] == ["unit", "PUMP3", "_", "G1", "is", "off"]
    assert worker.hashes() == (hash_folder(pipeline), hash_file(code))
    checked = pickle.loads(pickle.dumps(replace(worker, sha256=worker.hashes())))
    assert checked.load()[0] is worker.load()[0]
    # what the teachers say may depend on it
    before = worker.load()[0]
    code.write_text(f"{CODE}\n# changed\n", encoding="utf8")
    worker.forget_what_has_changed()
    assert worker.load()[0] is not before
    assert worker.hashes() == (hash_folder(pipeline), hash_file(code))
    with pytest.raises(ValueError, match=r"\[H057\].*my_functions.py"):
        checked.load()
    worker.close()
    forget(code)
