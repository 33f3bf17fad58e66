"""`annotate --resume`: what is left of a run is gone on with, or refused (see test_killed.py)."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import spacy
from spacy.tokens import DocBin
from test_annotate_command import in_process
from toy_pipelines import TEXTS, make_examples, make_nlp, train

from spacy_halfree.data.parts import PartSource
from spacy_halfree.labelling.engines.local import run_locally
from spacy_halfree.labelling.label_files import Engine, LabelledFiles, label_files
from spacy_halfree.labelling.shards import ShardTask, Summary
from spacy_halfree.labelling.worker import Progress, TeacherWorker

BATCH = ("--batch-size", "4")
TEXTS_IN_A_PART = 256


def write_texts(path: Path, n_texts: int) -> Path:
    """Texts that differ, and a line that cannot be used among them."""
    generator = random.Random(0)
    words = " ".join(TEXTS).split()
    lines = [" ".join(generator.choices(words, k=generator.randint(1, 12))) for _ in range(n_texts)]
    content = "\n".join(lines).encode()
    path.write_bytes(b"\xff bad line\n" + content)
    return path


def parts_of(output: Path) -> list[Path]:
    return sorted(output.with_name(f"{output.name}.parts").glob("*/*.spacy"))


def label(
    model: Path, texts: Path, output: Path, engine: Engine, *, batch_size: int = 4, **how: bool
) -> LabelledFiles:
    worker = TeacherWorker((str(model),), batch_size=batch_size)
    return label_files(worker, str(texts), output, engine=engine, **how)


def stop_after(n_parts: int) -> Engine:
    """An engine that fails after some parts."""

    def engine(source: PartSource, task: ShardTask, on_progress: Progress) -> Iterator[Summary]:
        for number, summary in enumerate(run_locally(source, task, on_progress)):
            if number == n_parts:
                raise OSError("power failed")
            yield summary

    return engine


@pytest.mark.parametrize("has_finished", [False, True])
def test_two_runs_on_one_output(
    model: Path, stopped: tuple[Path, Path], has_finished: bool
) -> None:
    """The one whose parts are taken away says so, and writes no fragment."""
    texts, output = stopped
    whole = []

    def engine(source: PartSource, task: ShardTask, on_progress: Progress) -> Iterator[Summary]:
        if has_finished:
            yield from run_locally(source, task, on_progress)
        assert in_process(model, texts, output, *BATCH, "--resume")[0] == 0
        whole.append(output.read_bytes())
        if not has_finished:
            yield from run_locally(source, task, on_progress)

    with pytest.raises(FileNotFoundError, match=r"\[H051\]"):
        label(model, texts, output, engine, resume=True, overwrite=True)
    assert output.read_bytes() == whole[0] == output.with_name("whole").read_bytes()
    assert not output.with_name("out.spacy.parts").exists()


@pytest.mark.parametrize("has_finished", [False, True])
def test_the_parts_of_others_stay(
    model: Path, stopped: tuple[Path, Path], tmp_path: Path, has_finished: bool
) -> None:
    """A run whose parts were replaced by another's neither takes nor removes these."""
    texts, output = stopped
    other = write_texts(tmp_path / "other.txt", TEXTS_IN_A_PART + 1)

    def engine(source: PartSource, task: ShardTask, on_progress: Progress) -> Iterator[Summary]:
        if has_finished:
            yield from run_locally(source, task, on_progress)
        with pytest.raises(OSError, match="power failed"):
            label(model, other, output, stop_after(1), overwrite=True)
        if not has_finished:
            yield from run_locally(source, task, on_progress)

    with pytest.raises(FileNotFoundError, match=r"\[H051\]"):
        label(model, texts, output, engine, batch_size=8, overwrite=True)
    assert len(parts_of(output)) == 2
    labelled = label(model, other, output, run_locally, resume=True)
    assert (labelled.n_known, labelled.n_texts) == (TEXTS_IN_A_PART, TEXTS_IN_A_PART + 1)
    docs = DocBin().from_disk(output).get_docs(spacy.blank("en").vocab)
    assert [doc.text for doc in docs] == other.read_bytes().decode(errors="replace").split("\n")[1:]


def test_a_folder_is_no_output(model: Path, tmp_path: Path) -> None:
    texts = write_texts(tmp_path / "texts.txt", 3)
    (tmp_path / "out.spacy").mkdir()
    code, printed = in_process(model, texts, tmp_path / "out.spacy", "--overwrite")
    assert code == 1
    assert "[H052]" in printed


def test_an_input_that_changes_meanwhile(model: Path, tmp_path: Path) -> None:
    texts = write_texts(tmp_path / "texts.txt", 3)
    output = tmp_path / "out.spacy"
    code = (
        "import sys\n"
        "from spacy_halfree.labelling.journal import Journal\n"
        "old = Journal.keep\n"
        "def keep(self, summary):\n"
        "    old(self, summary)\n"
        f"    open({str(texts)!r}, 'ab').write(b'more')\n"
        "Journal.keep = keep\n"
        "from spacy.cli._util import setup_cli\n"
        "setup_cli()\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, "halfree", "annotate", str(model), str(texts), str(output)],
        capture_output=True,
        text=True,
    )
    assert result.returncode == 1
    assert "[H053]" in result.stdout + result.stderr
    assert not output.exists()


@pytest.fixture(scope="module")
def stopped_once(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with texts, what comes of them, and an output of which two parts are finished."""
    folder = tmp_path_factory.mktemp("stopped")
    texts = write_texts(folder / "texts.txt", 3 * TEXTS_IN_A_PART)
    output = folder / "out.spacy"
    assert in_process(model, texts, output, *BATCH)[0] == 0
    output.rename(folder / "whole")
    break_in_the_third_part(model, texts, output)
    assert len(parts_of(output)) == 2
    assert not output.exists()
    return folder


@pytest.fixture
def stopped(stopped_once: Path, tmp_path: Path) -> tuple[Path, Path]:
    shutil.copytree(stopped_once, tmp_path, dirs_exist_ok=True)
    return tmp_path / "texts.txt", tmp_path / "out.spacy"


def break_in_the_third_part(model: Path, texts: Path, output: Path) -> None:
    """Run the command on a disk that is full when the third part is to be written."""
    code = (
        "import sys, spacy_halfree.labelling.shards as shards\n"
        "old = shards.write_at_once\n"
        "def write(path, content, **how):\n"
        "    if path.stem == '00000-000002': raise OSError('no space left on device')\n"
        "    old(path, content, **how)\n"
        "shards.write_at_once = write\n"
        "from spacy.cli._util import setup_cli\n"
        "setup_cli()\n"
    )
    result = subprocess.run(
        [
            sys.executable,
            "-c",
            code,
            "halfree",
            "annotate",
            *map(str, (model, texts, output)),
            *BATCH,
        ],
        capture_output=True,
        text=True,
        env=os.environ | {"COLUMNS": "200"},
    )
    assert result.returncode == 1
    assert "no space left" in result.stdout + result.stderr
    assert "[W005]" in result.stdout + result.stderr


def test_resume_ends_with_the_same_bytes(model: Path, stopped: tuple[Path, Path]) -> None:
    texts, output = stopped
    assert in_process(model, texts, output, *BATCH, "--resume")[0] == 0
    assert output.read_bytes() == output.with_name("whole").read_bytes()
    assert not parts_of(output)


def test_what_is_left_must_be_named(model: Path, stopped: tuple[Path, Path]) -> None:
    texts, output = stopped
    code, printed = in_process(model, texts, output, *BATCH)
    assert code == 1
    assert "[H048]" in printed
    assert len(parts_of(output)) == 2
    assert in_process(model, texts, output, *BATCH, "--overwrite")[0] == 0
    assert output.read_bytes() == output.with_name("whole").read_bytes()


@pytest.mark.parametrize("change", ["input_sha256", "teachers", "settings", "texts_in_a_part"])
def test_what_differs_is_refused(
    model: Path, stopped: tuple[Path, Path], tmp_path: Path, change: str
) -> None:
    texts, output = stopped
    teacher, options = model, list(BATCH)
    if change == "input_sha256":
        texts.write_bytes(texts.read_bytes() + b"!")
    elif change == "teachers":
        nlp, _ = make_nlp()
        train(nlp, make_examples(nlp), steps=3)
        teacher = tmp_path / "other"
        nlp.to_disk(teacher)
    elif change == "settings":
        options += ["--top-k", "2"]
    else:
        options = ["--batch-size", "32"]
    code, printed = in_process(teacher, texts, output, *options, "--resume")
    assert code == 1
    assert "[H049]" in printed
    assert change in printed
    assert len(parts_of(output)) == 2
    # and with --overwrite, too, it begins anew
    assert in_process(teacher, texts, output, *options, "--resume", "--overwrite")[0] == 0
    assert len(DocBin().from_disk(output)) == 3 * TEXTS_IN_A_PART


def test_damaged_part(model: Path, stopped: tuple[Path, Path]) -> None:
    texts, output = stopped
    part = parts_of(output)[1]
    part.write_bytes(part.read_bytes()[:-10])
    code, printed = in_process(model, texts, output, *BATCH, "--resume")
    assert code == 1
    assert "[H019]" in printed
    assert part.name in printed
    part.unlink()
    assert in_process(model, texts, output, *BATCH, "--resume")[0] == 0
    assert output.read_bytes() == output.with_name("whole").read_bytes()


def test_the_same_bytes_twice(model: Path, tmp_path: Path) -> None:
    texts = write_texts(tmp_path / "texts.txt", 200)
    for name in ("one.spacy", "two.spacy"):
        assert in_process(model, texts, tmp_path / name)[0] == 0
    assert (tmp_path / "one.spacy").read_bytes() == (tmp_path / "two.spacy").read_bytes()


def test_docs_keep_their_order(model: Path, tmp_path: Path) -> None:
    texts = write_texts(tmp_path / "texts.txt", 200)
    assert in_process(model, texts, tmp_path / "out.spacy", *BATCH)[0] == 0
    docs = DocBin().from_disk(tmp_path / "out.spacy").get_docs(spacy.blank("en").vocab)
    lines = texts.read_bytes().split(b"\n")[1:]
    assert [doc.text for doc in docs] == [line.decode() for line in lines]


def test_a_file_that_has_changed_is_named(model: Path, tmp_path: Path) -> None:
    """And how many texts are labelled again for it."""
    (tmp_path / "in").mkdir()
    texts = [write_texts(tmp_path / "in" / f"{name}.txt", 5) for name in "abc"]
    output = tmp_path / "out"
    with pytest.raises(OSError, match="power failed"):
        label(model, tmp_path / "in", output, stop_after(2))
    texts[1].write_text("another", encoding="utf8")
    code, printed = in_process(model, tmp_path / "in", output, *BATCH, "--resume")
    assert code == 0, printed
    assert "[W008] b.txt has changed" in printed
    assert "the 5 texts of it" in printed
    assert printed.count("[W008]") == 1


def test_a_complete_output_that_was_made_otherwise(model: Path, tmp_path: Path) -> None:
    """Is refused as an unfinished one is, with what differs."""
    texts, output = tmp_path / "texts.txt", tmp_path / "soft.spacy"
    texts.write_text("\n".join(TEXTS), encoding="utf8")
    assert in_process(model, texts, output)[0] == 0
    made = output.read_bytes()
    code, printed = in_process(model, texts, output, "--top-k", "2", "--resume")
    assert (code, "[H049]" in printed, "settings" in printed) == (1, True, True)
    code, printed = in_process(model, texts, output)
    assert (code, "[H024]" in printed) == (1, True)
    assert output.read_bytes() == made
