"""Ray Data: the same bytes as one process makes, whoever dies on the way."""

from __future__ import annotations

import inspect
import logging
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jobs import contents, label, no_progress
from own_functions import forget, write_code, write_pipeline
from spacy.tokens import DocBin
from spacy.vocab import Vocab

from spacy_halfree.data.inputs import find_inputs
from spacy_halfree.data.parts import Part, PartSource
from spacy_halfree.labelling.engines.local import run_locally
from spacy_halfree.labelling.engines.ray import RayEngine
from spacy_halfree.labelling.places import parts_folder
from spacy_halfree.labelling.shards import Summary
from spacy_halfree.labelling.worker import TeacherWorker

ray = pytest.importorskip("ray", reason="asks for Ray (pip install 'spacy-halfree[ray]')")

PATIENCE = 180
"""Seconds after which a run that has written nothing is held for hanging."""
Write = Callable[[str, int], Path]
ENGINE = RayEngine(num_workers=2)


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """Ray on two CPUs, for all tests that do not start their own."""
    environment = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        ray.init(num_cpus=2, include_dashboard=False, logging_level="error")
        yield
        ray.shutdown()


@pytest.mark.usefixtures("cluster")
def test_the_same_bytes_as_in_one_process(
    teacher_path: Path, write_texts: Write, tmp_path: Path
) -> None:
    write_texts("in/a.txt", 1500)
    write_texts("in/b.txt", 300)
    (tmp_path / "in" / "empty.txt").touch()
    poison = b"good\n" + b"very long " * 500_000 + b"\n\xc3\x28\nfine"
    (tmp_path / "in" / "poison.txt").write_bytes(poison)
    one = label(teacher_path, tmp_path / "in", tmp_path / "one", engine=run_locally)
    two = label(teacher_path, tmp_path / "in", tmp_path / "two", engine=ENGINE)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert len(contents(tmp_path / "one")) > 8
    assert one.bad == two.bad
    assert [(bad.file, bad.line) for bad in two.bad] == [
        ("poison.txt", 2),
        ("poison.txt", 3),
    ]


@pytest.mark.usefixtures("cluster")
def test_what_cannot_be_read_stops_the_run(
    teacher_path: Path, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    """With the message that names the file, not with Ray's, nor with warnings of Ray's ways."""
    (tmp_path / "texts.jsonl.gz").write_bytes(b"no gzip")
    with pytest.raises(ValueError, match=r"^\[H019\] .*texts\.jsonl\.gz.*is complete\.$"):
        label(teacher_path, tmp_path / "texts.jsonl.gz", tmp_path / "out", engine=ENGINE)
    assert not [own for own in recwarn if own.filename == inspect.getfile(RayEngine)]


@pytest.mark.usefixtures("cluster")
def test_many_small_files(teacher_path: Path, tmp_path: Path) -> None:
    """Not a process for each; and into one file, in their order."""
    (tmp_path / "in").mkdir()
    for number in range(60):
        (tmp_path / "in" / f"{number:02}.txt").write_text(f"Text {number}", encoding="utf8")
    label(teacher_path, tmp_path / "in", tmp_path / "two.spacy", engine=ENGINE)
    label(teacher_path, tmp_path / "in", tmp_path / "one.spacy", engine=run_locally)
    assert (tmp_path / "one.spacy").read_bytes() == (tmp_path / "two.spacy").read_bytes()
    assert len(processes(b"ray::")) < 20


@pytest.mark.usefixtures("cluster")
def test_code_that_the_teachers_need(tmp_path: Path) -> None:
    """It is imported in the processes that label, too."""
    pipeline, _ = write_pipeline(tmp_path)
    code = write_code(tmp_path)
    texts = tmp_path / "raw.txt"
    texts.write_text("\n".join(f"unit PUMP{i}_G4 is on" for i in range(600)), encoding="utf8")
    worker = TeacherWorker(pipeline, batch_size=4, code=code)
    label(worker, texts, tmp_path / "two", engine=ENGINE)
    label(worker, texts, tmp_path / "one", engine=run_locally)
    forget(code)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    docs = DocBin().from_disk(min((tmp_path / "two").glob("*.spacy"))).get_docs(Vocab())
    words = [token.text for token in next(iter(docs))]
    assert words == ["unit", "PUMP0", "_", "G4", "is", "on"]


@pytest.mark.usefixtures("cluster")
def test_gpus_that_are_not_there(teacher_path: Path, write_texts: Write, tmp_path: Path) -> None:
    if ray.cluster_resources().get("GPU"):
        pytest.skip("there is a GPU")
    for number, num_workers in enumerate((None, 1, 2)):
        engine = RayEngine(num_workers=num_workers, num_gpus=1)
        with pytest.raises(ValueError, match=r"\[H067\].* 2 CPUs, 0 GPUs"):
            label(teacher_path, write_texts("a.txt", 3), tmp_path / f"out{number}", engine=engine)


@pytest.mark.usefixtures("cluster")
def test_more_workers_than_there_is_room_for(
    teacher_path: Path, write_texts: Write, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    texts = write_texts("a.txt", 600)
    with caplog.at_level(logging.WARNING, "spacy.halfree"):
        label(teacher_path, texts, tmp_path / "many", engine=RayEngine(num_workers=5))
    assert "[W006] 5 workers" in caplog.text
    label(teacher_path, texts, tmp_path / "one", engine=run_locally)
    assert contents(tmp_path / "one") == contents(tmp_path / "many")


class NotInstalled:
    """A task whose module other processes do not have: tests are no package."""


@pytest.mark.usefixtures("cluster")
def test_workers_that_cannot_start(write_texts: Write) -> None:
    source = PartSource(find_inputs(str(write_texts("a.txt", 3))), 1000, 256)
    with pytest.raises(ChildProcessError, match=r"\[H087\].*\(Ray says: [^$]*No module named"):
        list(RayEngine(num_workers=1)(source, NotInstalled(), no_progress))  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.usefixtures("cluster")
def test_workers_that_always_die(write_texts: Write) -> None:
    # inside of a function, it is sent whole
    class Deadly:
        def __call__(self, part: Part) -> Summary:
            os.kill(os.getpid(), signal.SIGKILL)
            raise AssertionError("alive")

    source = PartSource(find_inputs(str(write_texts("a.txt", 3))), 1000, 256)
    with pytest.raises(ChildProcessError, match=r"\[H064\].* 11 times .*\(Ray says: \w"):
        list(RayEngine(num_workers=1)(source, Deadly(), no_progress))  # type: ignore[arg-type]


def processes(beginning: bytes) -> list[int]:
    """The processes below this one whose command line begins like this."""
    parents, commands = {}, {}
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit():
                # behind the name, which may hold anything
                state = (folder / "stat").read_text().rsplit(")", 1)[1].split()
                parents[int(folder.name)] = int(state[1])
                commands[int(folder.name)] = (folder / "cmdline").read_bytes()
        except OSError:
            continue

    def is_below(process: int) -> bool:
        while process in parents and process != os.getpid():
            process = parents[process]
        return process == os.getpid()

    return [
        process
        for process, command in commands.items()
        if command.startswith(beginning) and is_below(process)
    ]


@pytest.mark.skipif(not Path("/proc").exists(), reason="finds processes as Linux shows them")
@pytest.mark.usefixtures("cluster")
def test_only_workers_of_this_test_are_found() -> None:
    """Others may be somebody's, whom it would not do to kill."""
    assert processes(b"ray::")
    # a process whose parent ends at once
    sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    code = f"import subprocess; print(subprocess.Popen({sleep}, stdout=subprocess.DEVNULL).pid)"
    result = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE)
    stranger = int(result.stdout)
    try:
        assert Path(f"/proc/{stranger}").exists()
        assert stranger not in processes(b"")
    finally:
        os.kill(stranger, signal.SIGKILL)


def kill_workers(teacher: Path, texts: Path, output: Path, n_kills: int) -> list[int]:
    """Label texts with two workers, of which one is killed now and then.

    RETURNS: The processes that were killed.
    """
    generator = random.Random(0)
    killed: list[int] = []

    def engine(*args: Any) -> Iterator[Any]:
        for summary in ENGINE(*args):
            yield summary
            alive = [process for process in processes(b"ray::MapWorker") if process not in killed]
            if len(killed) < n_kills and alive:
                time.sleep(generator.uniform(0, 0.2))
                victim = generator.choice(alive)
                os.kill(victim, signal.SIGKILL)
                killed.append(victim)

    label(teacher, texts, output, engine=engine)
    return killed


@pytest.mark.skipif(not Path("/proc").exists(), reason="finds processes as Linux shows them")
@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize(
    ("n_kills", "n_texts"),
    [(2, 5_000), pytest.param(20, 40_000, marks=pytest.mark.slow)],
)
def test_workers_that_are_killed(
    teacher_path: Path, write_texts: Write, tmp_path: Path, n_kills: int, n_texts: int
) -> None:
    texts = write_texts("texts.txt", n_texts)
    label(teacher_path, texts, tmp_path / "one", engine=run_locally)
    killed = kill_workers(teacher_path, texts, tmp_path / "two", n_kills)
    assert len(set(killed)) == n_kills
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


@pytest.mark.slow
@pytest.mark.parametrize("n_kills", [1, 5])
def test_a_driver_that_is_killed(
    teacher_path: Path, write_texts: Write, tmp_path: Path, n_kills: int
) -> None:
    """The command on a Ray of its own, killed and started again."""
    texts = write_texts("texts.txt", 4_000 * n_kills)
    output = tmp_path / "out"
    command = [sys.executable, "-m", "spacy", "halfree", "annotate", teacher_path, texts, output]
    command += ["--engine", "ray", "--num-workers", "2", "--batch-size", "4", "--resume"]
    environment = os.environ | {"RAY_AUTH_MODE": "disabled"}

    def n_finished() -> int:
        journal = parts_folder(output) / "finished.jsonl"
        return len(journal.read_text("utf8").splitlines()) if journal.exists() else 0

    generator = random.Random(0)
    for _ in range(n_kills):
        known = n_finished()
        process = subprocess.Popen(
            list(map(str, command)),
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + PATIENCE
        while process.poll() is None and n_finished() <= known:
            assert time.monotonic() < deadline, "hangs"
            time.sleep(0.01)
        time.sleep(generator.uniform(0, 0.1))
        process.kill()
        assert process.wait() == -signal.SIGKILL, "done before it was killed"
        assert not output.exists()
    result = subprocess.run(list(map(str, command)), env=environment, capture_output=True)
    assert result.returncode == 0, result.stderr
    assert "texts are finished already" in result.stdout.decode("utf8")
    label(teacher_path, texts, tmp_path / "one", engine=run_locally)
    assert contents(tmp_path / "one") == contents(output)
