"""Folders of shards: whole, countable, restartable, and read by `spacy train`."""

from __future__ import annotations

import json
import logging
import math
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import spacy
from jobs import TEXTS_IN_A_PART, Noted, Write, label, stop_after, texts_of
from many_texts import make_texts
from spacy.tokens import DocBin

from spacy_halfree.data.inputs import find_inputs
from spacy_halfree.data.parts import PartSource
from spacy_halfree.distill.sharded_corpus import ShardedCorpus
from spacy_halfree.distill.teachers import annotate
from spacy_halfree.labelling.engines.local import run_locally
from spacy_halfree.labelling.label_files import LabellingSettings, label_files
from spacy_halfree.labelling.places import parts_folder
from spacy_halfree.labelling.shards import ShardTask, Summary
from spacy_halfree.labelling.worker import LOADED, Progress, TeacherWorker
from spacy_halfree.tagging.soft_labels import KEY


def test_folder(teacher_path: Path, write_texts: Write, tmp_path: Path) -> None:
    write_texts("in/a.txt", TEXTS_IN_A_PART + 10)
    write_texts("in/b/c.txt", 3)
    (tmp_path / "in" / "b" / "bad.txt").write_bytes(b"good\n\xff\nfine")
    (tmp_path / "in" / "empty.txt").touch()
    output = tmp_path / "out"
    labelled = label(teacher_path, tmp_path / "in", output)
    assert (labelled.output, labelled.n_texts) == (output, TEXTS_IN_A_PART + 15)
    names = ["00000-000000", "00000-000001", "00001-000000", "00002-000000"]
    assert sorted(path.stem for path in output.glob("*.spacy")) == names
    texts = [*make_texts(TEXTS_IN_A_PART + 10), "good", "fine", *make_texts(3)]
    assert texts_of(output) == texts
    manifest = json.loads((tmp_path / "out.manifest.json").read_text("utf8"))
    nlp = spacy.load(teacher_path)
    docs = list(nlp.pipe(texts))
    assert manifest["counts"] == {
        "shards": 4,
        "texts": len(texts),
        "words": sum(map(len, docs)),
        "spans": sum(len(doc.ents) for doc in docs),
        "bad": 1,
    }
    assert [(bad["file"], bad["line"]) for bad in manifest["bad"]] == [("b/bad.txt", 2)]
    assert manifest["tags"] == list(nlp.get_pipe("halfree_tagger").scheme.tag_names)
    assert set(manifest["input_sha256"]) == {"a.txt", "b/c.txt", "b/bad.txt", "empty.txt"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out", "out.manifest.json"]


def test_folder_and_file_hold_the_same(
    teacher_path: Path, write_texts: Write, tmp_path: Path
) -> None:
    texts = write_texts("texts.txt", TEXTS_IN_A_PART + 10)
    label(teacher_path, texts, tmp_path / "folder")
    label(teacher_path, texts, tmp_path / "file.spacy")
    joined = DocBin(store_user_data=True)
    for path in sorted((tmp_path / "folder").glob("*.spacy")):
        joined.merge(DocBin(store_user_data=True).from_disk(path))
    assert joined.to_bytes() == (tmp_path / "file.spacy").read_bytes()


def test_a_file_has_its_manifest_beside_it(teacher_path: Path, tmp_path: Path) -> None:
    """The same as that of a folder, with what could not be used."""
    texts = tmp_path / "texts.txt"
    texts.write_bytes(b"first\n\xff\nlast")
    label(teacher_path, texts, tmp_path / "folder")
    labelled = label(teacher_path, texts, tmp_path / "file.spacy")
    manifest = (tmp_path / "file.spacy.manifest.json").read_text("utf8")
    assert manifest == (tmp_path / "folder.manifest.json").read_text("utf8")
    values = json.loads(manifest)
    assert (values["counts"]["texts"], values["counts"]["bad"]) == (2, 1)
    assert [(bad["file"], bad["line"]) for bad in values["bad"]] == [("texts.txt", 2)]
    # and whoever asks again is told the same
    again = label(teacher_path, texts, tmp_path / "file.spacy", resume=True)
    assert (again.n_texts, again.n_known, again.bad) == (2, 2, labelled.bad)


def test_what_is_in_the_way(teacher_path: Path, write_texts: Write, tmp_path: Path) -> None:
    texts = write_texts("texts.txt", 3)
    output = tmp_path / "out"
    label(teacher_path, texts, output)
    with pytest.raises(FileExistsError, match=r"\[H024\]"):
        label(teacher_path, texts, output)
    assert label(teacher_path, texts, output, overwrite=True).n_texts == 3
    (output / "notes.md").touch()
    with pytest.raises(FileExistsError, match=r"\[H060\]"):
        label(teacher_path, texts, output, resume=True, overwrite=True)
    assert texts_of(output)
    with pytest.raises(NotADirectoryError, match=r"\[H061\]"):
        label(teacher_path, texts, write_texts("file", 1), resume=True, overwrite=True)
    for name in ("out.txt", "out.jsonl", "out.parquet"):
        with pytest.raises(ValueError, match=r"\[H023\]"):
            label(teacher_path, texts, tmp_path / name, resume=True, overwrite=True)
    with pytest.raises(ValueError, match=r"\[H023\]"):
        label(teacher_path, texts, tmp_path / "new.spacy", shard_format="parquet")


def test_a_package_is_missing(
    teacher_path: Path, write_texts: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is labelled."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    worker = TeacherWorker((str(teacher_path),))
    settings = LabellingSettings(shard_format="parquet")
    with pytest.raises(ImportError, match=r"\[H054\].*pyarrow.*`formats`"):
        label_files(worker, write_texts("a.txt", 3), tmp_path / "out", settings=settings)
    assert not (tmp_path / "out.parts").exists()


def test_too_much_is_bad(teacher_path: Path, tmp_path: Path) -> None:
    texts = tmp_path / "texts.txt"
    lines = [b"\xff", *(text.encode() for text in make_texts(TEXTS_IN_A_PART)), b"\xff", b"good"]
    texts.write_bytes(b"\n".join([*lines, b"\xff"]))
    output = tmp_path / "out"
    with pytest.raises(ValueError, match=r"\[H055\] 3 records .* allows \(2\)"):
        label(teacher_path, texts, output, max_bad=2)
    assert not output.exists()
    labelled = label(teacher_path, texts, output, max_bad=3, resume=True)
    assert labelled.n_texts == TEXTS_IN_A_PART + 1
    assert [bad.line for bad in labelled.bad] == [1, TEXTS_IN_A_PART + 2, len(lines) + 1]


def test_poison(teacher_path: Path, tmp_path: Path) -> None:
    """A text of five million characters and one that is no text are set aside."""
    texts = tmp_path / "texts.txt"
    texts.write_bytes(b"first\n" + b"very long " * 500_000 + b"\n\xc3\x28\nlast")
    output = tmp_path / "out"
    labelled = label(teacher_path, texts, output)
    assert labelled.n_texts == 2
    assert texts_of(output) == ["first", "last"]
    assert [bad.line for bad in labelled.bad] == [2, 3]


def test_parquet(teacher_path: Path, write_texts: Write, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    texts = write_texts("texts.txt", 30)
    for name, top_k in (("all", None), ("top", 2)):
        worker = TeacherWorker((str(teacher_path),), top_k=top_k)
        assert label(worker, texts, tmp_path / name, shard_format="parquet").n_texts == 30
    with pytest.raises(ValueError, match=r"\[H062\].*parquet files, not \.spacy"):
        ShardedCorpus(tmp_path / "all").shards()
    table = parquet.read_table(tmp_path / "all")
    rows = table.to_pylist()
    nlp = spacy.load(teacher_path)
    for row, soft in zip(rows, annotate(nlp, make_texts(30)), strict=True):
        probabilities = soft.user_data[KEY]["probabilities"].astype(np.float64)
        entropies = [-sum(p * math.log(p) for p in own if p > 0) for own in probabilities.tolist()]
        assert row["entropies"] == pytest.approx(entropies, abs=1e-5)
    for number, (row, doc) in enumerate(zip(rows, nlp.pipe(make_texts(30)), strict=True), 1):
        assert row["id"] == f"texts.txt:{number}"
        assert row["text"] == doc.text
        assert row["words"] == [token.text for token in doc]
        assert len(row["tags"]) == len(row["probabilities"]) == len(row["entropies"]) == len(doc)
        assert [
            (entity["start"], entity["end"], entity["label"]) for entity in row["entities"]
        ] == [(ent.start_char, ent.end_char, ent.label_) for ent in doc.ents]
        assert [entity["confidence"] for entity in row["entities"]] == [
            pytest.approx(ent._.confidence, abs=1e-3) for ent in doc.ents
        ]
    top = parquet.read_table(tmp_path / "top").to_pylist()
    assert [row["tags"] for row in top] == [row["tags"] for row in rows]
    for row, other in zip(rows, top, strict=True):
        # what is missing to 1 spread evenly has at least as much entropy as what it stands for
        pairs = zip(other["entropies"], row["entropies"], strict=True)
        assert all(most > own - 0.01 for most, own in pairs)


def test_parquet_of_many_shards(teacher_path: Path, write_texts: Write, tmp_path: Path) -> None:
    """They have one schema, though nothing is found in some, and there is no other file."""
    dataset = pytest.importorskip("pyarrow.dataset")
    from pyarrow import parquet

    write_texts("in/a.txt", TEXTS_IN_A_PART + 5)
    write_texts("in/c.txt", 3)
    (tmp_path / "in" / "b.txt").write_text("?\n!")
    (tmp_path / "in" / "empty.txt").touch()
    output = tmp_path / "out"
    label(teacher_path, tmp_path / "in", output, shard_format="parquet")
    paths = sorted(output.iterdir())
    assert [path.suffix for path in paths] == [".parquet"] * 4
    assert len({str(parquet.read_schema(path)) for path in paths}) == 1
    rows = dataset.dataset(output, format="parquet").to_table().to_pylist()
    assert [row["id"] for row in rows[-5:]] == [
        "b.txt:1",
        "b.txt:2",
        *(f"c.txt:{i}" for i in (1, 2, 3)),
    ]
    assert len(rows) == TEXTS_IN_A_PART + 10
    assert any(row["entities"] for row in rows)
    assert [row["entities"] for row in rows[-5:-3]] == [[], []]


def test_places_that_cannot_be_written(
    teacher_path: Path, write_texts: Write, tmp_path: Path
) -> None:
    texts = write_texts("in/texts.txt", 3).parent
    for output, number in (
        (texts / "out", "H065"),
        (texts, "H065"),
        (Path("s3://bucket/out"), "H066"),
        (tmp_path, "H088"),
    ):
        with pytest.raises(ValueError, match=rf"\[{number}\]"):
            label(teacher_path, texts, output, resume=True, overwrite=True)
        # and under its other name
        with pytest.raises(ValueError, match=rf"\[{number}\]"):
            label(teacher_path, texts.as_uri(), output, resume=True, overwrite=True)
    with pytest.raises(ValueError, match=r"\[H013\].*csv"):
        label(teacher_path, texts, tmp_path / "out", shard_format="csv")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["in", "texts.txt"]


def test_an_input_among_what_is_replaced(
    teacher_path: Path, write_texts: Write, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    label(teacher_path, write_texts("texts.txt", 3), output)
    for name in ("out/00000-000000.spacy", "out.parts/texts.txt"):
        texts = write_texts(name, 3) if name.endswith(".txt") else tmp_path / name
        (tmp_path / "link.spacy").unlink(missing_ok=True)
        (tmp_path / "link.spacy").symlink_to(texts)
        for location in (texts, tmp_path / "link.spacy"):
            with pytest.raises(ValueError, match=r"\[H088\]"):
                label(teacher_path, location, output, resume=True, overwrite=True)
    assert len(texts_of(output)) == 3


def test_an_output_behind_a_link(teacher_path: Path, write_texts: Write, tmp_path: Path) -> None:
    texts = write_texts("texts.txt", 3)
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    label(teacher_path, texts, tmp_path / "link", overwrite=True)
    assert (tmp_path / "link").is_symlink()
    assert len(texts_of(tmp_path / "disk")) == 3


def test_parts_end_where_much_is_bad(teacher_path: Path, tmp_path: Path) -> None:
    texts = tmp_path / "texts.txt"
    texts.write_bytes(b"\xff\n" * 1000 + b"good")
    with pytest.raises(ValueError, match=r"\[H055\] 256 records"):
        label(teacher_path, texts, tmp_path / "out", max_bad=10)


def test_other_files_beside_the_output_are_kept(
    teacher_path: Path, write_texts: Write, tmp_path: Path
) -> None:
    """What has the names of a run's own files, and was not written by one."""
    texts, output = write_texts("texts.txt", 3), tmp_path / "out.spacy"
    manifest = tmp_path / "out.spacy.manifest.json"
    manifest.write_text('{"mine": 1}')
    with pytest.raises(FileExistsError, match=r"\[H024\].*manifest"):
        label(teacher_path, texts, output)
    assert manifest.read_text() == '{"mine": 1}'
    manifest.unlink()
    mine = tmp_path / "out.spacy.parts" / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("text")
    for overwrite in (False, True):
        with pytest.raises(FileExistsError, match=r"\[H103\]"):
            label(teacher_path, texts, output, overwrite=overwrite)
    assert mine.read_text() == "text"
    mine.unlink()
    mine.parent.rename(tmp_path / "elsewhere")
    mine.parent.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError, match=r"\[H103\]"):
        label(teacher_path, texts, output, overwrite=True)
    mine.parent.unlink()
    manifest.mkdir()
    with pytest.raises(FileExistsError, match=r"\[H103\].*manifest"):
        label(teacher_path, texts, output, overwrite=True)
    manifest.rmdir()
    label(teacher_path, texts, output)
    assert output.is_file()
    assert not mine.parent.exists()


def test_what_comes_to_the_outputs_place_meanwhile_is_kept(
    teacher_path: Path, write_texts: Write, tmp_path: Path
) -> None:
    texts = write_texts("texts.txt", 3)
    for name in ("out", "out.spacy"):
        mine = tmp_path / "out" / "mine.txt" if name == "out" else tmp_path / name

        def engine(
            source: PartSource, task: ShardTask, on_progress: Progress, mine: Path = mine
        ) -> Iterator[Summary]:
            mine.parent.mkdir(exist_ok=True)
            mine.write_text("mine")
            yield from run_locally(source, task, on_progress)

        with pytest.raises(FileExistsError, match=r"\[H024\]"):
            label(teacher_path, texts, tmp_path / name, engine=engine)
        assert mine.read_text() == "mine"


def test_resuming_does_not_replace_another_file(
    teacher_path: Path, write_texts: Write, tmp_path: Path
) -> None:
    texts, output = write_texts("texts.txt", TEXTS_IN_A_PART + 3), tmp_path / "out.spacy"
    with pytest.raises(OSError, match="power failed"):
        label(teacher_path, texts, output, engine=stop_after(1))
    output.write_text("mine")
    with pytest.raises(FileExistsError, match=r"\[H024\]"):
        label(teacher_path, texts, output, resume=True)
    assert output.read_text() == "mine"
    with pytest.raises(OSError, match="power failed"):
        label(teacher_path, texts, output, resume=True, overwrite=True, engine=stop_after(0))
    # stopped and resumed: it was allowed once
    label(teacher_path, texts, output, resume=True)
    docs = list(DocBin().from_disk(output).get_docs(spacy.blank("en").vocab))
    assert len(docs) == TEXTS_IN_A_PART + 3


@pytest.mark.parametrize("name", ["out", "out.spacy"])
def test_a_shard_that_is_taken_away(
    teacher_path: Path, write_texts: Write, tmp_path: Path, name: str
) -> None:
    def engine(source: PartSource, task: ShardTask, on_progress: Progress) -> Iterator[Summary]:
        yield from run_locally(source, task, on_progress)
        (task.folder / "00000-000000.spacy").unlink()

    texts = write_texts("texts.txt", 3)
    with pytest.raises(FileNotFoundError, match=r"\[H051\]"):
        label(teacher_path, texts, tmp_path / name, engine=engine)
    assert not (tmp_path / name).exists()


def test_what_exists_is_refused_before_anything_is_read(
    teacher_path: Path, write_texts: Write, tmp_path: Path
) -> None:
    texts = write_texts("texts.txt", TEXTS_IN_A_PART + 1)
    output, stopped = tmp_path / "out", tmp_path / "stopped"
    label(teacher_path, texts, output)
    with pytest.raises(OSError, match="power failed"):
        label(teacher_path, texts, stopped, engine=stop_after(1))
    for place, number in ((output, "H024"), (stopped, "H048")):
        with pytest.raises(FileExistsError, match=rf"\[{number}\]"):
            label(tmp_path / "no_teacher", tmp_path / "none.txt", place)


def test_teachers_are_closed_whatever_stops_a_run(
    teacher_path: Path, write_texts: Write, tmp_path: Path
) -> None:
    texts, worker = write_texts("texts.txt", 3), TeacherWorker((str(teacher_path),))
    events = Noted()
    with pytest.raises(OSError, match="power failed"):
        label(worker, texts, tmp_path / "out", engine=stop_after(0), events=events)
    # nothing is kept where nothing was finished
    assert (events.n_ends, events.parts_folder) == (1, None)
    assert not parts_folder(tmp_path / "out").exists()
    assert LOADED._loaded is None
    label(worker, texts, tmp_path / "out")
    assert LOADED._loaded is None


def test_outputs_are_not_read_with_raw_texts(
    teacher_path: Path, write_texts: Write, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Only an output that is named itself is; a stopped run's parts are left out, too."""
    texts = write_texts("texts.txt", TEXTS_IN_A_PART + 1)
    pool = tmp_path / "pool"
    for name in ("shards", "file.spacy"):
        label(teacher_path, texts, pool / name)
    with pytest.raises(OSError, match="power failed"):
        label(teacher_path, texts, pool / "stopped", engine=stop_after(1))
    shutil.copy(texts, pool / "raw.txt")
    with caplog.at_level(logging.WARNING, "spacy.halfree"):
        assert [file.name for file in find_inputs(str(pool))] == ["raw.txt"]
    for name in ("shards", "file.spacy", "stopped.parts"):
        assert f"[W047] {pool / name} is" in caplog.text
    assert label(teacher_path, pool / "shards", tmp_path / "again").n_texts == TEXTS_IN_A_PART + 1
