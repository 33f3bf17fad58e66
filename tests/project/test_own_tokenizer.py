"""Projects whose texts are split by a tokenizer of one's own, from labelled texts to a wheel."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
import spacy
import srsly
from commands import run_command
from own_functions import CONFIG, TEXTS, TOKENIZER, forget, write_code, write_config
from spacy.cli.train import train
from spacy.language import Language
from spacy.tokenizer import Tokenizer
from spacy.tokens import Doc, DocBin
from spacy.util import registry
from weasel.cli.run import project_run

from spacy_halfree import ProjectSettings, create_project
from spacy_halfree.project.own_tokenizer import check_can_be_saved, check_stands_alone

ROOT = Path(__file__).resolve().parents[2]
PARTS = ["unit", "PUMP9", "_", "G2", "is", "off"]
FEW_STEPS = {"training.max_steps": 2, "training.eval_frequency": 1}
PRINT_TOKENS = (
    "import spacy; nlp = spacy.load('en_p_tagger'); "
    "words = [token.text for token in nlp('unit PUMP9_G2 is off')]; "
    "print(words, nlp.get_pipe('halfree_tagger').labels)"
)


def write_texts(folder: Path) -> tuple[Path, Path]:
    """Labelled and raw texts, in which spans end inside of what English takes for a word."""
    rows = [
        {"text": text, "spans": [{"start": 5, "end": text.index("_"), "label": "PUMP"}]}
        for text in TEXTS
    ]
    srsly.write_jsonl(folder / "gold.jsonl", rows)
    raw = [f"unit PUMP{i}_G4 is on" for i in range(20)]
    (folder / "raw.txt").write_text("\n".join(raw), encoding="utf8")
    return folder / "gold.jsonl", folder / "raw.txt"


def make_project(folder: Path, **settings: str) -> Path:
    gold, raw = write_texts(folder)
    own = ProjectSettings(encoder="some/encoder", **settings)
    project = create_project(folder / "p", gold, raw, settings=own)
    assert not project.n_problems
    return folder / "p"


def train_student(project: Path, monkeypatch: pytest.MonkeyPatch) -> Language:
    """Train the student of a project on its labelled texts for two steps."""
    monkeypatch.chdir(project)
    paths = {"paths.train": "corpus/gold.spacy", "paths.dev": "corpus/dev.spacy"}
    train("configs/student_first_order.cfg", "student", overrides=paths | FEW_STEPS)
    return spacy.load(project / "student" / "model-last")


def test_a_registered_tokenizer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = write_code(tmp_path)
    project = make_project(tmp_path, tokenizer=str(write_config(tmp_path)), code=str(code))
    assert (project / "functions.py").read_bytes() == code.read_bytes()
    # it is made by its settings alone
    assert not (project / "assets").exists()
    student = train_student(project, monkeypatch)
    assert [token.text for token in student("unit PUMP9_G2 is off")] == PARTS
    forget(code)


@pytest.mark.parametrize("kind", ["pipeline", "config"])
def test_a_changed_tokenizer_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """The project needs neither the pipeline nor the callback that has changed it."""

    @registry.callbacks("test_split_at_underscores.v1")
    def make():
        def change(nlp: Language) -> Language:
            nlp.tokenizer.infix_finditer = spacy.util.compile_infix_regex(["_"]).finditer
            return nlp

        return change

    if kind == "pipeline":
        source = tmp_path / "elsewhere"
        make()(spacy.blank("en")).to_disk(source)
    else:
        source = tmp_path / "some.cfg"
        source.write_text(
            '[nlp]\nlang = "en"\n\n[initialize]\n\n[initialize.before_init]\n'
            '@callbacks = "test_split_at_underscores.v1"\n'
        )
    project = make_project(tmp_path, tokenizer=str(source))
    assert (project / "assets" / "tokenizer" / "tokenizer").is_file()
    commands = srsly.read_yaml(project / "project.yml")["commands"]
    steps = {command["name"]: command["deps"] for command in commands}
    assert "assets/tokenizer" in steps["train-teacher"]
    assert "assets/tokenizer" in steps["train-student"]
    assert "assets/tokenizer" in (project / "README.md").read_text(encoding="utf8")
    source.rename(tmp_path / "moved")
    project = project.rename(tmp_path / "moved project")
    student = train_student(project, monkeypatch)
    assert [token.text for token in student("unit PUMP9_G2 is off")] == PARTS


def test_a_tokenizer_that_no_pipeline_can_save(tmp_path: Path) -> None:
    @registry.tokenizers("test_only_called.v1")
    def make():
        return lambda nlp: lambda text: Doc(nlp.vocab, words=text.split(" "))

    gold, raw = write_texts(tmp_path)
    source = tmp_path / "own.cfg"
    source.write_text(CONFIG.replace(TOKENIZER, "test_only_called.v1"), encoding="utf8")
    settings = ProjectSettings(encoder="some/encoder", tokenizer=str(source))
    with pytest.raises(ValueError, match=r"\[H128\] .*to_disk, from_disk, to_bytes, from_bytes"):
        create_project(tmp_path / "p", gold, raw, settings=settings)
    assert not (tmp_path / "p").exists()


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("suffix_search", re.compile("km$", re.IGNORECASE).search),
        ("infix_finditer", re.compile("_ # an underscore", re.VERBOSE).finditer),
        ("infix_finditer", re.compile(r"\W", re.ASCII).finditer),
        ("prefix_search", re.compile("k").match),
        ("token_match", re.compile("5").fullmatch),
        ("url_match", re.compile("k").search),
        ("url_match", re.compile("k", re.IGNORECASE).match),
    ],
)
def test_a_tokenizer_that_is_saved_as_another_one(
    name: str, function: Callable[..., object]
) -> None:
    """Else a tagger is trained on words that its saved pipeline does not make."""
    nlp = spacy.blank("en")
    others = {
        "suffix_search": re.compile("(?i)km$").search,
        "infix_finditer": re.compile("_").finditer,
    }
    nlp.tokenizer = Tokenizer(nlp.vocab, **others | {name: function})
    with pytest.raises(ValueError, match=rf"\[H128\] .*flags into the pattern of `{name}`,"):
        check_can_be_saved(nlp)
    # what spaCy loads is saved as it is, and tokenizes in another way
    loaded = spacy.blank("en").from_bytes(nlp.to_bytes())
    check_can_be_saved(loaded)
    text = "5km 5KM naïve axk K_a a_k"
    words = [[token.text for token in own(text)] for own in (nlp, loaded)]
    assert words[0] != words[1]


def test_a_tokenizer_with_a_function_that_is_not_saved() -> None:
    nlp = spacy.blank("en")
    nlp.tokenizer = Tokenizer(nlp.vocab, token_match=lambda word: word.startswith("k") or None)
    with pytest.raises(ValueError, match=r"\[H128\] .*`token_match`"):
        check_can_be_saved(nlp)


@pytest.mark.parametrize("lang", ["en", "de", "fr", "hu", "xx"])
def test_the_tokenizers_of_languages_are_saved(lang: str) -> None:
    check_can_be_saved(spacy.blank(lang))


def test_no_project_is_inside_of_what_it_is_made_of(tmp_path: Path) -> None:
    gold, raw = write_texts(tmp_path)
    spacy.blank("en").to_disk(tmp_path / "pipeline")
    settings = ProjectSettings(encoder="some/encoder", tokenizer=str(tmp_path / "pipeline"))
    with pytest.raises(ValueError, match=r"\[H065\]"):
        create_project(tmp_path / "pipeline" / "p", gold, raw, settings=settings)


def test_an_update_uses_the_projects_tokenizer(tmp_path: Path) -> None:
    """And its code only if it is named, as everywhere."""
    code = write_code(tmp_path)
    source = spacy.blank("en")
    source.tokenizer.infix_finditer = spacy.util.compile_infix_regex(["_"]).finditer
    source.to_disk(tmp_path / "pipeline")
    own = {
        "registered": ["--tokenizer-from", write_config(tmp_path), "--code", code],
        "copied": ["--tokenizer-from", tmp_path / "pipeline"],
    }
    gold, raw = write_texts(tmp_path)
    new = {"text": "unit PUMP77_G1 is on", "spans": [{"start": 5, "end": 11, "label": "PUMP"}]}
    srsly.write_jsonl(tmp_path / "new.jsonl", [new])
    for name, options in own.items():
        project = tmp_path / name
        create = ["init", project, "--labelled", gold, "--raw", raw, "--encoder", "some/encoder"]
        assert run_command(*create, *options)[0] == 0
        forget(code)
        update = ["init", project, "--labelled", tmp_path / "new.jsonl", "--update"]
        status, output = run_command(*update)
        if name == "registered":
            assert status == 1
            assert "[H129]" in output
            status, output = run_command(*update, "--code", project / "functions.py")
        assert status == 0, output
        docs = DocBin().from_disk(project / "corpus" / "gold.spacy").get_docs(source.vocab)
        (doc,) = (doc for doc in docs if doc.text == new["text"])
        assert [token.text for token in doc] == ["unit", "PUMP77", "_", "G1", "is", "on"]
        assert [ent.text for ent in doc.ents] == ["PUMP77"]
        assert "[H136]" in run_command(*update, "--tokenizer-from", tmp_path / "pipeline")[1]
        assert "--tokenizer-from" in run_command(*update, *options[:2])[1]
    forget(project / "functions.py")
    forget(code)


# about a minute of processor time, most of which goes to starting Python
@pytest.mark.slow
def test_a_project_whose_wheel_has_the_code(tmp_path: Path) -> None:
    """Nobody who loads the wheel has to know of the code, which is in it."""
    pytest.importorskip("torch")
    pytest.importorskip("accelerate")
    pytest.importorskip("spacy_transformers")
    from tiny_encoder import write_encoder

    write_encoder(tmp_path / "encoder")
    gold, raw = write_texts(tmp_path)
    code = write_code(tmp_path)
    options = ["--labelled", gold, "--raw", raw, "--encoder", tmp_path / "encoder", "--test", "3"]
    own = ["--tokenizer-from", write_config(tmp_path), "--code", code]
    status, output = run_command("init", tmp_path / "p", *options, *own)
    assert status == 0, output
    code.unlink()
    steps = {"encoder_steps": 2, "teacher_steps": 2, "student_steps": 2}
    overrides = {f"vars.{name}": n for name, n in steps.items()}
    project_run(tmp_path / "p", "all", overrides=overrides, capture=True)
    (wheel,) = (tmp_path / "p").rglob("*.whl")
    site = tmp_path / "site"
    install = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--target", site]
    subprocess.run([*install, wheel], check=True, capture_output=True)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(site), str(ROOT)])}
    done = subprocess.run(
        [sys.executable, "-c", PRINT_TOKENS],
        cwd=site,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == f"{PARTS} ('PUMP',)", done.stderr


def test_code_that_imports_files_beside_it(tmp_path: Path) -> None:
    """They would not be copied into the project."""
    (tmp_path / "helper.py").write_text("X = 1\n", encoding="utf8")
    code = tmp_path / "code.py"
    for content, is_refused in (
        ("from helper import X\n", True),
        ("import helper\n", True),
        ("import json\nfrom pathlib import Path\n", False),
    ):
        code.write_text(content, encoding="utf8")
        with pytest.raises(ValueError, match="H127") if is_refused else nullcontext():
            check_stands_alone(code)
