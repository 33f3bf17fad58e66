"""`python -m spacy halfree init`: a ready project from an export of every tool."""

import csv
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import spacy
import srsly
from commands import run_command
from spacy.cli import app
from spacy.tokens import Doc, DocBin
from spacy.util import registry
from typer.main import get_command
from weasel.cli.run import project_run

from spacy_halfree.project.project_settings import choose_sizes, package_name

NLP = spacy.blank("en")
CITIES = ("Rome", "New York", "Oslo")
Export = Callable[[Path, list[tuple[str, int, int]]], Path]
ENCODER = ("--encoder", "some/encoder")


def texts(n: int) -> list[tuple[str, int, int]]:
    """Texts with a city each, and where it stands."""
    made = []
    for i in range(n):
        city = CITIES[i % len(CITIES)]
        start = len(f"table {i} in ")
        made.append((f"table {i} in {city} now", start, start + len(city)))
    return made


def write_lines(path: Path, values: list[Any]) -> Path:
    path.write_text("".join(json.dumps(value) + "\n" for value in values), encoding="utf8")
    return path


def spacy_file(folder: Path, found: list[tuple[str, int, int]]) -> Path:
    docs = []
    for text, start, end in found:
        doc = NLP(text)
        doc.set_ents([doc.char_span(start, end, label="CITY")])
        docs.append(doc)
    DocBin(docs=docs).to_disk(folder / "labelled.spacy")
    return folder / "labelled.spacy"


def prodigy(folder: Path, found: list[tuple[str, int, int]]) -> Path:
    tasks = [
        {
            "text": text,
            "_input_hash": 1,
            "_task_hash": 2,
            "tokens": [{"text": "table", "start": 0, "end": 5, "id": 0, "ws": True}],
            "spans": [{"start": s, "end": e, "token_start": 3, "token_end": 3, "label": "CITY"}],
            "answer": "accept",
        }
        for text, s, e in found
    ]
    return write_lines(folder / "prodigy.jsonl", [*tasks, tasks[0] | {"answer": "reject"}])


def doccano(folder: Path, found: list[tuple[str, int, int]]) -> Path:
    lines = [
        {"id": i, "text": text, "label": [[start, end, "CITY"]], "Comments": []}
        for i, (text, start, end) in enumerate(found)
    ]
    return write_lines(folder / "doccano.jsonl", lines)


def doccano_with_relations(folder: Path, found: list[tuple[str, int, int]]) -> Path:
    lines = [
        {
            "id": i,
            "text": text,
            "entities": [{"id": i, "label": "CITY", "start_offset": s, "end_offset": e}],
            "relations": [],
        }
        for i, (text, s, e) in enumerate(found)
    ]
    return write_lines(folder / "relations.jsonl", lines)


def label_studio(folder: Path, found: list[tuple[str, int, int]]) -> Path:
    tasks = []
    for i, (text, start, end) in enumerate(found):
        value = {"start": start, "end": end, "text": text[start:end], "labels": ["CITY"]}
        result = {"value": value, "from_name": "label", "to_name": "text", "type": "labels"}
        annotation = {"id": i, "result": [result], "was_cancelled": False}
        tasks.append({"id": i, "annotations": [annotation], "data": {"text": text}})
    (folder / "tasks.json").write_text(json.dumps(tasks), encoding="utf8")
    return folder / "tasks.json"


def label_studio_short(folder: Path, found: list[tuple[str, int, int]]) -> Path:
    tasks = [
        {
            "text": text,
            "id": i,
            "label": [{"start": s, "end": e, "text": text[s:e], "labels": ["CITY"]}],
            "annotator": 1,
            "annotation_id": i,
        }
        for i, (text, s, e) in enumerate(found)
    ]
    (folder / "short.json").write_text(json.dumps(tasks), encoding="utf8")
    return folder / "short.json"


def label_studio_table(folder: Path, found: list[tuple[str, int, int]]) -> Path:
    rows = json.loads(label_studio_short(folder, found).read_text(encoding="utf8"))
    with (folder / "table.csv").open("w", encoding="utf8", newline="") as file:
        writer = csv.DictWriter(file, sorted(rows[0]), quoting=csv.QUOTE_NONNUMERIC)
        writer.writeheader()
        writer.writerows({**row, "label": json.dumps(row["label"])} for row in rows)
    return folder / "table.csv"


def doccano_archive(folder: Path, found: list[tuple[str, int, int]]) -> Path:
    with zipfile.ZipFile(folder / "project.zip", "w") as archive:
        archive.write(doccano(folder, found), "all.jsonl")
    return folder / "project.zip"


def conll(folder: Path, found: list[tuple[str, int, int]]) -> Path:
    lines = ["-DOCSTART- -X- O", ""]
    for text, start, end in found:
        for match in re.finditer(r"\S+", text):
            tag = "O"
            if start <= match.start() < end:
                tag = "B-CITY" if match.start() == start else "I-CITY"
            lines.append(f"{match.group()} -X- _ {tag}")
        lines.append("")
    (folder / "labelled.conll").write_text("\n".join(lines), encoding="utf8")
    return folder / "labelled.conll"


EXPORTS = (
    spacy_file,
    prodigy,
    doccano,
    doccano_with_relations,
    label_studio,
    label_studio_short,
    label_studio_table,
    doccano_archive,
    conll,
)


def run(folder: Path, labelled: Path, raw: Path, *options: str) -> tuple[int, str]:
    """The command inside this process; its exit code and all that it printed, on one line."""
    return run_command("init", folder, "--labelled", labelled, "--raw", raw, *options)


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """Thirty texts, of which those from 0 to 9 are labelled, the first with other spaces."""
    lines = [text for text, _, _ in texts(30)]
    (tmp_path / "raw.txt").write_text("\n".join([" " + lines[0], *lines[1:]]), encoding="utf8")
    return tmp_path / "raw.txt"


def read(folder: Path, name: str) -> list[Doc]:
    return list(DocBin().from_disk(folder / "corpus" / f"{name}.spacy").get_docs(NLP.vocab))


@pytest.mark.parametrize("export", EXPORTS)
def test_every_export_makes_the_same_project(tmp_path: Path, raw: Path, export: Export) -> None:
    code, output = run(
        tmp_path / "p", export(tmp_path, texts(10)), raw, "--dev", "3", "--test", "0.2", *ENCODER
    )
    assert code == 0, output
    assert "10 texts are left out: labelled already" in output
    docs = {name: read(tmp_path / "p", name) for name in ("gold", "dev", "test")}
    assert {name: len(own) for name, own in docs.items()} == {"gold": 5, "dev": 3, "test": 2}
    found = sorted(
        (doc.text.strip(), ent.start_char, ent.end_char)
        for own in docs.values()
        for doc in own
        for ent in doc.ents
    )
    assert found == sorted(texts(10))
    pool = [json.loads(line) for line in (tmp_path / "p/corpus/pool.jsonl").open(encoding="utf8")]
    assert [record["text"] for record in pool] == [text for text, _, _ in texts(30)[10:]]
    assert not (tmp_path / "p" / "corpus" / "problems.jsonl").exists()
    assert not list(tmp_path.glob(".*"))


def test_problems_are_shown_left_out_and_written(tmp_path: Path, raw: Path) -> None:
    lines = [{"text": text, "label": [[s, e, "CITY"]]} for text, s, e in texts(10)]
    lines[4]["label"].append([0, 3, "WHAT"])
    path = write_lines(
        tmp_path / "a.jsonl", [*lines, {"text": "no spans"}, {"text": "", "label": []}]
    )
    raw.write_bytes(raw.read_bytes() + b"\n\xff\n")
    code, output = run(tmp_path / "p", path, raw, "--dev", "2", *ENCODER)
    assert code == 0, output
    for part in ("not aligned with tokens (1)", "unreadable line (1)", "empty text (1)"):
        assert part in output
    assert "W012] 1 of 11 spans" in output
    assert "W013] All problems (4)" in output
    assert "W022] " in output
    entries = list(srsly.read_jsonl(tmp_path / "p" / "corpus" / "problems.jsonl"))
    assert [entry["file"] for entry in entries] == [*[str(path)] * 3, str(raw)]
    assert entries[0]["text"] == texts(10)[4][0]
    assert (entries[0]["start"], entries[0]["end"], entries[0]["label"]) == (0, 3, "WHAT")
    docs = [*read(tmp_path / "p", "gold"), *read(tmp_path / "p", "dev")]
    assert len(docs) == 10
    (cut,) = [doc for doc in docs if doc.text == texts(10)[4][0]]
    assert [token.ent_iob_ for token in cut] == ["", "O", "O", "B", "I", "O"]


def test_nothing_is_overwritten(tmp_path: Path, raw: Path) -> None:
    labelled = doccano(tmp_path, texts(10))
    folder = tmp_path / "p"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine", encoding="utf8")
    code, output = run(folder, labelled, raw, *ENCODER)
    assert (code, "H089" in output) == (1, True)
    assert [path.name for path in folder.iterdir()] == ["mine.txt"]
    code, output = run(folder / "mine.txt", labelled, raw, *ENCODER)
    assert (code, "H076" in output) == (1, True)
    (folder / "mine.txt").unlink()
    # an empty folder is filled
    code, output = run(folder, labelled, raw, *ENCODER)
    assert code == 0, output
    assert (folder / "project.yml").is_file()
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize(
    ("options", "number"),
    [
        (("--dev", "0"), "H013"),
        (("--dev", "10"), "H013"),
        (("--dev", "1.5"), "H013"),
        (("--test", "some"), "H013"),
        (("--dev", "6", "--test", "4"), "H077"),
        (("--lang", "de"), "H078"),
        (("--lang", "no language", *ENCODER), "E048"),
        (("--encoder", "../no_such_folder"), "H096"),
        (("--encoder", "/no/such/folder"), "H096"),
        (("--encoder", "a/folder/too_deep"), "H096"),
    ],
)
def test_options_that_make_no_sense(
    tmp_path: Path, raw: Path, options: tuple[str, ...], number: str
) -> None:
    code, output = run(tmp_path / "p", doccano(tmp_path, texts(10)), raw, *options)
    assert code == 1
    assert number in output
    assert not (tmp_path / "p").exists()
    assert not list(tmp_path.glob(".*"))


def test_reasons_are_shown_before_it_fails(tmp_path: Path, raw: Path) -> None:
    torn = [{"text": "Find bars in Rome", "label": [[1, 3, "A"], [90, 95, "A"]]}]
    code, output = run(tmp_path / "p", write_lines(tmp_path / "torn.jsonl", torn), raw, *ENCODER)
    assert code == 1
    assert "not aligned with tokens (1)" in output
    assert "outside of the text (1)" in output
    assert "[W012] 2 of 2 spans" in output
    assert "[H075]" in output


@pytest.mark.parametrize(
    ("config", "fitting"),
    [
        ('{"hidden_size": 32}', 8),
        ('{"hidden_size": 7}', 7),
        ('{"hidden_size": 384}', None),
        ('{"hidden_size": "wide"}', None),
        ("[]", None),
        ("no JSON", None),
    ],
)
def test_encoders_whose_width_does_not_fit(
    tmp_path: Path, raw: Path, config: str, fitting: int | None
) -> None:
    encoder = tmp_path / "encoder"
    encoder.mkdir()
    (encoder / "config.json").write_text(config)
    labelled = doccano(tmp_path, texts(10))
    code, output = run(tmp_path / "p", labelled, raw, "--encoder", str(encoder))
    assert code == 0, output
    assert ("[W025]" in output) == (fitting is not None)
    assert fitting is None or f"such as {fitting}." in output
    # T5 has heads of its own
    code, output = run(tmp_path / "t", labelled, raw, "--encoder", str(encoder), "--teacher", "t5")
    assert code == 0, output
    assert "[W025]" not in output


@pytest.mark.parametrize("name", ["bert", "T5"])
def test_teachers_that_are_no_choice(tmp_path: Path, raw: Path, name: str) -> None:
    labelled = doccano(tmp_path, texts(10))
    code, output = run(tmp_path / "p", labelled, raw, "--teacher", name)
    assert code == 2
    assert "aligned" in output
    assert not (tmp_path / "p").exists()


def test_input_without_what_is_needed(tmp_path: Path, raw: Path) -> None:
    empty = write_lines(tmp_path / "empty.jsonl", [{"text": "nothing", "label": []}])
    assert "H075" in run(tmp_path / "p", empty, raw, *ENCODER)[1]
    labelled = doccano(tmp_path, texts(30))
    assert "H079" in run(tmp_path / "p", labelled, raw, *ENCODER)[1]
    table = tmp_path / "raw.csv"
    assert "H019" in run(tmp_path / "p", labelled, table, *ENCODER)[1]
    table.write_text("Rome", encoding="utf8")
    assert "H018" in run(tmp_path / "p", labelled, table, *ENCODER)[1]
    (tmp_path / "a.txt").write_text("text", encoding="utf8")
    assert "H047" in run(tmp_path / "p", tmp_path / "a.txt", raw, *ENCODER)[1]
    assert not (tmp_path / "p").exists()


@pytest.mark.parametrize("teacher", ["aligned", "t5"])
@pytest.mark.parametrize("test", ["0", "2"])
def test_the_project_is_consistent(
    tmp_path: Path, raw: Path, teacher: str, test: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every file that a step needs is there from the start, or an earlier step makes it."""
    encoder = tmp_path / "an encoder of <mine>"
    encoder.mkdir()
    options = ("--teacher", teacher, "--encoder", str(encoder), "--test", test)
    code, output = run(
        tmp_path / "2 My Projects", doccano(tmp_path, texts(10)), raw, "--seed", "7", *options
    )
    assert code == 0, output
    assert "download" not in output
    assert f"Run it: cd '{tmp_path / '2 My Projects'}' && python" in output
    folder = tmp_path / "2 My Projects"
    project = srsly.read_yaml(folder / "project.yml")
    assert project["vars"]["encoder"] == str(encoder)
    assert project["vars"]["package_name"] == "my_projects_tagger"
    commands = {command["name"]: command for command in project["commands"]}
    assert list(commands) == project["workflows"]["all"]
    made: set[str] = set()
    for command in commands.values():
        for needed in command["deps"]:
            for name, value in project["vars"].items():
                needed = needed.replace(f"${{vars.{name}}}", str(value))
            assert needed in made or (folder / needed).exists()
        made |= set(command["outputs"])
    # shows every step, with the variables filled in
    project_run(folder, "all", dry=True, overrides={"vars.encoder": "hub/name"})
    shown = capsys.readouterr().out
    assert "${" not in shown
    assert f"teacher_{teacher}.cfg" in shown
    readme = (folder / "README.md").read_text(encoding="utf8")
    assert ("corpus/test.spacy" in readme) == (test != "0")
    assert str(encoder) in readme


def test_a_name_of_the_hub_is_downloaded_and_said_to_be(tmp_path: Path, raw: Path) -> None:
    code, output = run(tmp_path / "p", doccano(tmp_path, texts(10)), raw)
    assert code == 0
    assert "The first run downloads sentence-transformers/all-MiniLM-L6-v2" in output
    readme = (tmp_path / "p" / "README.md").read_text(encoding="utf8")
    assert "the first run downloads it" in readme


def test_default_sizes() -> None:
    assert choose_sizes(None, None, 150) == (30, 0)
    assert choose_sizes(None, None, 300) == (60, 60)
    assert choose_sizes("50", ".1", 150) == (50, 15)
    assert choose_sizes("0.001", "0", 150) == (1, 0)


@pytest.mark.parametrize(
    ("folder", "name"),
    [("Orders", "orders_tagger"), ("2024-Orders!", "orders_tagger"), ("日本", "tagger")],
)
def test_names_of_packages(folder: str, name: str) -> None:
    assert package_name(folder) == name


@pytest.mark.parametrize("name", ["init", "adapt-encoder"])
def test_every_option_stands_in_the_docs_with_its_default(name: str) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "own_data.md").read_text("utf8")
    registry.cli.get_all()
    command = get_command(app).commands["halfree"].commands[name]  # type: ignore[attr-defined]
    for parameter in command.params:
        if parameter.param_type_name == "option" and parameter.name != "help":
            default = getattr(parameter.default, "value", parameter.default)
            shown = f"`{default}`" if isinstance(default, (int, float, str)) else ""
            (option,) = [option for option in parameter.opts if option.startswith("--")]
            assert f"| `{option}` | {shown}" in page
