"""Runs the commands of a bash block, or parses them, in this process where that is much faster.

Only what stands in the documentation is understood: commands one after another, with `&&` or a
line break between them.
"""

import runpy
import shlex
import subprocess
import sys
from functools import reduce
from operator import getitem
from pathlib import Path

import pytest
import spacy
import srsly
from spacy.cli import app
from spacy.cli._util import parse_config_overrides
from typer.main import get_command

SHORTER = {
    ("train",): ["--training.max_steps", "2", "--training.eval_frequency", "1"],
    ("halfree", "adapt-encoder"): ["--steps", "2"],
}
"""Options that are appended, where they win, so that commands take seconds rather than minutes."""
SPACY = ["python", "-m", "spacy"]


def read_commands(code: str) -> list[list[str]]:
    """The commands of a block, each as its words; `&&`, `;` and the like are commands, too."""
    commands: list[list[str]] = []
    for line in code.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        commands.append([])
        for word in lexer:
            if set(word) <= set("();<>|&"):
                commands += [[word], []]
            else:
                commands[-1].append(word)
    return [command for command in commands if command]


def run_block(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a block's commands in the folder that is the current one."""
    for command in read_commands(code):
        if command == ["&&"]:
            continue
        assert set(command[0]).isdisjoint("();<>|&"), f"{command}: write a simpler block"
        if command[0] == "cd":
            monkeypatch.chdir(command[1])
        elif command[:3] == SPACY:
            run_spacy(command[3:])
        elif command[0] == "python" and command[1] != "-c":
            run_python(command[1:], monkeypatch)
        else:
            subprocess.run(command, check=True)


def run_spacy(arguments: list[str]) -> None:
    """One of spaCy's commands, or of ours, shortened."""
    spacy.registry.cli.get_all()
    extra = next(
        (more for start, more in SHORTER.items() if tuple(arguments[: len(start)]) == start), []
    )
    try:
        code = get_command(app).main([*arguments, *extra], "spacy", standalone_mode=False)
    except SystemExit as error:
        # wasabi's way of ending with a message
        code = error.code
    assert not code, f"{arguments} ended with status {code}"


def run_python(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A script, or a module after `-m`."""
    with monkeypatch.context() as own:
        own.setattr(sys, "argv", arguments[1:] if arguments[0] == "-m" else arguments)
        code = None
        try:
            if arguments[0] == "-m":
                runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
            else:
                runpy.run_path(arguments[0], run_name="__main__")
        except SystemExit as error:
            code = error.code
        assert not code, f"{arguments} ended with status {code}"


def check_block(code: str) -> int:
    """Parse what a block that is not run asks for, in a folder with the files that it names.

    RETURNS: How many commands of spaCy were parsed.
    """
    n_parsed = 0
    for command in read_commands(code):
        for word in command:
            if word.startswith(("configs/", "scripts/", "benchmarks/")):
                assert Path(word).exists(), f"{word} does not exist"
        module = command[command.index("-m") + 1] if "-m" in command else ""
        if module.startswith("benchmarks."):
            path = Path(*module.split("."))
            assert path.is_dir() or path.with_suffix(".py").exists(), f"no module {module}"
        if SPACY[0] in command:
            start = command.index(SPACY[0])
            if command[start : start + 3] == SPACY:
                parse_spacy(command[start + 3 :])
                n_parsed += 1
    return n_parsed


def parse_spacy(arguments: list[str]) -> None:
    """Parse a command of spaCy: options that do not exist, or missing arguments, are errors."""
    spacy.registry.cli.get_all()
    names, rest, command = [], list(arguments), get_command(app)
    while hasattr(command, "commands"):
        names.append(rest.pop(0))
        command = command.commands[names[-1]]
    context = command.make_context(" ".join(names), rest)
    overrides = parse_config_overrides(context.args)
    if names == ["train"]:
        config = spacy.util.load_config(context.params["config_path"])
        for setting in overrides:
            # spaCy itself would add one that the config does not have
            reduce(getitem, setting.split("."), config)
    elif names == ["project", "run"]:
        project = srsly.read_yaml("project.yml")
        known = {*project["workflows"], *(own["name"] for own in project["commands"])}
        assert context.params["subcommand"] in known, f"no command or workflow in {arguments}"
        unknown = set(overrides) - {f"vars.{name}" for name in project["vars"]}
        assert not unknown, f"no variables of the project: {unknown}"
    else:
        assert not overrides, f"not known: {overrides}"
