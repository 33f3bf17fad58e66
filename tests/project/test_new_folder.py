"""The folder of a project: of several processes one wins whole, and a kill blocks nobody."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import pytest
import spacy
from spacy.tokens import DocBin

from spacy_halfree import create_project
from spacy_halfree.project.create import NewProject
from spacy_halfree.project.project_settings import ProjectSettings
from spacy_halfree.project.update import update_project

SETTINGS = ProjectSettings(encoder="some/encoder")
WHOLE = {"README.md", "configs", "corpus", "project.yml"}
N_ROUNDS = 30
N_PROCESSES = 3


def write_inputs(folder: Path, name: str) -> tuple[Path, Path]:
    """Labelled and raw texts, all of which have the name in them."""
    folder.mkdir(exist_ok=True)
    rows = [{"text": f"Rome {name} {i}", "label": [[0, 4, "CITY"]]} for i in range(8)]
    labelled, raw = folder / f"{name}.jsonl", folder / f"{name}.txt"
    labelled.write_text("\n".join(map(json.dumps, rows)), encoding="utf8")
    raw.write_text("".join(f"Oslo {name} {i}\n" for i in range(20)), encoding="utf8")
    return labelled, raw


def create(folder: Path, inputs: Path, name: str, **options: Any) -> NewProject:
    labelled, raw = write_inputs(inputs, name)
    return create_project(folder, labelled, raw, settings=SETTINGS, **options)


def texts_of(folder: Path, name: str) -> list[str]:
    vocab = spacy.blank("en").vocab
    docs = DocBin().from_disk(folder / "corpus" / f"{name}.spacy").get_docs(vocab)
    return [doc.text for doc in docs]


def check_is_whole(folder: Path, name: str) -> None:
    """All files are there, and all of them come from the inputs of one name."""
    assert {path.name for path in folder.iterdir()} == WHOLE
    labelled = texts_of(folder, "gold") + texts_of(folder, "dev")
    assert sorted(labelled) == [f"Rome {name} {i}" for i in range(8)]
    pool = (folder / "corpus" / "pool.jsonl").read_text(encoding="utf8").splitlines()
    assert [json.loads(line)["text"] for line in pool] == [f"Oslo {name} {i}" for i in range(20)]
    summary = json.loads((folder / "corpus" / "summary.json").read_text(encoding="utf8"))
    assert all(name in file["name"] for file in summary["files"])
    assert len(list((folder / "configs").iterdir())) == 2


def same(folder: Path) -> Path:
    return folder


def make_empty(folder: Path) -> Path:
    folder.mkdir()
    return folder


def make_link(folder: Path) -> Path:
    link = folder.with_name("link")
    link.symlink_to(folder.name)
    return link


def make_linked_folder(folder: Path) -> Path:
    make_empty(folder)
    return make_link(folder)


def respell(folder: Path) -> Path:
    make_empty(folder.with_name("other"))
    return folder.with_name("other") / ".." / folder.name


@pytest.mark.parametrize("prepare", [same, make_empty, make_link, make_linked_folder, respell])
def test_another_one_is_faster(tmp_path: Path, prepare: Callable[[Path], Path]) -> None:
    """The first one is still reading when a second one begins and ends."""
    folder = tmp_path / "place" / "p"
    folder.parent.mkdir()
    other = prepare(folder)

    def start_another(_: object) -> None:
        create(other, tmp_path / "in", "second")

    with pytest.raises(ValueError, match=r"\[H147\]"):
        create(folder, tmp_path / "in", "first", on_report=start_another)
    check_is_whole(folder, "second")
    assert not list(folder.parent.glob(".*"))


@pytest.mark.parametrize("prepare", [same, make_empty])
def test_another_one_fails(tmp_path: Path, prepare: Callable[[Path], Path]) -> None:
    """It removes nothing but what it has written."""
    folder = prepare(tmp_path / "p")
    labelled, _ = write_inputs(tmp_path / "in", "second")

    def start_another(_: object) -> None:
        with pytest.raises(FileNotFoundError, match=r"\[H019\]"):
            create_project(folder, labelled, tmp_path / "none.txt", settings=SETTINGS)

    create(folder, tmp_path / "in", "first", on_report=start_another)
    check_is_whole(folder, "first")
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("kind", ["new", "empty"])
def test_a_file_that_appears_meanwhile_stays(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "p"
    if kind == "empty":
        folder.mkdir()

    def write(_: object) -> None:
        folder.mkdir(exist_ok=True)
        (folder / "README.md").write_text("mine", encoding="utf8")

    with pytest.raises(ValueError, match=r"\[H147\]"):
        create(folder, tmp_path / "in", "first", on_report=write)
    assert [path.name for path in folder.iterdir()] == ["README.md"]
    assert (folder / "README.md").read_text(encoding="utf8") == "mine"


def test_an_empty_folder_stays_the_same_one(tmp_path: Path) -> None:
    """Somebody may stand in it, and it has its own permissions."""
    folder = make_empty(tmp_path / "p")
    folder.chmod(0o750)
    before = folder.stat()
    create(folder, tmp_path / "in", "first")
    check_is_whole(folder, "first")
    assert (folder.stat().st_ino, folder.stat().st_mode) == (before.st_ino, before.st_mode)


KILLED = """
import os, pathlib, signal, sys
from spacy_halfree import create_project
from spacy_halfree.project import new_folder
from spacy_halfree.project.project_settings import ProjectSettings


def kill(*_):
    os.kill(os.getpid(), signal.SIGKILL)


folder, labelled, raw, moment = sys.argv[1:]
if moment == "moving":
    new_folder._move_rest = kill
elif moment == "moving the last":
    rename = pathlib.Path.rename

    def rename_or_kill(path, target):
        return kill() if path.name == "project.yml" else rename(path, target)

    pathlib.Path.rename = rename_or_kill
on_report = kill if moment == "reading" else None
settings = ProjectSettings(encoder="some/encoder")
create_project(folder, labelled, raw, settings=settings, on_report=on_report)
"""


def kill(folder: Path, inputs: Path, moment: str) -> None:
    command = [sys.executable, "-c", KILLED, folder, *write_inputs(inputs, "first"), moment]
    result = subprocess.run([*map(str, command)], capture_output=True)
    assert result.returncode == -signal.SIGKILL, result.stderr


@pytest.mark.parametrize("prepare", [same, make_empty])
def test_killed_while_it_reads(tmp_path: Path, prepare: Callable[[Path], Path]) -> None:
    folder = prepare(tmp_path / "p")
    kill(folder, tmp_path / "in", "reading")
    create(folder, tmp_path / "in", "second")
    check_is_whole(folder, "second")
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("moment", ["moving", "moving the last"])
def test_killed_while_it_moves_the_project_up(tmp_path: Path, moment: str) -> None:
    """It had taken the folder: the next one finishes the project, and is refused."""
    folder = make_empty(tmp_path / "p")
    kill(folder, tmp_path / "in", moment)
    assert (folder / "corpus").exists()
    assert not (folder / "project.yml").exists()
    with pytest.raises(ValueError, match=r"\[H089\]"):
        create(folder, tmp_path / "in", "second")
    check_is_whole(folder, "first")


def test_a_file_of_the_user_beside_a_stopped_project_stays(tmp_path: Path) -> None:
    folder = make_empty(tmp_path / "p")
    kill(folder, tmp_path / "in", "moving")
    (folder / "README.md").write_text("mine", encoding="utf8")
    with pytest.raises(ValueError, match=r"\[H089\]"):
        create(folder, tmp_path / "in", "second")
    assert (folder / "README.md").read_text(encoding="utf8") == "mine"


def test_interrupted_while_it_moves_the_project_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename, moved = Path.rename, []

    def interrupt(path: Path, target: Path) -> Path:
        moved.append(path.name)
        if moved.count("configs") == 1 and path.name == "configs":
            raise KeyboardInterrupt
        return rename(path, target)

    folder = make_empty(tmp_path / "p")
    monkeypatch.setattr(Path, "rename", interrupt)
    with pytest.raises(KeyboardInterrupt):
        create(folder, tmp_path / "in", "first")
    check_is_whole(folder, "first")


def test_updates_of_one_project(tmp_path: Path) -> None:
    """The texts of neither are lost: the second one is refused, and can be repeated."""
    folder = tmp_path / "p"
    create(folder, tmp_path / "in", "old")
    (tmp_path / "link").symlink_to(folder)
    first, _ = write_inputs(tmp_path / "in", "first")
    second, _ = write_inputs(tmp_path / "in", "second")

    def start_another(_: object) -> None:
        with pytest.raises(FileExistsError, match=r"\[H147\]"):
            update_project(tmp_path / "link", second)

    assert update_project(folder, first, on_report=start_another).n_new == 8
    assert update_project(tmp_path / "link", second).n_new == 8
    assert sum("first" in text or "second" in text for text in texts_of(folder, "gold")) == 16


def compete(name: str, place: Path, barrier: Barrier, results: Queue[tuple[int, str, str]]) -> None:
    """Create projects at the same moments as others."""
    labelled, raw = write_inputs(place / f"in {name}", name)
    for number in range(N_ROUNDS):
        folder = place / f"p{number}"
        barrier.wait(120)
        try:
            create_project(folder, labelled, raw, settings=SETTINGS)
            results.put((number, name, ""))
        except Exception as error:
            results.put((number, name, str(error)))


# about a minute on two CPUs
@pytest.mark.slow
@pytest.mark.parametrize("kind", ["new", "empty"])
def test_many_at_once(tmp_path: Path, kind: str) -> None:
    if kind == "empty":
        for number in range(N_ROUNDS):
            (tmp_path / f"p{number}").mkdir()
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(N_PROCESSES), context.Queue()
    names = [f"process{i}" for i in range(N_PROCESSES)]
    processes = [
        context.Process(target=compete, args=(name, tmp_path, barrier, results)) for name in names
    ]
    for process in processes:
        process.start()
    found = [results.get(timeout=300) for _ in range(N_ROUNDS * N_PROCESSES)]
    for process in processes:
        process.join()
    for number in range(N_ROUNDS):
        outcomes = {name: error for own, name, error in found if own == number}
        (winner,) = [name for name, error in outcomes.items() if not error]
        check_is_whole(tmp_path / f"p{number}", winner)
        for error in outcomes.values():
            assert not error or error.startswith(("[H147]", "[H089]"))
    assert not list(tmp_path.glob(".*"))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["new", "empty"])
def test_commands_at_once(tmp_path: Path, kind: str) -> None:
    """Of the real commands one ends with 0, and every other one with 1 and a number."""
    for number in range(3):
        folder = tmp_path / f"p{number}"
        if kind == "empty":
            folder.mkdir()
        processes = {}
        for name in ("first", "second"):
            labelled, raw = write_inputs(tmp_path / "in", name)
            command = [sys.executable, "-m", "spacy", "halfree", "init", str(folder)]
            options = ["--labelled", str(labelled), "--raw", str(raw), "--encoder", "some/encoder"]
            processes[name] = subprocess.Popen(
                [*command, *options],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                env=os.environ | {"COLUMNS": "1000"},
            )
        printed = {name: process.communicate()[0] for name, process in processes.items()}
        codes = {name: process.returncode for name, process in processes.items()}
        assert sorted(codes.values()) == [0, 1], printed
        (winner,) = [name for name, code in codes.items() if code == 0]
        (loser,) = [name for name, code in codes.items() if code == 1]
        assert "[H147]" in printed[loser] or "[H089]" in printed[loser]
        check_is_whole(folder, winner)
