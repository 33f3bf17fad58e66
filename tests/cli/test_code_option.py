"""`--code` on every command that loads a pipeline or tokenizes, and `--tokenizer-from`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import spacy
import srsly
from commands import plain, run_command
from own_functions import CODE, TEXTS, TOKENIZER, forget, write_config, write_pipeline
from spacy.tokens import DocBin
from spacy.util import load_config

RAW = [f"unit PUMP{i}_G4 is on" for i in range(20)]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pipeline that needs a user's code, and texts."""
    folder = tmp_path_factory.mktemp("own code")
    write_pipeline(folder)
    write_config(folder)
    (folder / "raw.txt").write_text("\n".join(RAW), encoding="utf8")
    rows = [
        {"text": text, "spans": [{"start": 5, "end": text.index("_"), "label": "PUMP"}]}
        for text in TEXTS
    ]
    srsly.write_jsonl(folder / "gold.jsonl", rows)
    return folder


@pytest.fixture(autouse=True)
def nothing_imported(prepared: Path) -> Iterator[None]:
    """Every test begins as a new process does."""
    code = prepared / "my_functions.py"
    forget(code)
    yield
    forget(code)


def commands(folder: Path, output: Path) -> dict[str, list[object]]:
    pipeline, raw = folder / "pipeline", folder / "raw.txt"
    gold = folder / "gold.jsonl"
    return {
        "annotate": ["annotate", pipeline, raw, output / "soft.spacy"],
        "calibrate": ["calibrate", pipeline, gold, "--dry-run"],
        "check": ["check", gold, "--tokenizer-from", folder / "own.cfg"],
        "init": [
            *("init", output / "project", "--labelled", gold, "--raw", raw),
            *("--encoder", "some/encoder", "--tokenizer-from", pipeline),
        ],
        "report": ["report", pipeline, gold, "--output", output / "report.html"],
        "suggest": ["suggest", pipeline, "--raw", raw, "--output", output / "next.jsonl"],
    }


@pytest.mark.parametrize("name", ["annotate", "calibrate", "check", "init", "report", "suggest"])
def test_every_command(prepared: Path, tmp_path: Path, name: str) -> None:
    command = commands(prepared, tmp_path)[name]
    code, output = run_command(*command)
    assert code == 1
    assert "[H129]" in output
    assert TOKENIZER in output
    assert "`--code FILE`" in output
    assert not list(tmp_path.iterdir())
    code, output = run_command(*command, "--code", prepared / "my_functions.py")
    assert code == 0, output
    assert "left out" not in output


@pytest.mark.parametrize("name", ["annotate", "check"])
def test_in_a_process_of_its_own(prepared: Path, tmp_path: Path, name: str) -> None:
    command = [str(own) for own in commands(prepared, tmp_path)[name]]
    code = os.path.relpath(prepared / "my_functions.py", tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "spacy", "halfree", *command, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    if name == "annotate":
        docs = DocBin().from_disk(tmp_path / "soft.spacy").get_docs(spacy.blank("en").vocab)
        assert [token.text for token in next(iter(docs))] == [
            "unit",
            "PUMP0",
            "_",
            "G4",
            "is",
            "on",
        ]
        manifest = json.loads((tmp_path / "soft.spacy.manifest.json").read_text("utf8"))
        assert len(manifest["settings"]["code"]) == 64
    else:
        assert "No text or span is wrong" in plain(done.stdout)


def test_a_run_with_other_code_is_not_resumed(prepared: Path, tmp_path: Path) -> None:
    soft = tmp_path / "soft.spacy"
    command = ["annotate", prepared / "pipeline", prepared / "raw.txt", soft, "--resume"]
    own = tmp_path / "functions.py"
    own.write_text(CODE, encoding="utf8")
    assert run_command(*command, "--code", own)[0] == 0
    assert run_command(*command, "--code", own)[0] == 0
    own.write_text(CODE.replace('["_"]', '["_", "0"]'), encoding="utf8")
    code, output = run_command(*command, "--code", own)
    assert code == 1
    assert "settings.code" in output
    forget(own)


def test_code_that_fails(prepared: Path, tmp_path: Path) -> None:
    own = tmp_path / "functions.py"
    own.write_text("import spacy\nspacy.no_such\n", encoding="utf8")
    output = tmp_path / "out"
    for command in commands(prepared, output).values():
        code, printed = run_command(*command, "--code", own)
        assert code == 1
        assert "[H127]" in printed
        assert "(line 2)" in printed
    code, printed = run_command(*commands(prepared, output)["check"], "--code", tmp_path / "none")
    assert code == 2
    assert not output.exists()


def test_code_is_never_replaced(prepared: Path, tmp_path: Path) -> None:
    own = tmp_path / "functions.py"
    own.write_text(CODE, encoding="utf8")
    link = tmp_path / "report.html"
    link.symlink_to(own)
    commands_that_write = {
        "annotate": ["annotate", prepared / "pipeline", prepared / "raw.txt", own],
        "check": ["check", prepared / "gold.jsonl", "--output", own],
        "report": ["report", prepared / "pipeline", prepared / "gold.jsonl", "-o", link],
        "suggest": ["suggest", prepared / "pipeline", "--raw", prepared / "raw.txt", "-o", own],
        "calibrate": ["calibrate", prepared / "pipeline", prepared / "gold.jsonl", "--dry-run"],
    }
    commands_that_write["calibrate"] += ["--diagram", own, "--overwrite"]
    for name, command in commands_that_write.items():
        more = [] if name == "calibrate" else ["--overwrite"]
        code, output = run_command(*command, *more, "--code", own)
        assert code == 1, name
        assert own.read_text(encoding="utf8") == CODE
    config = write_config(tmp_path)
    content = config.read_bytes()
    command = ["check", prepared / "gold.jsonl", "--tokenizer-from", config, "--code", own]
    code, output = run_command(*command, "--output", config, "--overwrite")
    assert "[H065]" in output
    assert config.read_bytes() == content
    forget(own)


def test_language_of_the_tokenizer(prepared: Path, tmp_path: Path) -> None:
    german = tmp_path / "de.cfg"
    german.write_text('[nlp]\nlang = "de"\n', encoding="utf8")
    options = ["--labelled", prepared / "gold.spacy", "--raw", prepared / "raw.txt"]
    init = ["init", tmp_path / "p", *options, "--tokenizer-from", german]
    assert "[H078]" in run_command(*init)[1]
    code, output = run_command(*init, "--encoder", "some/encoder", "--lang", "en")
    assert code == 1
    assert "its language is 'de', but `--lang` is 'en'" in output
    assert run_command(*init, "--encoder", "some/encoder")[0] == 0
    assert srsly.read_yaml(tmp_path / "p" / "project.yml")["vars"]["lang"] == "de"


@pytest.mark.parametrize("name", ["check", "init"])
@pytest.mark.parametrize("lang", ["ja", "th", "zz"])
def test_languages_that_are_not_installed(
    prepared: Path, tmp_path: Path, name: str, lang: str
) -> None:
    try:
        spacy.blank(lang)
    except ImportError as error:
        reason = plain(str(error))
    else:
        pytest.skip("it is installed")
    command = ["check", prepared / "gold.jsonl"]
    if name == "init":
        options = ["--labelled", prepared / "gold.jsonl", "--raw", prepared / "raw.txt"]
        command = ["init", tmp_path / "p", *options, "--encoder", "some/encoder"]
    code, output = run_command(*command, "--lang", lang)
    assert code == 1
    # messages are wrapped at hyphens, too
    assert reason.replace(" ", "") in output.replace(" ", "")


def test_init_warns_of_other_tokens(
    prepared: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    options = ["--labelled", prepared / "gold.spacy", "--raw", prepared / "raw.txt"]
    init = ["init", tmp_path / "p", *options, "--encoder", "some/encoder"]
    assert run_command(*init)[0] == 0
    assert "[W037]" in caplog.text
    assert not (tmp_path / "p" / "functions.py").exists()
    config = load_config(tmp_path / "p" / "configs" / "student_first_order.cfg")
    assert "tokenizer" not in config["nlp"]
