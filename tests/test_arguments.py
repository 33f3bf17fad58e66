"""The public functions take paths as users write them, and refuse what makes no sense."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import spacy
from spacy.language import Language
from toy_pipelines import TEXTS

import spacy_halfree as halfree
from spacy_halfree.labelling.worker import TeacherWorker


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, teacher: Language) -> Path:
    """A pipeline, labelled and raw texts."""
    folder = tmp_path_factory.mktemp("files")
    teacher.to_disk(folder / "model")
    docs = teacher.pipe(TEXTS * 3)
    rows = [
        {
            "text": f"{doc.text} {number}",
            "spans": [[ent.start_char, ent.end_char, ent.label_] for ent in doc.ents],
        }
        for number, doc in enumerate(docs)
    ]
    (folder / "gold.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf8")
    (folder / "raw.txt").write_text("\n".join(f"{t} {i}" for i, t in enumerate(TEXTS * 10)))
    return folder


@pytest.mark.parametrize("kind", [str, Path])
def test_paths_and_strings(kind: type, files: Path, tmp_path: Path) -> None:
    model, gold, raw = (kind(files / name) for name in ("model", "gold.jsonl", "raw.txt"))
    worker = TeacherWorker(model)
    labelled = halfree.label_files(worker, raw, kind(tmp_path / "soft.spacy"))
    assert labelled.n_texts == 10 * len(TEXTS)
    few = halfree.SuggestionSettings(n=2, max_similarity=1.0)
    found = halfree.suggest(worker, raw, [gold], settings=few)
    content = halfree.write_suggestions(found.texts, "doccano", offsets="graphemes")
    assert len(content.splitlines()) == len(found.texts) == 2
    (report,) = halfree.check_files(gold).reports
    assert report.n_texts == 3 * len(TEXTS)
    page = halfree.make_report(model, gold, kind(tmp_path / "report.html"), teacher=model)
    assert len(page.figures.texts) == 3 * len(TEXTS)
    assert halfree.calibrate(model, gold, dry_run=True).temperature > 0
    # an encoder is not loaded before the project runs
    settings = halfree.ProjectSettings(encoder="some/encoder")
    corpus = halfree.CorpusSettings(dev=0.25)
    folder = kind(tmp_path / "p")
    project = halfree.create_project(folder, gold, raw, settings=settings, corpus=corpus)
    assert len(project.split.dev) == 3
    assert (tmp_path / "p" / "project.yml").is_file()


def test_what_makes_no_sense(files: Path, teacher: Language) -> None:
    raw = str(files / "raw.txt")
    worker = TeacherWorker(str(files / "model"))
    out_of_range = [
        lambda: list(halfree.annotate(teacher, TEXTS, top_k=0)),
        lambda: list(halfree.annotate(teacher, TEXTS, batch_size=0)),
        lambda: list(halfree.annotate([], TEXTS)),
        lambda: TeacherWorker(()),
        lambda: TeacherWorker("model", batch_size=0),
        lambda: TeacherWorker("model", precision="int3"),
        lambda: halfree.ReadSettings(offsets="bytes"),
        lambda: halfree.SuggestionSettings(n=0),
        lambda: halfree.SuggestionSettings(diversity=-1.0),
        lambda: halfree.SuggestionSettings(max_similarity=2.0),
        lambda: halfree.LabellingSettings(shard_format="csv"),
        lambda: halfree.ProjectSettings(teacher="bert", encoder="x"),
        lambda: halfree.AdaptationSettings(steps=0),
        lambda: halfree.AdaptationSettings(masked_share=1.5),
        lambda: halfree.write_suggestions([], "brat"),
    ]
    for call in out_of_range:
        with pytest.raises(ValueError, match=r"\[H013\]"):
            call()
    with pytest.raises(TypeError, match=r"\[H107\]"):
        list(halfree.annotate(teacher, "Find bars"))
    with pytest.raises(ValueError, match=r"\[H110\]"):
        halfree.write_suggestions([], "prodigy", offsets="graphemes")
    with pytest.raises(ValueError, match=r"\[H108\]"):
        halfree.load_soft_labels(spacy.blank("en")("Find bars"))
    disagreement = halfree.SuggestionSettings(measure="disagreement")
    with pytest.raises(ValueError, match=r"\[H083\]"):
        halfree.suggest(worker, raw, settings=disagreement)
    teachers = halfree.Teachers([teacher])
    teachers.close()
    with pytest.raises(ValueError, match=r"\[H106\]"):
        list(teachers.annotate(TEXTS))
    (doc,) = halfree.annotate(teacher, TEXTS[:1])
    assert len(halfree.load_soft_labels(doc).tags) == len(doc)
