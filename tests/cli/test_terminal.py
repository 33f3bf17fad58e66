"""What commands print: no colours but on terminals, and nothing that commands a terminal."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from commands import run_as_it_is
from spacy.language import Language
from test_command_outputs import COMMANDS, Files

import spacy_halfree.cli
from spacy_halfree.cli.terminal import msg, use_device
from spacy_halfree.printable import printable_lines

pty = pytest.importorskip("pty", reason="Windows has no pseudo-terminals")
PATIENCE = 300
ESCAPE = "\x1b"
HOSTILE = "A\x1b[31mB\r\x07C\x9b2J\u202eD\u2028E\nforged"
"""A label, a text or a name."""
PLAIN = {"NO_COLOR": "1"}
FORCED = {"FORCE_COLOR": "1", "GITHUB_ACTIONS": "1", "PY_COLORS": "1", "CLICOLOR_FORCE": "1"}


@pytest.fixture
def files(tmp_path: Path, model: Path, teacher: Language) -> Files:
    (tmp_path / "files").mkdir()
    return Files(tmp_path / "files", model, teacher)


def environment(more: dict[str, str]) -> dict[str, str]:
    kept = {name: own for name, own in os.environ.items() if name not in ("NO_COLOR", *FORCED)}
    return {**kept, "TERM": "xterm-256color", **more}


def run_on_terminal(command: list[str], **more: str) -> tuple[int, str]:
    """Run a command whose outputs are a terminal. RETURNS: Its status, and what it printed."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment(more)
    )
    os.close(theirs)
    printed = b""
    try:
        while part := os.read(ours, 1 << 16):
            printed += part
    except OSError:
        # the end of the output, on Linux
        pass
    os.close(ours)
    return process.wait(PATIENCE), printed.decode("utf8", "replace")


def run_piped(command: list[str], **more: str) -> tuple[int, str]:
    result = subprocess.run(
        command, capture_output=True, env=environment(more), timeout=PATIENCE, check=False
    )
    return result.returncode, (result.stdout + result.stderr).decode("utf8", "replace")


def halfree(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "spacy", "halfree", *map(str, arguments)]


def commands_of(files: Files, name: str, folder: Path) -> list[list[str]]:
    """A command that works, its help, and a wrong option."""
    ending = {"suggest": ".jsonl", "calibrate": ".png", "annotate": ".spacy"}.get(name, "")
    command = files.command(name, folder / f"new{ending}")
    if name == "calibrate":
        # without matplotlib
        command = halfree("calibrate", files.model, files.dev, "--dry-run")
    if name == "adapt-encoder":
        # the folder holds no encoder, which is an error
        command = halfree(name, files.model, files.raw.parent, "--output", folder / "new")
    return [command, halfree(name, "--help"), halfree(name, "--no-such-option")]


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_colours(files: Files, name: str, tmp_path: Path) -> None:
    for command in commands_of(files, name, tmp_path):
        code, printed = run_on_terminal(command, **PLAIN)
        assert ESCAPE not in printed, command
        assert "Traceback" not in printed
        for path in tmp_path.glob("new*"):
            # an encoder or a project is refused the second time, which is as good
            if path.is_file():
                path.unlink()
        again, printed = run_piped(command, **FORCED)
        assert ESCAPE not in printed, command
        assert "Traceback" not in printed
        assert code == again or name in ("init", "annotate")


def test_colours_of_a_check(files: Files) -> None:
    command = halfree("check", files.gold)
    assert ESCAPE in run_on_terminal(command, NO_COLOR="")[1]
    assert ESCAPE not in run_on_terminal(command, **PLAIN)[1]
    assert ESCAPE not in run_piped(command, **FORCED)[1]


@pytest.mark.slow
def test_colours_without_a_command(files: Files) -> None:
    assert ESCAPE not in run_on_terminal(halfree("check", files.gold), TERM="dumb")[1]
    for arguments in ([], ["--help"], ["nothing"]):
        assert ESCAPE not in run_on_terminal(halfree(*arguments), **PLAIN)[1]
        assert ESCAPE not in run_piped(halfree(*arguments), **FORCED)[1]


CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
PROGRESS = re.compile(r"\r[^\r\n]*(?=[\r\n]|$)|\x1b\[A")
"""What `tqdm` prints, which returns to the beginning of its line."""


def check_printed(printed: str) -> None:
    found = CONTROLS.search(PROGRESS.sub("", printed.replace("\r\n", "\n")))
    assert found is None, (found, printed)
    assert not re.search("^forged", printed, flags=re.MULTILINE)


def test_hostile_labels_and_texts(tmp_path: Path, model: Path) -> None:
    spans = [[0, 4, HOSTILE], [5, 7, f"{HOSTILE} "], [0, 4, "CITY"]]
    values = [{"text": f"Rome is {HOSTILE} {n}", "spans": spans} for n in range(30)]
    values += [{"text": "cut", "spans": [[0, 1, HOSTILE]]}, {"text": HOSTILE, "spans": HOSTILE}]
    gold = tmp_path / "gold.jsonl"
    gold.write_text("\n".join(map(json.dumps, values)), encoding="utf8")
    raw = tmp_path / "raw.jsonl"
    texts = [{"text": f"Find bars {HOSTILE} {n}", "id": HOSTILE} for n in range(9)]
    raw.write_text("\n".join(map(json.dumps, [*texts, {"text": [HOSTILE]}])), encoding="utf8")
    for arguments in (
        ("check", gold, gold, "--dev", gold, "--raw", raw),
        ("init", tmp_path / "p", "--labelled", gold, "--raw", raw),
        ("annotate", model, raw, tmp_path / "soft.spacy"),
        ("suggest", model, "--raw", raw, "-o", tmp_path / "a.json", "--format", "label-studio"),
        ("report", model, gold, "-o", tmp_path / "r.html"),
        ("calibrate", model, gold, "--dry-run"),
    ):
        _, printed = run_as_it_is(*arguments)
        check_printed(printed)


def test_hostile_names(tmp_path: Path, model: Path) -> None:
    name = HOSTILE.replace("/", "")
    folder = tmp_path / name
    folder.mkdir()
    gold, raw = folder / f"{name}.jsonl", folder / "raw.txt"
    gold.write_text('{"text": "Rome is", "spans": [[0, 4, "CITY"]]}\n{}', encoding="utf8")
    raw.write_bytes(b"Rome\n\xff\n")
    for arguments in (
        ("check", gold, "--raw", folder),
        ("check", folder / f"{name}.txt"),
        ("check", gold, "--output", folder / "out"),
        ("check", gold, f"--{name}"),
        ("check", gold, "--read-as", name),
        (name,),
        ("annotate", model, raw, folder / "soft.spacy"),
        ("suggest", folder, "--raw", raw, "-o", folder / "a.jsonl"),
        ("report", folder / name, gold, "-o", folder / "r.html"),
    ):
        code, printed = run_as_it_is(*arguments)
        check_printed(printed)
    assert code == 1


def test_one_printer() -> None:
    """All commands print through one module."""
    for path in Path(spacy_halfree.cli.__file__).parent.glob("*.py"):
        source = path.read_text(encoding="utf8")
        printing = re.findall(r"wasabi|setup_gpu|typer\.(?:echo|secho|style)|\bprint\(", source)
        if path.name == "outcome.py":
            # on the standard error, when nothing else can be printed
            assert printing == ["print("]
            assert "print(printable(" in source
        elif path.name != "terminal.py":
            assert not printing, path


def test_tables(capsys: pytest.CaptureFixture[str]) -> None:
    msg.table([(HOSTILE, 1)], header=("", HOSTILE), divider=True)
    msg.warn(HOSTILE, HOSTILE)
    printed = capsys.readouterr().out
    check_printed(printed)
    assert printed == printable_lines(printed)


def test_devices(capsys: pytest.CaptureFixture[str]) -> None:
    use_device(-1)
    assert "Using CPU" in capsys.readouterr().out
    with pytest.raises(ValueError, match=r"\[H013\].*gpu_id"):
        use_device(-2)
    with pytest.raises(ValueError, match=r"\[H150\] Cannot use the GPU 1000"):
        use_device(1000)
