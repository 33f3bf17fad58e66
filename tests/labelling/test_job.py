"""Folders of shards: whole, countable, restartable, and read by `spacy train`."""

from __future__ import annotations

import gzip
import json
import math
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import spacy
from many_texts import make_texts
from spacy.tokens import Doc, DocBin

from spacy_halfree.distill.annotate import annotate
from spacy_halfree.labelling.engines.local import run_locally
from spacy_halfree.labelling.job import LabellingJob
from spacy_halfree.labelling.output import parts_folder
from spacy_halfree.labelling.parts import PartSource
from spacy_halfree.labelling.records import Record
from spacy_halfree.labelling.shards import ShardTask, Summary
from spacy_halfree.labelling.worker import Progress, TeacherWorker
from spacy_halfree.tagging.soft_labels import KEY

Write = Callable[[str, int], Path]
TEXTS_IN_A_PART = 256


def no_progress(_: int) -> None:
    pass


def make_job(teacher: Path, texts: Path, output: Path, **settings: object) -> LabellingJob:
    worker = TeacherWorker((str(teacher),), batch_size=4)
    return LabellingJob(worker, str(texts), output, **settings)  # type: ignore[arg-type]


def run(job: LabellingJob, *, resume: bool = False, overwrite: bool = False) -> int:
    job.start(resume=resume, overwrite=overwrite)
    return job.run(run_locally, no_progress)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def texts_of(folder: Path) -> list[str]:
    vocab = spacy.blank("en").vocab
    return [
        doc.text
        for path in sorted(folder.glob("*.spacy"))
        for doc in DocBin().from_disk(path).get_docs(vocab)
    ]


def stop_after(n_parts: int) -> Callable[[PartSource, ShardTask, Progress], Iterator[Summary]]:
    """An engine that fails after some parts."""

    def engine(source: PartSource, task: ShardTask, on_progress: Progress) -> Iterator[Summary]:
        for number, summary in enumerate(run_locally(source, task, on_progress)):
            if number == n_parts:
                raise OSError("power failed")
            yield summary

    return engine


def test_folder(teacher_path: Path, write_texts: Write, tmp_path: Path) -> None:
    write_texts("in/a.txt", TEXTS_IN_A_PART + 10)
    write_texts("in/b/c.txt", 3)
    (tmp_path / "in" / "b" / "bad.txt").write_bytes(b"good\n\xff\nfine")
    (tmp_path / "in" / "empty.txt").touch()
    output = tmp_path / "out"
    assert run(make_job(teacher_path, tmp_path / "in", output)) == TEXTS_IN_A_PART + 15
    names = ["00000-000000", "00000-000001", "00001-000000", "00002-000000"]
    assert sorted(path.stem for path in output.glob("*.spacy")) == names
    texts = [*make_texts(TEXTS_IN_A_PART + 10), "good", "fine", *make_texts(3)]
    assert texts_of(output) == texts
    manifest = json.loads((output / "_manifest.json").read_text("utf8"))
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
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out"]


def test_folder_and_file_hold_the_same(
    teacher_path: Path, write_texts: Write, tmp_path: Path
) -> None:
    texts = write_texts("texts.txt", TEXTS_IN_A_PART + 10)
    run(make_job(teacher_path, texts, tmp_path / "folder"))
    run(make_job(teacher_path, texts, tmp_path / "file.spacy"))
    joined = DocBin(store_user_data=True)
    for path in sorted((tmp_path / "folder").glob("*.spacy")):
        joined.merge(DocBin(store_user_data=True).from_disk(path))
    assert joined.to_bytes() == (tmp_path / "file.spacy").read_bytes()


@pytest.mark.parametrize("n_parts", [1, 2, 3])
def test_resume(teacher_path: Path, write_texts: Write, tmp_path: Path, n_parts: int) -> None:
    write_texts("in/a.txt", 2 * TEXTS_IN_A_PART + 10)
    write_texts("in/b.txt", 5)
    (tmp_path / "in" / "c.txt").write_bytes(b"\xff")
    run(make_job(teacher_path, tmp_path / "in", tmp_path / "whole"))
    output = tmp_path / "out"
    job = make_job(teacher_path, tmp_path / "in", output)
    job.start(resume=False, overwrite=False)
    with pytest.raises(OSError, match="power failed"):
        job.run(stop_after(n_parts), no_progress)
    assert not output.exists()
    with (parts_folder(output) / "finished.jsonl").open("a") as journal:
        journal.write('\n{"file": 0, "number": 9, "is_la')
    with pytest.raises(FileExistsError, match=r"\[H048\]"):
        make_job(teacher_path, tmp_path / "in", output).start(resume=False, overwrite=False)
    again = make_job(teacher_path, tmp_path / "in", output)
    assert again.start(resume=True, overwrite=False) == job.output.n_texts
    done: list[int] = []
    again.run(run_locally, done.append)
    assert sum(done) == again.output.n_texts - job.output.n_texts
    assert contents(output) == contents(tmp_path / "whole")
    assert [(bad.file, bad.line) for bad in again.bad_records()] == [("c.txt", 1)]
    assert not parts_folder(output).exists()


@pytest.mark.parametrize("moment", ["former", "moved"])
def test_stopped_while_the_folder_is_moved(
    teacher_path: Path, write_texts: Write, tmp_path: Path, moment: str
) -> None:
    """Between putting the former output aside and putting the new one in its place; and after."""
    texts = write_texts("texts.txt", 20)
    output = tmp_path / "out"
    run(make_job(teacher_path, texts, output))
    whole = contents(output)
    job = make_job(teacher_path, texts, output)
    job.start(resume=False, overwrite=True)
    for summary in run_locally(
        PartSource(job.files, 1000, TEXTS_IN_A_PART),
        ShardTask(job.worker, job.output.shards),
        no_progress,
    ):
        job.output.keep(summary)
    if moment == "former":
        output.rename(job.output.folder / "former")
    else:
        shutil.rmtree(job.output.shards)
    assert run(make_job(teacher_path, texts, output), resume=True) == 20
    assert contents(output) == whole
    assert not parts_folder(output).exists()


def test_what_is_in_the_way(teacher_path: Path, write_texts: Write, tmp_path: Path) -> None:
    texts = write_texts("texts.txt", 3)
    output = tmp_path / "out"
    run(make_job(teacher_path, texts, output))
    job = make_job(teacher_path, texts, output)
    with pytest.raises(FileExistsError, match=r"\[H024\]"):
        job.start(resume=False, overwrite=False)
    assert run(job, overwrite=True) == 3
    (output / "notes.md").touch()
    with pytest.raises(FileExistsError, match=r"\[H060\]"):
        job.start(resume=True, overwrite=True)
    assert texts_of(output)
    with pytest.raises(NotADirectoryError, match=r"\[H061\]"):
        make_job(teacher_path, texts, write_texts("file", 1)).start(resume=True, overwrite=True)
    for name in ("out.txt", "out.jsonl", "out.parquet"):
        with pytest.raises(ValueError, match=r"\[H023\]"):
            make_job(teacher_path, texts, tmp_path / name).start(resume=True, overwrite=True)
    with pytest.raises(ValueError, match=r"\[H023\]"):
        make_job(teacher_path, texts, tmp_path / "new.spacy", shard_format="parquet").start(
            resume=True, overwrite=True
        )


def test_too_much_is_bad(teacher_path: Path, tmp_path: Path) -> None:
    texts = tmp_path / "texts.txt"
    lines = [b"\xff", *(text.encode() for text in make_texts(TEXTS_IN_A_PART)), b"\xff", b"good"]
    texts.write_bytes(b"\n".join([*lines, b"\xff"]))
    output = tmp_path / "out"
    with pytest.raises(ValueError, match=r"\[H055\] 3 records .* allows \(2\)"):
        run(make_job(teacher_path, texts, output, max_bad=2))
    assert not output.exists()
    job = make_job(teacher_path, texts, output, max_bad=3)
    assert run(job, resume=True) == TEXTS_IN_A_PART + 1
    assert [bad.line for bad in job.bad_records()] == [1, TEXTS_IN_A_PART + 2, len(lines) + 1]


def test_poison(teacher_path: Path, tmp_path: Path) -> None:
    """A text of five million characters and one that is no text are set aside."""
    texts = tmp_path / "texts.txt"
    texts.write_bytes(b"first\n" + b"very long " * 500_000 + b"\n\xc3\x28\nlast")
    output = tmp_path / "out"
    job = make_job(teacher_path, texts, output)
    assert run(job) == 2
    assert texts_of(output) == ["first", "last"]
    assert [bad.line for bad in job.bad_records()] == [2, 3]


def test_an_engine_that_leaves_something_out(
    teacher_path: Path, write_texts: Write, tmp_path: Path
) -> None:
    texts = write_texts("texts.txt", 2 * TEXTS_IN_A_PART + 1)

    def forgetful(skipped: int) -> Callable[..., Iterator[Summary]]:
        def engine(source: PartSource, task: ShardTask, on_progress: Progress) -> Iterator[Summary]:
            for part in source.parts():
                if part.number != skipped:
                    yield task(part)

        return engine

    for skipped in range(3):
        job = make_job(teacher_path, texts, tmp_path / "out")
        job.start(resume=True, overwrite=True)
        with pytest.raises(ValueError, match=rf"\[H059\].*00000-00000{skipped}"):
            job.run(forgetful(skipped), no_progress)
        shutil.rmtree(job.output.folder)


def test_parts_that_come_twice(teacher_path: Path, write_texts: Write, tmp_path: Path) -> None:
    def twice(source: PartSource, task: ShardTask, on_progress: Progress) -> Iterator[Summary]:
        for part in source.parts():
            yield from (task(part), task(part))

    texts = write_texts("texts.txt", TEXTS_IN_A_PART + 1)
    job = make_job(teacher_path, texts, tmp_path / "out")
    job.start(resume=False, overwrite=False)
    assert job.run(twice, no_progress) == TEXTS_IN_A_PART + 1
    run(make_job(teacher_path, texts, tmp_path / "once"))
    assert contents(tmp_path / "out") == contents(tmp_path / "once")


def test_parquet(teacher_path: Path, write_texts: Write, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    texts = write_texts("texts.txt", 30)
    for name, top_k in (("all", None), ("top", 2)):
        worker = TeacherWorker((str(teacher_path),), top_k=top_k)
        job = LabellingJob(worker, str(texts), tmp_path / name, "parquet")
        assert run(job) == 30
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


def test_places_that_cannot_be_written(
    teacher_path: Path, write_texts: Write, tmp_path: Path
) -> None:
    texts = write_texts("in/texts.txt", 3).parent
    for output, number in (
        (texts / "out", "H065"),
        (texts, "H065"),
        (Path("s3://bucket/out"), "H066"),
    ):
        with pytest.raises(ValueError, match=rf"\[{number}\]"):
            make_job(teacher_path, texts, output).start(resume=True, overwrite=True)
    with pytest.raises(ValueError, match=r"\[H013\].*csv"):
        make_job(teacher_path, texts, tmp_path / "out", shard_format="csv").start(
            resume=True, overwrite=True
        )
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["in", "texts.txt"]


def test_an_output_behind_a_link(teacher_path: Path, write_texts: Write, tmp_path: Path) -> None:
    texts = write_texts("texts.txt", 3)
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    run(make_job(teacher_path, texts, tmp_path / "link"), overwrite=True)
    assert (tmp_path / "link").is_symlink()
    assert len(texts_of(tmp_path / "disk")) == 3


def test_another_runs_parts_beside_a_finished_output(
    teacher_path: Path, write_texts: Write, tmp_path: Path
) -> None:
    """They are not taken for what is left to tidy up."""
    texts = write_texts("texts.txt", TEXTS_IN_A_PART + 5)
    output = tmp_path / "out"
    run(make_job(teacher_path, texts, output))
    other = make_job(teacher_path, texts, output)
    other.worker = TeacherWorker(other.worker.models, top_k=2, batch_size=4)
    other.start(resume=False, overwrite=True)
    with pytest.raises(OSError, match="power failed"):
        other.run(stop_after(1), no_progress)
    with pytest.raises(ValueError, match=r"\[H049\].*settings"):
        run(make_job(teacher_path, texts, output), resume=True)
    assert other.output.shards.exists()
    assert run(other, resume=True) == TEXTS_IN_A_PART + 5


def test_a_second_run_that_stops_leaves_the_first_ones_parts(
    teacher_path: Path, write_texts: Write, tmp_path: Path
) -> None:
    texts = write_texts("texts.txt", 5)
    first, second = (make_job(teacher_path, texts, tmp_path / "out") for _ in range(2))
    first.start(resume=True, overwrite=False)
    second.start(resume=True, overwrite=False)
    second.output.leave()
    assert first.run(run_locally, no_progress) == 5


def test_what_teachers_have_failed_at_is_tried_again(
    teacher_path: Path, write_texts: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason may have been another than the text."""
    texts = write_texts("texts.txt", TEXTS_IN_A_PART + 5)
    annotate_once = TeacherWorker._annotate

    def fail(self: TeacherWorker, records: list[Record], on_progress: Progress) -> list[Doc]:
        if any(record["id"].endswith(":7") for record in records):
            raise RuntimeError("device lost")
        return annotate_once(self, records, on_progress)

    output = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(TeacherWorker, "_annotate", fail)
        job = make_job(teacher_path, texts, output, max_bad=0)
        with pytest.raises(ValueError, match=r"\[H055\]"):
            run(job)
        assert [(bad.line, "device lost" in bad.reason) for bad in job.bad_records()] == [(7, True)]
    again = make_job(teacher_path, texts, output, max_bad=0)
    assert run(again, resume=True) == TEXTS_IN_A_PART + 5
    assert again.bad_records() == []


def test_parts_end_where_much_is_bad(teacher_path: Path, tmp_path: Path) -> None:
    texts = tmp_path / "texts.txt"
    texts.write_bytes(b"\xff\n" * 1000 + b"good")
    with pytest.raises(ValueError, match=r"\[H055\] 256 records"):
        run(make_job(teacher_path, texts, tmp_path / "out", max_bad=10))


@pytest.mark.parametrize("killed", [False, True])
def test_a_file_that_is_mended(
    teacher_path: Path, write_texts: Write, tmp_path: Path, killed: bool
) -> None:
    """What has come of the other files stays, also if the first try to go on is killed."""
    write_texts("in/a.txt", TEXTS_IN_A_PART + 5)
    whole = gzip.compress("".join(json.dumps({"text": t}) + "\n" for t in make_texts(600)).encode())
    (tmp_path / "in" / "b.jsonl.gz").write_bytes(whole[:-100])
    output = tmp_path / "out"
    job = make_job(teacher_path, tmp_path / "in", output)
    with pytest.raises(ValueError, match=r"\[H019\].*b\.jsonl\.gz"):
        run(job)
    assert {own.file for own in job.output.summaries.values()} == {0, 1}
    (tmp_path / "in" / "b.jsonl.gz").write_bytes(gzip.compress(b'{"text": "short"}'))
    again = make_job(teacher_path, tmp_path / "in", output)
    if killed:
        again.start(resume=True, overwrite=False)
        manifest = again.output.folder / "_manifest.json"
        manifest.write_text(job.output.manifest.to_json(), encoding="utf8")
        again = make_job(teacher_path, tmp_path / "in", output)
    assert again.start(resume=True, overwrite=False) == TEXTS_IN_A_PART + 5
    assert again.run(run_locally, no_progress) == TEXTS_IN_A_PART + 6
    run(make_job(teacher_path, tmp_path / "in", tmp_path / "anew"))
    assert contents(output) == contents(tmp_path / "anew")


@pytest.mark.parametrize("change", ["both", "another", "settings"])
def test_what_is_too_different_to_go_on(
    teacher_path: Path, write_texts: Write, tmp_path: Path, change: str
) -> None:
    for name in ("in/a.txt", "in/b.txt"):
        write_texts(name, 5)
    output = tmp_path / "out"
    job = make_job(teacher_path, tmp_path / "in", output)
    job.start(resume=False, overwrite=False)
    with pytest.raises(OSError, match="power failed"):
        job.run(stop_after(1), no_progress)
    write_texts("in/b.txt", 6)
    if change == "both":
        write_texts("in/a.txt", 6)
    elif change == "another":
        write_texts("in/c.txt", 6)
    again = make_job(teacher_path, tmp_path / "in", output)
    if change == "settings":
        again.worker = TeacherWorker(again.worker.models, top_k=1, batch_size=4)
    name = "settings.top_k" if change == "settings" else "input_sha256.b.txt"
    with pytest.raises(ValueError, match=rf"\[H049\].*{name}"):
        again.start(resume=True, overwrite=False)
    assert job.output.shards.exists()


def test_resuming_what_is_complete(teacher_path: Path, write_texts: Write, tmp_path: Path) -> None:
    """As a scheduler does that starts the same command again; another input is refused."""
    texts = write_texts("texts.txt", 5)
    output = tmp_path / "out"
    run(make_job(teacher_path, texts, output))
    written = (output / "_manifest.json").stat().st_mtime_ns
    assert run(make_job(teacher_path, texts, output), resume=True) == 5
    assert (output / "_manifest.json").stat().st_mtime_ns == written
    with texts.open("a") as file:
        file.write("\nmore")
    with pytest.raises(FileExistsError, match=r"\[H024\]"):
        run(make_job(teacher_path, texts, output), resume=True)
    assert run(make_job(teacher_path, texts, output), resume=True, overwrite=True) == 6
