"""Names of folders and files: they work as they are in a project, or are refused with a number."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import srsly
from commands import run_command
from hypothesis import example, given
from hypothesis import strategies as st
from thinc.api import Config
from weasel.util.config import substitute_project_variables

from spacy_halfree import create_project
from spacy_halfree.cli.init import change_to
from spacy_halfree.project.names import NOT_IN_VARIABLES, make_title, quote_in_yaml
from spacy_halfree.project.own_tokenizer import OwnTokenizer
from spacy_halfree.project.project_files import write_project
from spacy_halfree.project.project_settings import ProjectSettings
from spacy_halfree.project.update import update_project

HOSTILE = (
    "'q' \"d\" \\ $x ${x} ${vars.lang} {y} {{z}} {% if %} %(w)s #é \U0001f600 \x85\u2028\n\tnew"
)
NOT_UTF8 = os.fsdecode(b"caf\xe9")
# what a file system takes as a name
NAMES = st.text(st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1)
HAS = {"test": False, "problems": False}


def render(folder: Path, name: str, encoder: str, teacher: Any) -> dict[str, Any]:
    """The workflow of a project as it is in the file, with the encoder as if it were a folder."""
    settings = ProjectSettings(teacher=teacher, encoder="some/encoder")
    object.__setattr__(settings, "encoder", encoder)
    write_project(folder, name, settings, HAS, OwnTokenizer())
    found: dict[str, Any] = srsly.read_yaml(folder / "project.yml")
    return found


def value_after(command: str, *words: str) -> str:
    """The argument after some others in a line of a shell."""
    found = shlex.split(command)
    (place,) = [i for i in range(len(found)) if tuple(found[i : i + len(words)]) == words]
    return found[place + len(words)]


@pytest.mark.parametrize(
    ("teacher", "step", "words"),
    [
        ("aligned", "adapt-encoder", ("halfree", "adapt-encoder")),
        ("t5", "train-teacher", ("--paths.pretrained",)),
    ],
)
@given(name=NAMES, encoder=NAMES)
@example(name=HOSTILE, encoder="-an encoder's {x} {{y}} %(z)s #é \U0001f600 \x85\u2028 ")
@example(name="${vars.encoder}", encoder="{")
@example(name="$" + "{", encoder="1")
@example(name="\r", encoder="\x7f")
def test_any_name(
    tmp_path_factory: pytest.TempPathFactory,
    teacher: str,
    step: str,
    words: tuple[str, ...],
    name: str,
    encoder: str,
) -> None:
    """The steps get the path that was given, also as a setting of a config."""
    path = f"/{encoder}"
    if NOT_IN_VARIABLES.search(path):
        return
    project = render(tmp_path_factory.mktemp("p"), name, path, teacher)
    assert project["vars"]["encoder"] == path
    assert project["title"].endswith(make_title(name))
    filled = substitute_project_variables(project)
    assert filled["title"] == project["title"]
    assert filled["vars"]["encoder"] == path
    (command,) = [own for own in filled["commands"] if own["name"] == step]
    given_path = value_after(command["script"][0], *words)
    assert given_path == path
    text = "[paths]\npretrained = null\n\n[model]\nname = ${paths.pretrained}\n"
    config = Config().from_str(text, overrides={"paths.pretrained": given_path})
    assert config["model"]["name"] == path


@given(st.text(st.characters(codec="utf-8")))
@example(HOSTILE)
def test_values_of_yaml(text: str) -> None:
    assert srsly.yaml_loads(f"a: {quote_in_yaml(text)}") == {"a": text}


@given(NAMES)
@example(HOSTILE)
def test_titles_are_on_one_line(name: str) -> None:
    title = make_title(name)
    assert title.splitlines() in ([title], [])
    assert "${" not in title


@pytest.fixture
def inputs(tmp_path: Path) -> tuple[Path, Path]:
    labelled, raw = tmp_path / "labelled.jsonl", tmp_path / "raw.txt"
    rows = [{"text": f"Rome {i}", "label": [[0, 4, "CITY"]]} for i in range(8)]
    labelled.write_text("\n".join(map(json.dumps, rows)), encoding="utf8")
    raw.write_text("Oslo 1\nOslo 2\n", encoding="utf8")
    return labelled, raw


@pytest.mark.parametrize("character", ['"', "\\", "$", "\n", "\t", "\x01"])
def test_encoders_that_are_refused(
    tmp_path: Path, inputs: tuple[Path, Path], character: str
) -> None:
    labelled, raw = inputs
    encoder = tmp_path / f"en{character}coder"
    encoder.mkdir()
    arguments = ("init", tmp_path / "p", "--labelled", labelled, "--raw", raw, "--encoder")
    code, printed = run_command(*arguments, encoder)
    assert (code, "[H148]" in printed) == (1, True)
    assert not (tmp_path / "p").exists()
    # the message tells to use a link
    (tmp_path / "link").symlink_to(encoder)
    code, printed = run_command(*arguments, tmp_path / "link")
    assert code == 0, printed
    project = srsly.read_yaml(tmp_path / "p" / "project.yml")
    assert project["vars"]["encoder"] == str(tmp_path / "link")


@pytest.mark.parametrize("what", ["project", "labelled", "raw", "encoder", "code", "tokenizer"])
def test_names_that_are_not_utf8(tmp_path: Path, inputs: tuple[Path, Path], what: str) -> None:
    folder = tmp_path / NOT_UTF8
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("this file system has no such names")
    places = {"project": tmp_path / "p", "labelled": inputs[0], "raw": inputs[1]}
    places |= {what: folder / "empty"}
    settings: dict[str, Any] = {"encoder": "some/encoder"}
    if what == "labelled":
        places[what] = inputs[0].rename(folder / "labelled.jsonl")
    elif what == "raw":
        inputs[1].rename(folder / "raw.txt")
        places[what] = folder
    elif what != "project":
        settings[what] = str(folder)
        if what == "code":
            settings[what] = str(folder / "code.py")
            (folder / "code.py").touch()
        elif what == "tokenizer":
            (folder / "config.cfg").write_text('[nlp]\nlang = "en"\n', encoding="utf8")
    with pytest.raises(ValueError, match=r"\[H148\]") as raised:
        create_project(
            places["project"],
            places["labelled"],
            places["raw"],
            settings=ProjectSettings(**settings),
        )
    str(raised.value).encode("utf8")
    assert not list(tmp_path.glob("**/project.yml"))


def test_updates_with_names_that_are_not_utf8(tmp_path: Path, inputs: tuple[Path, Path]) -> None:
    folder = tmp_path / "p"
    create_project(folder, *inputs, settings=ProjectSettings(encoder="some/encoder"))
    with pytest.raises(ValueError, match=r"\[H148\]"):
        update_project(folder, tmp_path / f"{NOT_UTF8}.jsonl")
    with pytest.raises(ValueError, match=r"\[H148\]"):
        update_project(folder, inputs[0], tmp_path / NOT_UTF8)


@pytest.mark.parametrize("name", ["-", "-x", "--", "a b", HOSTILE, "~", "$HOME", "*"])
def test_shells_change_to_the_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    command = f"{change_to(Path(name))} && pwd"
    result = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True)
    assert result.stdout == f"{tmp_path / name}\n"
