"""Runs that were stopped, and what those that go on keep of them."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from jobs import TEXTS_IN_A_PART, Write, contents, make_job, no_progress, run, stop_after
from many_texts import make_texts
from spacy.tokens import Doc

from spacy_halfree.data.parts import PartSource
from spacy_halfree.data.records import Record
from spacy_halfree.labelling.engines.local import run_locally
from spacy_halfree.labelling.output import manifest_path, parts_folder
from spacy_halfree.labelling.shards import ShardTask, Summary
from spacy_halfree.labelling.worker import Progress, TeacherWorker


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
    # a run that was killed here had said so
    assert again.output.dropped == ({} if killed else {"b.jsonl.gz": 2 * TEXTS_IN_A_PART})
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


@pytest.mark.parametrize("name", ["out", "out.spacy"])
def test_resuming_what_is_complete(
    teacher_path: Path, write_texts: Write, tmp_path: Path, name: str
) -> None:
    """As a scheduler does that starts the same command again; another input is refused."""
    texts = write_texts("texts.txt", 5)
    output = tmp_path / name
    run(make_job(teacher_path, texts, output))
    manifest = manifest_path(output)
    written = manifest.stat().st_mtime_ns, output.stat().st_mtime_ns
    assert run(make_job(teacher_path, texts, output), resume=True) == 5
    assert (manifest.stat().st_mtime_ns, output.stat().st_mtime_ns) == written
    assert not parts_folder(output).exists()
    with texts.open("a") as file:
        file.write("\nmore")
    with pytest.raises(ValueError, match=r"\[H049\].*input"):
        run(make_job(teacher_path, texts, output), resume=True)
    assert run(make_job(teacher_path, texts, output), resume=True, overwrite=True) == 6


def test_a_file_without_its_manifest_is_not_taken_for_complete(
    teacher_path: Path, write_texts: Write, tmp_path: Path
) -> None:
    texts = write_texts("texts.txt", 5)
    output = tmp_path / "out.spacy"
    run(make_job(teacher_path, texts, output))
    manifest_path(output).rename(tmp_path / "kept")
    with pytest.raises(FileExistsError, match=r"\[H024\]"):
        run(make_job(teacher_path, texts, output), resume=True)
    (tmp_path / "kept").rename(manifest_path(output))
    output.unlink()
    assert run(make_job(teacher_path, texts, output), resume=True) == 5
    assert output.exists()
