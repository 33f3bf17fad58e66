"""`python -m spacy halfree suggest`, as users run it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import spacy
from commands import run_command
from spacy.language import Language
from toy_pipelines import TEXTS, write_corpus

from spacy_halfree.data.annotated_texts import AnnotatedText, read_annotated_texts

suggest = partial(run_command, "suggest")
OTHERS = ["Play Debut by Björk", "Find The Beatles in Zürich", "Where are the bars", "Hear Queen"]


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    path = tmp_path / "raw.txt"
    path.write_text("\n".join([*TEXTS, *OTHERS]) + "\n", encoding="utf8")
    return path


def test_the_command(model: Path, teacher: Language, raw: Path, tmp_path: Path) -> None:
    gold = write_corpus(tmp_path / "gold.spacy", teacher)
    output = tmp_path / "new" / "suggestions.jsonl"
    command = [sys.executable, "-m", "spacy", "halfree", "suggest", model, "--raw", raw]
    options = ["--n", 3, "--labelled", gold, "--output", output]
    result = subprocess.run([*map(str, [*command, *options])], capture_output=True, text=True)
    printed = " ".join((result.stdout + result.stderr).split())
    assert result.returncode == 0, printed
    assert "Suggested 3 of 8 texts" in printed
    assert "4 of 8 raw texts are labelled already" in printed
    entries = list(read_annotated_texts(output, spacy.blank("en")))
    assert len(entries) == 3
    for entry in entries:
        assert isinstance(entry, AnnotatedText)
        assert entry.text in OTHERS
        expected = [(e.start_char, e.end_char, e.label_) for e in teacher(entry.text).ents]
        assert [(span.start, span.end, span.label) for span in entry.spans] == expected
    sources = [json.loads(line)["meta"]["source"] for line in output.read_text().splitlines()]
    assert all(re.fullmatch(r"raw\.txt:[5-8]", source) for source in sources)


@pytest.mark.parametrize(
    ("tool", "name"),
    [("prodigy", "out.jsonl"), ("doccano", "out.jsonl"), ("label-studio", "out.json")],
)
def test_more_are_asked_for_than_there_are(
    model: Path, raw: Path, tmp_path: Path, tool: str, name: str
) -> None:
    output = tmp_path / name
    code, printed = suggest(model, model, "--raw", raw, "--output", output, "--format", tool)
    assert code == 0, printed
    assert "[W014] Texts suggested: 8 of the " in printed
    assert "that were read, not 50" in printed
    content = output.read_text(encoding="utf8")
    tasks = json.loads(content) if tool == "label-studio" else content.splitlines()
    assert len(tasks) == 8
    # what the tool must be set to, with all labels
    labels = spacy.load(model).get_pipe("halfree_tagger").labels
    for label in labels if tool != "prodigy" else []:
        assert (f'<Label value="{label}"/>' if tool == "label-studio" else label) in printed
    assert ("<View>" in printed) == (tool == "label-studio")


@pytest.mark.parametrize("unit", [None, "utf-16", "code-points", "graphemes"])
def test_the_unit_of_offsets(
    model: Path, teacher: Language, tmp_path: Path, unit: str | None
) -> None:
    text = "\U0001f600\U0001f600 e\u0301 Play Debut by Björk"
    raw, output = tmp_path / "raw.txt", tmp_path / "out.jsonl"
    raw.write_text(text + "\n", encoding="utf8")
    command = [sys.executable, "-m", "spacy", "halfree", "suggest", model, "--raw", raw]
    options: list[object] = ["--format", "doccano", "--output", output]
    options += [] if unit is None else ["--offsets", unit]
    result = subprocess.run([*map(str, [*command, *options])], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    row = json.loads(output.read_text(encoding="utf8"))
    # of two emoji and two accents: more units than code points, fewer clusters
    more = {None: 2, "utf-16": 2, "code-points": 0, "graphemes": -1}[unit]
    ents = [ent for ent in teacher(text).ents if ent.start_char > 4]
    assert ents
    expected = [[ent.start_char + more, ent.end_char + more, ent.label_] for ent in ents]
    assert [span for span in row["label"] if span[0] > 4 + more] == expected


def test_the_same_bytes_twice_and_no_file_replaced_unasked(
    model: Path, raw: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.jsonl"
    arguments = [model, "--raw", raw, "--n", 4, "--output", output]
    assert suggest(*arguments)[0] == 0
    before = output.read_bytes()
    code, printed = suggest(*arguments)
    assert code == 1
    assert "[H024]" in printed
    assert suggest(*arguments, "--overwrite")[0] == 0
    assert output.read_bytes() == before


def test_options_of_labelled_texts_without_such_texts(
    model: Path, raw: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.jsonl"
    code, printed = suggest(model, "--raw", raw, "--output", output, "--field", "text")
    assert code == 1
    assert "[H146]" in printed
    assert "are given: --field. Use `--labelled`" in printed


def test_bad_lines_are_named_and_the_others_used(model: Path, tmp_path: Path) -> None:
    raw, gold = tmp_path / "raw.jsonl", tmp_path / "gold.jsonl"
    raw.write_text('{"text": "Play Debut"}\n{"text": 5}\n{"text": "Find bars"}\n')
    gold.write_text('{"text": "Find bars", "spans": []}\nno JSON\n')
    output = tmp_path / "out.jsonl"
    code, printed = suggest(model, "--raw", raw, "--labelled", gold, "--output", output)
    assert code == 0, printed
    assert "raw.jsonl, line 2: skipped" in printed
    assert re.search(r"gold\.jsonl, line 2: skipped", printed)
    assert [json.loads(line)["text"] for line in output.read_text().splitlines()] == ["Play Debut"]


@pytest.mark.parametrize(
    ("options", "number"),
    [
        (["--output", "out.json"], "H084"),
        (["--output", "out.jsonl", "--format", "label-studio"], "H084"),
        (["--output", "out.jsonl", "--score", "disagreement"], "H083"),
        (["--output", "out.jsonl", "--max-similarity", "0"], "H085"),
        (["--output", "out.jsonl", "--raw", "nothing.txt"], "H019"),
        (["--output", "out.jsonl", "--component", "nobody"], "H027"),
        (["--output", "a_folder.jsonl"], "H052"),
        (["--output", "out.jsonl", "--offsets", "utf-16"], "H110"),
        (["--output", "out.json", "--format", "label-studio", "--offsets", "graphemes"], "H110"),
    ],
)
def test_what_is_refused(
    model: Path,
    raw: Path,
    tmp_path: Path,
    options: list[str],
    number: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a_folder.jsonl").mkdir()
    before = sorted(tmp_path.iterdir())
    code, printed = suggest(model, "--raw", raw, *options)
    assert code == 1
    assert f"[{number}]" in printed
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("option", "choice"),
    [
        ("--score", "entropy"),
        ("--per", "word"),
        ("--precision", "int8"),
        ("--format", "doccano"),
    ],
)
def test_words_that_are_no_choice(model: Path, raw: Path, option: str, choice: str) -> None:
    """The parser refuses them, and lists the choices."""
    code, printed = suggest(model, "--raw", raw, "--output", "out.jsonl", option, "luck")
    assert code == 2
    assert choice in printed
