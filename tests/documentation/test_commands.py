"""Every bash block in README and docs is run, or at least parsed.

The blocks of a page run one after another, as a reader would, in a folder with small files of the
names that the pages use. Training takes two steps there, and an encoder reads two batches: the
commands have `--training.max_steps 2 --training.eval_frequency 1` or `--steps 2` appended, and are
as they stand otherwise. A block below `<!-- not run by a test: REASON -->` is only parsed, by the
commands' own parsers.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import spacy
from code_blocks import PAGES, ROOT, blocks, page_name
from shell_commands import check_block, read_commands, run_block
from spacy.tokens import Doc, DocBin, Span
from tiny_encoder import write_encoder

pytest.importorskip("spacy_transformers")

CITIES = ["Berlin", "Rome", "Oslo", "Lima", "Accra", "Hanoi"]
PARTIES = ["two", "ten", "four", "six"]
WITH_COMMANDS = [page for page in PAGES if any(blocks(page, "bash"))]
TRAIN_TEACHER = (
    "python -m spacy train configs/teacher_aligned.cfg --paths.train gold.spacy "
    "--paths.dev dev.spacy --paths.encoder assets/minilm --output teacher"
)
TRAIN_STUDENT = (
    "python -m spacy train configs/student_first_order.cfg --paths.train gold.spacy "
    "--paths.dev dev.spacy --output student"
)


def make_docs() -> list[Doc]:
    """Annotated texts that all differ."""
    nlp = spacy.blank("en")
    docs = []
    for city in CITIES:
        for party in PARTIES:
            doc = nlp(f"A table for {party} in {city}")
            doc.set_ents([Span(doc, 3, 4, label="PARTY"), Span(doc, 5, 6, label="CITY")])
            docs.append(doc)
    return docs


def write_texts(folder: Path) -> None:
    """Annotated and raw texts, and an export of the former as Prodigy writes it."""
    docs = make_docs()
    for i, name in enumerate(("gold", "dev", "test")):
        DocBin(docs=docs[i::3]).to_disk(folder / f"{name}.spacy")
    entries = [
        {
            "text": doc.text,
            "spans": [
                {"start": ent.start_char, "end": ent.end_char, "label": ent.label_}
                for ent in doc.ents
            ],
            "answer": "accept",
        }
        for doc in docs
    ]
    lines = "".join(json.dumps(entry) + "\n" for entry in entries)
    # the same annotation twice, as of two annotators who agree
    for name in ("export", "first", "second"):
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf8")
    raw = [f"Where can {party} people eat in {city}?" for city in CITIES for party in PARTIES]
    raw += [f"We are {party} and want to book in {city}" for city in CITIES for party in PARTIES]
    start = raw[0].index(CITIES[0])
    span = {"start": start, "end": start + len(CITIES[0]), "label": "CITY"}
    corrected = json.dumps({"text": raw[0], "spans": [span], "answer": "accept"})
    (folder / "corrected.jsonl").write_text(corrected, encoding="utf8")
    for name in ("pool.txt", "raw.txt"):
        (folder / name).write_text("\n".join(raw) + "\n", encoding="utf8")


def write_own_tokenizer(folder: Path) -> None:
    """Write the Python file and the config that a page shows."""
    page = ROOT / "docs" / "own_data.md"
    shown = {
        "functions.py": [own.code for own in blocks(page, "python")],
        "tokenizer.cfg": [own.code for own in blocks(page, "ini")],
    }
    for name, start in (("functions.py", "# functions.py"), ("tokenizer.cfg", "[nlp]")):
        (code,) = (own for own in shown[name] if own.startswith(start))
        (folder / name).write_text(code, encoding="utf8")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all that the pages' commands begin with."""
    folder = tmp_path_factory.mktemp("prepared")
    for name in ("configs", "scripts", "benchmarks", "project.yml"):
        (folder / name).symlink_to(ROOT / name)
    write_encoder(folder / "assets" / "minilm")
    write_texts(folder)
    write_own_tokenizer(folder)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.chdir(folder)
        run_block(TRAIN_TEACHER, monkeypatch)
        run_block(TRAIN_STUDENT, monkeypatch)
    return folder


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=page_name)
def test_commands(
    page: Path, prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "reader"
    shutil.copytree(prepared, folder, symlinks=True)
    for block in blocks(page, "bash"):
        monkeypatch.chdir(folder)
        try:
            if block.reason is None:
                run_block(block.code, monkeypatch)
            else:
                check_block(block.code)
        except Exception as error:
            raise AssertionError(f"{block.place}: {type(error).__name__}: {error}") from error


def test_commands_are_read_as_a_shell_reads_them() -> None:
    code = "# why\ncd there && a 'b c' \\\n  --d # e\nfor i in 1; do f; done\n"
    assert read_commands(code) == [
        *(["cd", "there"], ["&&"], ["a", "b c", "--d"]),
        *(["for", "i", "in", "1"], [";"], ["do", "f"], [";"], ["done"]),
    ]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("python -m spacy halfree annotate teacher pool.txt", "Missing parameter"),
        ("python -m spacy halfree annotate teacher pool.txt out --no-such 1", "No such option"),
        ("python -m spacy halfree calibrate no_such dev.spacy", "does not exist"),
        ("python -m spacy halfree no-such-command", "no-such-command"),
        ("python -m spacy train configs/no_such.cfg", "does not exist"),
        ("python -m spacy train configs/teacher_t5.cfg --training.no_such 1", "no_such"),
        ("python -m spacy project run no-such", "no command or workflow"),
        ("python -m spacy project run all . --vars.no_such 1", "no variables"),
        ("OMP_NUM_THREADS=1 python -m benchmarks.no_such", "no module"),
        ("python scripts/no_such.py", "does not exist"),
    ],
)
def test_commands_that_cannot_work_are_noticed(
    code: str, reason: str, prepared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(prepared)
    with pytest.raises(Exception, match=reason):
        check_block(code)


def test_commands_that_are_not_run_are_parsed(
    prepared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(prepared)
    code = "pip install x\nfor i in 1; do python -m spacy train configs/teacher_t5.cfg; done\n"
    assert check_block(code + "python -m spacy halfree annotate MODEL s3://texts out -g 0") == 2


def test_what_fails_is_noticed(prepared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(prepared)
    with pytest.raises(AssertionError, match="status 1"):
        run_block("python -m spacy halfree annotate no_such pool.txt soft.spacy", monkeypatch)
    with pytest.raises(AssertionError, match="write a simpler block"):
        run_block("echo 1 | cat", monkeypatch)
