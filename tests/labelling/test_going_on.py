"""Runs that were stopped, and what those that go on keep of them."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from jobs import TEXTS_IN_A_PART, Noted, Write, contents, label, stop_after
from many_texts import make_texts
from spacy.tokens import Doc

from spacy_halfree.data.parts import PartSource
from spacy_halfree.data.records import Record
from spacy_halfree.files import lock_path
from spacy_halfree.labelling.engines.local import run_locally
from spacy_halfree.labelling.journal import Journal
from spacy_halfree.labelling.places import manifest_path, parts_folder
from spacy_halfree.labelling.shards import ShardTask, Summary
from spacy_halfree.labelling.worker import Progress, TeacherWorker


@pytest.mark.parametrize("n_parts", [1, 2, 3])
def test_resume(teacher_path: Path, write_texts: Write, tmp_path: Path, n_parts: int) -> None:
    write_texts("in/a.txt", 2 * TEXTS_IN_A_PART + 10)
    write_texts("in/b.txt", 5)
    (tmp_path / "in" / "c.txt").write_bytes(b"\xff")
    label(teacher_path, tmp_path / "in", tmp_path / "whole")
    output = tmp_path / "out"
    stopped = Noted()
    with pytest.raises(OSError, match="power failed"):
        label(teacher_path, tmp_path / "in", output, engine=stop_after(n_parts), events=stopped)
    assert (stopped.n_ends, stopped.parts_folder) == (1, parts_folder(output))
    assert not output.exists()
    with (parts_folder(output) / "finished.jsonl").open("a") as journal:
        journal.write('\n{"file": 0, "number": 9, "is_la')
    with pytest.raises(FileExistsError, match=r"\[H048\]"):
        label(teacher_path, tmp_path / "in", output)
    again = Noted()
    labelled = label(teacher_path, tmp_path / "in", output, resume=True, events=again)
    assert labelled.n_known == again.n_known == stopped.n_texts > 0
    assert sum(again.progress) == labelled.n_texts - labelled.n_known
    assert contents(output) == contents(tmp_path / "whole")
    assert [(bad.file, bad.line) for bad in labelled.bad] == [("c.txt", 1)]
    assert (again.bad, again.n_ends, again.parts_folder) == (labelled.bad, 1, None)
    assert not parts_folder(output).exists()


@pytest.mark.parametrize("moment", ["former", "moved"])
def test_stopped_while_the_folder_is_moved(
    teacher_path: Path, write_texts: Write, tmp_path: Path, moment: str
) -> None:
    """Between putting the former output aside and putting the new one in its place; and after."""
    texts = write_texts("texts.txt", 20)
    output = tmp_path / "out"
    label(teacher_path, texts, output)
    whole = contents(output)
    with pytest.raises(OSError, match="power failed"):
        label(teacher_path, texts, output, overwrite=True, engine=stop_after(1))
    if moment == "former":
        output.rename(parts_folder(output) / "former")
    else:
        (shards,) = (path for path in parts_folder(output).iterdir() if path.is_dir())
        shutil.rmtree(shards)
    labelled = label(teacher_path, texts, output, resume=True)
    assert (labelled.n_texts, labelled.n_known) == (20, 20)
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
        with pytest.raises(ValueError, match=rf"\[H059\].*00000-00000{skipped}"):
            label(teacher_path, texts, tmp_path / "out", engine=forgetful(skipped))
        shutil.rmtree(parts_folder(tmp_path / "out"))


def test_parts_that_come_twice(teacher_path: Path, write_texts: Write, tmp_path: Path) -> None:
    def twice(source: PartSource, task: ShardTask, on_progress: Progress) -> Iterator[Summary]:
        for part in source.parts():
            yield from (task(part), task(part))

    texts = write_texts("texts.txt", TEXTS_IN_A_PART + 1)
    labelled = label(teacher_path, texts, tmp_path / "out", engine=twice)
    assert labelled.n_texts == TEXTS_IN_A_PART + 1
    label(teacher_path, texts, tmp_path / "once")
    assert contents(tmp_path / "out") == contents(tmp_path / "once")


def test_another_runs_parts_beside_a_finished_output(
    teacher_path: Path, write_texts: Write, tmp_path: Path
) -> None:
    """They are not taken for what is left to tidy up."""
    texts = write_texts("texts.txt", TEXTS_IN_A_PART + 5)
    output = tmp_path / "out"
    label(teacher_path, texts, output)
    other = TeacherWorker((str(teacher_path),), top_k=2, batch_size=4)
    with pytest.raises(OSError, match="power failed"):
        label(other, texts, output, overwrite=True, engine=stop_after(1))
    with pytest.raises(ValueError, match=r"\[H049\].*settings"):
        label(teacher_path, texts, output, resume=True)
    labelled = label(other, texts, output, resume=True)
    assert (labelled.n_texts, labelled.n_known) == (TEXTS_IN_A_PART + 5, TEXTS_IN_A_PART)


def test_a_second_run_that_stops_leaves_the_first_ones_parts(
    teacher_path: Path, write_texts: Write, tmp_path: Path
) -> None:
    texts, output = write_texts("texts.txt", 5), tmp_path / "out"

    def engine(source: PartSource, task: ShardTask, on_progress: Progress) -> Iterator[Summary]:
        with pytest.raises(OSError, match="power failed"):
            label(teacher_path, texts, output, resume=True, engine=stop_after(0))
        yield from run_locally(source, task, on_progress)

    assert label(teacher_path, texts, output, engine=engine).n_texts == 5


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
        stopped = Noted()
        with pytest.raises(ValueError, match=r"\[H055\]"):
            label(teacher_path, texts, output, max_bad=0, events=stopped)
        assert [(bad.line, "device lost" in bad.reason) for bad in stopped.bad] == [(7, True)]
    labelled = label(teacher_path, texts, output, resume=True, max_bad=0)
    assert (labelled.n_texts, labelled.bad) == (TEXTS_IN_A_PART + 5, [])


@pytest.mark.parametrize("killed", [False, True])
def test_a_file_that_is_mended(
    teacher_path: Path, write_texts: Write, tmp_path: Path, killed: bool
) -> None:
    """What has come of the other files stays, also if the first try to go on is killed."""
    write_texts("in/a.txt", TEXTS_IN_A_PART + 5)
    whole = gzip.compress("".join(json.dumps({"text": t}) + "\n" for t in make_texts(600)).encode())
    (tmp_path / "in" / "b.jsonl.gz").write_bytes(whole[:-100])
    output = tmp_path / "out"
    with pytest.raises(ValueError, match=r"\[H019\].*b\.jsonl\.gz"):
        label(teacher_path, tmp_path / "in", output)
    manifest = parts_folder(output) / "_manifest.json"
    written = manifest.read_bytes()
    (tmp_path / "in" / "b.jsonl.gz").write_bytes(gzip.compress(b'{"text": "short"}'))
    if killed:
        with pytest.raises(OSError, match="power failed"):
            label(teacher_path, tmp_path / "in", output, resume=True, engine=stop_after(0))
        manifest.write_bytes(written)
    again = Noted()
    labelled = label(teacher_path, tmp_path / "in", output, resume=True, events=again)
    assert labelled.n_known == TEXTS_IN_A_PART + 5
    # a run that was killed here had said so
    assert again.dropped == ({} if killed else {"b.jsonl.gz": 2 * TEXTS_IN_A_PART})
    assert labelled.n_texts == TEXTS_IN_A_PART + 6
    label(teacher_path, tmp_path / "in", tmp_path / "anew")
    assert contents(output) == contents(tmp_path / "anew")


@pytest.mark.parametrize("change", ["both", "another", "settings"])
def test_what_is_too_different_to_go_on(
    teacher_path: Path, write_texts: Write, tmp_path: Path, change: str
) -> None:
    for name in ("in/a.txt", "in/b.txt"):
        write_texts(name, 5)
    output = tmp_path / "out"
    with pytest.raises(OSError, match="power failed"):
        label(teacher_path, tmp_path / "in", output, engine=stop_after(1))
    parts = sorted(parts_folder(output).rglob("*"))
    write_texts("in/b.txt", 6)
    if change == "both":
        write_texts("in/a.txt", 6)
    elif change == "another":
        write_texts("in/c.txt", 6)
    top_k = 1 if change == "settings" else None
    again = TeacherWorker((str(teacher_path),), top_k=top_k, batch_size=4)
    name = "settings.top_k" if change == "settings" else "input_sha256.b.txt"
    with pytest.raises(ValueError, match=rf"\[H049\].*{name}"):
        label(again, tmp_path / "in", output, resume=True)
    assert sorted(parts_folder(output).rglob("*")) == parts


@pytest.mark.parametrize("name", ["out", "out.spacy"])
def test_resuming_what_is_complete(
    teacher_path: Path, write_texts: Write, tmp_path: Path, name: str
) -> None:
    """As a scheduler does that starts the same command again; another input is refused."""
    texts = write_texts("texts.txt", 5)
    output = tmp_path / name
    label(teacher_path, texts, output)
    manifest = manifest_path(output)
    written = manifest.stat().st_mtime_ns, output.stat().st_mtime_ns
    assert label(teacher_path, texts, output, resume=True).n_texts == 5
    assert (manifest.stat().st_mtime_ns, output.stat().st_mtime_ns) == written
    assert not parts_folder(output).exists()
    with texts.open("a") as file:
        file.write("\nmore")
    with pytest.raises(ValueError, match=r"\[H049\].*input"):
        label(teacher_path, texts, output, resume=True)
    assert label(teacher_path, texts, output, resume=True, overwrite=True).n_texts == 6


def test_a_file_without_its_manifest_is_not_taken_for_complete(
    teacher_path: Path, write_texts: Write, tmp_path: Path
) -> None:
    texts = write_texts("texts.txt", 5)
    output = tmp_path / "out.spacy"
    label(teacher_path, texts, output)
    manifest_path(output).rename(tmp_path / "kept")
    with pytest.raises(FileExistsError, match=r"\[H024\]"):
        label(teacher_path, texts, output, resume=True)
    (tmp_path / "kept").rename(manifest_path(output))
    output.unlink()
    assert label(teacher_path, texts, output, resume=True).n_texts == 5
    assert output.exists()


@pytest.mark.parametrize("name", ["out", "out.spacy"])
def test_two_runs_that_begin_at_once(
    teacher_path: Path,
    write_texts: Write,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    """Both have seen that nothing exists: the second one to begin is refused."""
    texts, others = write_texts("texts.txt", 3), write_texts("others.txt", 5)
    begin, begun = Journal.begin, []

    def begin_another(journal: Journal) -> None:
        begin(journal)
        if not begun:
            begun.append(journal)
            with pytest.raises(FileExistsError, match=r"\[H147\]"):
                # as if it had looked before
                begin(replace_manifest(journal))

    monkeypatch.setattr(Journal, "begin", begin_another)
    assert label(teacher_path, texts, tmp_path / name).n_texts == 3
    assert label(teacher_path, others, tmp_path / name, overwrite=True).n_texts == 5
    assert not list(tmp_path.glob("*.parts*"))
    assert not list(tmp_path.glob(".*"))


def replace_manifest(journal: Journal) -> Journal:
    """The journal of a run with the same output and other settings."""
    settings = journal.manifest.settings | {"batch_size": 3}
    return Journal(journal.output, replace(journal.manifest, settings=settings))


@pytest.mark.parametrize("name", ["out", "out.spacy"])
def test_a_run_that_is_done_while_another_one_writes(
    teacher_path: Path, write_texts: Write, tmp_path: Path, name: str
) -> None:
    """They do not write an output and its manifest in turns."""

    def engine(source: PartSource, task: ShardTask, on_progress: Progress) -> Iterator[Summary]:
        yield from run_locally(source, task, on_progress)
        writing.append(lock_path(parts_folder(tmp_path / name)))

    writing: list[int] = []
    texts = write_texts("texts.txt", 3)
    with pytest.raises(FileExistsError, match=r"\[H147\]"):
        label(teacher_path, texts, tmp_path / name, engine=engine)
    assert not (tmp_path / name).exists()
    os.close(writing[0])
    assert label(teacher_path, texts, tmp_path / name, resume=True).n_known == 3
