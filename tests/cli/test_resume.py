"""`annotate --resume`: whatever stopped a run, the next one ends as if nothing had happened."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import DocBin
from test_annotate_command import in_process
from toy_pipelines import TEXTS, make_examples, make_nlp, train

from spacy_halfree.labelling.job import LabellingJob
from spacy_halfree.labelling.output import PartedOutput
from spacy_halfree.labelling.parts import Part
from spacy_halfree.labelling.shards import ShardTask
from spacy_halfree.labelling.worker import TeacherWorker

COMMAND = [sys.executable, "-m", "spacy", "halfree", "annotate"]
BATCH = ("--batch-size", "4")
TEXTS_IN_A_PART = 256
WHAT_IS_LEFT = ["out.spacy", "out.spacy.manifest.json"]
PATIENCE = 120
"""Seconds after which a process that has written nothing is held for hanging."""


@pytest.fixture(scope="module")
def model(teacher: Language, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("teacher") / "model"
    teacher.to_disk(path)
    return path


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


def start_and_stop(
    args: Sequence[object], output: Path, how: signal.Signals, delay: float
) -> int | None:
    """Run the command, and stop it some time after it has finished another part.

    RETURNS: Its exit code if it was done before.
    """
    known = len(parts_of(output))
    process = subprocess.Popen(
        [*COMMAND, *map(str, args)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # or else it would not hear SIGINT if these tests run in the background of a shell
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    try:
        deadline = time.monotonic() + PATIENCE
        while process.poll() is None and len(parts_of(output)) <= known:
            assert time.monotonic() < deadline, "hangs"
            time.sleep(0.005)
        time.sleep(delay)
        if process.poll() is not None:
            return process.returncode
        process.send_signal(how)
        process.wait(PATIENCE)
        return None
    finally:
        process.kill()
        process.wait()


def kill_and_resume(model: Path, folder: Path, n_kills: int, n_texts: int) -> None:
    texts = write_texts(folder / "texts.txt", n_texts)
    undisturbed = folder / "undisturbed.spacy"
    assert in_process(model, texts, undisturbed, *BATCH)[0] == 0
    output = folder / "out" / "out.spacy"
    args = (model, texts, output, "--resume", *BATCH)
    generator = random.Random(0)
    for _ in range(n_kills):
        stopped = start_and_stop(args, output, signal.SIGKILL, generator.uniform(0, 0.1)) is None
        assert stopped, "there must be more texts than this machine annotates in the meantime"
        assert not output.exists()
        for part in parts_of(output):
            assert len(DocBin().from_disk(part)) == TEXTS_IN_A_PART
    assert in_process(*args)[0] == 0
    assert output.read_bytes() == undisturbed.read_bytes()
    assert sorted(path.name for path in output.parent.iterdir()) == WHAT_IS_LEFT


def test_killed_twice(model: Path, tmp_path: Path) -> None:
    kill_and_resume(model, tmp_path, n_kills=2, n_texts=8_000)


@pytest.mark.slow
def test_killed_fifty_times(model: Path, tmp_path: Path) -> None:
    kill_and_resume(model, tmp_path, n_kills=50, n_texts=100_000)


KILLED_AT = """
import os, signal, sys
import spacy_halfree.labelling.output as output
from spacy.cli._util import setup_cli


def kill(*args):
    os.kill(os.getpid(), signal.SIGKILL)


moment = sys.argv.pop()
write_at_once = output.write_at_once


def write(path, *content):
    if path.name == moment:
        kill()
    write_at_once(path, *content)


output.write_at_once = write
if moment == "tidying up":
    output.PartedOutput.remove_parts = kill
setup_cli()
"""


@pytest.mark.parametrize("moment", ["_manifest.json", *WHAT_IS_LEFT, "tidying up"])
def test_killed_at_the_beginning_and_at_the_end(model: Path, tmp_path: Path, moment: str) -> None:
    """Before anything is finished, when all is, and when nothing but tidying up is left."""
    texts = write_texts(tmp_path / "texts.txt", TEXTS_IN_A_PART + 10)
    assert in_process(model, texts, tmp_path / "whole.spacy", *BATCH)[0] == 0
    output = tmp_path / "out" / "out.spacy"
    args = [*map(str, (model, texts, output)), *BATCH, "--resume"]
    result = subprocess.run(
        [sys.executable, "-c", KILLED_AT, "halfree", "annotate", *args, moment], capture_output=True
    )
    assert result.returncode == -signal.SIGKILL, result.stderr
    assert output.exists() == (moment in ("out.spacy.manifest.json", "tidying up"))
    assert in_process(*args)[0] == 0
    assert output.read_bytes() == (tmp_path / "whole.spacy").read_bytes()
    assert sorted(path.name for path in output.parent.iterdir()) == WHAT_IS_LEFT


def a_part(number: int, *texts: str) -> Part:
    records = [{"id": text, "text": text} for text in texts]
    return Part(0, number, "texts.txt", records, list(range(1, len(texts) + 1)))


def finish(output: PartedOutput, model: Path, part: Part) -> None:
    output.keep(ShardTask(TeacherWorker((str(model),)), output.shards)(part))


def make_job(model: Path, texts: Path, output: Path, batch_size: int = 4) -> LabellingJob:
    return LabellingJob(TeacherWorker((str(model),), batch_size=batch_size), str(texts), output)


def test_two_runs_on_one_output(model: Path, stopped: tuple[Path, Path]) -> None:
    """The one whose parts are taken away says so, and writes no fragment."""
    texts, output = stopped
    job = make_job(model, texts, output)
    assert job.start(resume=True, overwrite=False) == 2 * TEXTS_IN_A_PART
    assert in_process(model, texts, output, *BATCH, "--resume")[0] == 0
    whole = output.read_bytes()
    with pytest.raises(FileNotFoundError, match=r"\[H051\]"):
        finish(job.output, model, a_part(2, "late"))
    with pytest.raises(FileNotFoundError, match=r"\[H051\]"):
        job.output.complete()
    assert job.output.leave() is False
    assert output.read_bytes() == whole


def test_the_parts_of_others_stay(model: Path, stopped: tuple[Path, Path], tmp_path: Path) -> None:
    """A run whose parts were replaced by another's neither takes nor removes these."""
    texts, output = stopped
    (tmp_path / "other.txt").write_text("another input", encoding="utf8")
    mine = make_job(model, texts, output, batch_size=8).output
    mine.start(resume=False, overwrite=True)
    finish(mine, model, a_part(0, "one"))
    other = make_job(model, tmp_path / "other.txt", output).output
    other.start(resume=False, overwrite=True)
    finish(other, model, a_part(0, "two"))
    with pytest.raises(FileNotFoundError, match=r"\[H051\]"):
        finish(mine, model, a_part(1, "three"))
    with pytest.raises(FileNotFoundError, match=r"\[H051\]"):
        mine.complete()
    assert mine.leave() is False
    other.complete()
    docs = DocBin().from_disk(output).get_docs(spacy.blank("en").vocab)
    assert [doc.text for doc in docs] == ["two"]


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
        "import sys, spacy_halfree.labelling.output as output\n"
        "old = output.PartedOutput.keep\n"
        "def keep(self, summary):\n"
        "    old(self, summary)\n"
        f"    open({str(texts)!r}, 'ab').write(b'more')\n"
        "output.PartedOutput.keep = keep\n"
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


def test_interrupted(model: Path, tmp_path: Path) -> None:
    """As by Ctrl-C: a former output stays until the new one is complete."""
    texts = write_texts(tmp_path / "texts.txt", 8_000)
    output = tmp_path / "out" / "out.spacy"
    output.parent.mkdir()
    output.write_bytes(b"former")
    args = (model, texts, output, "--overwrite", *BATCH)
    assert start_and_stop(args, output, signal.SIGINT, 0.1) is None
    assert output.read_bytes() == b"former"
    assert parts_of(output)
    code, printed = in_process(*args, "--resume")
    assert code == 0
    assert "texts are finished already" in printed
    assert len(DocBin().from_disk(output)) == 8_000
    assert sorted(path.name for path in output.parent.iterdir()) == WHAT_IS_LEFT


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
    job = make_job(model, tmp_path / "in", output)
    job.start(resume=False, overwrite=False)
    for number in range(2):
        job.output.keep(
            ShardTask(job.worker, job.output.shards)(
                Part(number, 0, "f", [{"id": "1", "text": "one"}], [1], is_last=True)
            )
        )
    texts[1].write_text("another", encoding="utf8")
    code, printed = in_process(model, tmp_path / "in", output, *BATCH, "--resume")
    assert code == 0, printed
    assert "[W008] b.txt has changed" in printed
    assert "the 1 texts of it" in printed
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
