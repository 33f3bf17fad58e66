"""The same texts in several files, and new texts for existing projects."""

import json
from pathlib import Path
from typing import Any

import pytest
import spacy
import srsly
from commands import run_command
from spacy.tokens import Doc, DocBin

NLP = spacy.blank("en")
ENCODER = ("--encoder", "some/encoder")


def write_lines(path: Path, *values: Any) -> Path:
    path.write_text("".join(json.dumps(value) + "\n" for value in values), encoding="utf8")
    return path


def texts(first: int, last: int) -> list[dict[str, Any]]:
    """Texts with a city each."""
    return [{"text": f"Rome {i}", "label": [[0, 4, "CITY"]]} for i in range(first, last)]


def read(folder: Path, name: str) -> dict[str, Doc]:
    docs = DocBin().from_disk(folder / "corpus" / f"{name}.spacy").get_docs(NLP.vocab)
    return {doc.text: doc for doc in docs}


def pool(folder: Path) -> list[str]:
    return [record["text"] for record in srsly.read_jsonl(folder / "corpus" / "pool.jsonl")]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of ten labelled and ten raw texts."""
    labelled = write_lines(tmp_path / "a.jsonl", *texts(0, 10))
    raw = tmp_path / "raw.txt"
    raw.write_text("\n".join(own["text"] for own in texts(10, 20)), encoding="utf8")
    files = ("--labelled", labelled, "--raw", raw, "--dev", "3", "--test", "2")
    code, output = run_command("init", tmp_path / "p", *files, *ENCODER)
    assert code == 0, output
    return tmp_path / "p"


def test_corrected_texts_go_into_an_existing_project(tmp_path: Path, project: Path) -> None:
    corpus = project / "corpus"
    held_out = {name: (corpus / name).read_bytes() for name in ("dev.spacy", "test.spacy")}
    before = (corpus / "gold.spacy").read_bytes()
    (dev_text, *_), (gold_text, *_) = read(project, "dev"), read(project, "gold")
    new = write_lines(
        tmp_path / "corrected.jsonl",
        *texts(10, 14),
        {"text": dev_text, "label": []},
        {"text": gold_text, "label": [[0, 4, "PLACE"]]},
    )
    code, output = run_command("init", project, "--update", "--labelled", new)
    assert code == 0, output
    assert "9 texts to train on (4 new), 6 raw texts" in output
    assert "Labelled texts that are not used (1): " in output
    for name, content in held_out.items():
        assert (corpus / name).read_bytes() == content
    assert (corpus / "gold.previous.spacy").read_bytes() == before
    gold = read(project, "gold")
    assert len(gold) == 9
    # the newer annotation wins, and is named
    assert [entity.label_ for entity in gold[gold_text].ents] == ["PLACE"]
    assert "disagreement (1)" in output
    assert pool(project) == [own["text"] for own in texts(14, 20)]
    files = srsly.read_json(corpus / "update.summary.json")["files"]
    reasons = {reason: own["first"] for own in files for reason, own in own["left_out"].items()}
    assert reasons["one of the project's dev and test texts, which do not change"] == ["5"]
    # the same again changes nothing
    after = (corpus / "gold.spacy").read_bytes()
    code, output = run_command("init", project, "--update", "--labelled", new)
    assert "9 texts to train on (0 new), 6 raw texts" in output
    assert (corpus / "gold.spacy").read_bytes() == after
    assert (corpus / "gold.previous.spacy").read_bytes() == before


def test_more_raw_texts_for_an_existing_project(tmp_path: Path, project: Path) -> None:
    raw = tmp_path / "more.txt"
    raw.write_text("Rome 3\nRome 12\nRome 30\n", encoding="utf8")
    new = write_lines(tmp_path / "new.jsonl", *texts(40, 41))
    code, output = run_command("init", project, "--update", "--labelled", new, "--raw", raw)
    assert code == 0, output
    assert pool(project) == [*(own["text"] for own in texts(10, 20)), "Rome 30"]
    _, kept, added = srsly.read_json(project / "corpus" / "update.summary.json")["files"]
    assert (kept["texts"], kept["left_out"]) == (10, {})
    assert added["left_out"] == {
        "labelled already": {"n": 1, "first": ["1"]},
        "in the pool already": {"n": 1, "first": ["2"]},
    }


def test_an_update_that_was_stopped_is_repeated(tmp_path: Path, project: Path) -> None:
    """Between the texts to train on and the raw ones."""
    corpus = project / "corpus"
    before, raw = (corpus / "gold.spacy").read_bytes(), (corpus / "pool.jsonl").read_bytes()
    new = write_lines(tmp_path / "new.jsonl", *texts(10, 12))
    command = ("init", project, "--update", "--labelled", new)
    assert run_command(*command)[0] == 0
    (corpus / "pool.jsonl").write_bytes(raw)
    assert run_command(*command)[0] == 0
    assert pool(project) == [own["text"] for own in texts(12, 20)]
    assert (corpus / "gold.previous.spacy").read_bytes() == before


def test_partial_annotation_takes_nothing_away(tmp_path: Path, project: Path) -> None:
    """As of Prodigy, where somebody was asked about one span."""
    text = next(iter(read(project, "gold")))
    span = {"start": 5, "end": 6, "label": "NUMBER"}
    answer = {"text": text, "spans": [span], "answer": "accept", "_view_id": "ner"}
    new = write_lines(tmp_path / "new.jsonl", answer)
    code, output = run_command("init", project, "--update", "--labelled", new)
    assert code == 0, output
    found = [(own.text, own.label_) for own in read(project, "gold")[text].ents]
    assert found == [("Rome", "CITY"), (text[5:], "NUMBER")]


def test_updates_that_make_no_sense(tmp_path: Path, project: Path) -> None:
    new = write_lines(tmp_path / "new.jsonl", *texts(40, 41))
    for folder, options, number in (
        (tmp_path / "none", (), "H135"),
        (project, ("--lang", "en"), "H136"),
        (project, ("--dev", "3", "--seed", "0"), "H136"),
    ):
        command = ("init", folder, "--update", "--labelled", new, *options)
        code, output = run_command(*command)
        assert (code, number in output) == (1, True), output
    code, output = run_command("init", tmp_path / "q", "--labelled", new, *ENCODER)
    assert (code, "H137" in output) == (1, True)
    code, output = run_command(
        "init", project, "--update", "--labelled", project / "corpus/gold.spacy"
    )
    assert (code, "H065" in output) == (1, True)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [("newest", [("", "PLACE")]), ("missing", [("missing", "")]), ("leave-out", [])],
)
def test_texts_that_annotators_label_differently(
    tmp_path: Path, choice: str, expected: list[tuple[str, str]]
) -> None:
    first = write_lines(tmp_path / "first.jsonl", *texts(0, 8))
    other = [*texts(1, 8), {"text": "Rome 0", "label": [[0, 4, "PLACE"]]}]
    second = write_lines(tmp_path / "second.jsonl", *other)
    raw = tmp_path / "raw.txt"
    raw.write_text("Oslo\n", encoding="utf8")
    files = ("--labelled", first, "--labelled", second, "--raw", raw, "--dev", "1")
    code, output = run_command("init", tmp_path / "p", *files, "--on-conflict", choice, *ENCODER)
    assert code == 0, output
    assert "8 texts are annotated several times, 7 of them in the same way" in output
    docs = read(tmp_path / "p", "gold") | read(tmp_path / "p", "dev")
    assert len(docs) == 8 - (choice == "leave-out")
    found = [docs["Rome 0"]] if "Rome 0" in docs else []
    marks = [("" if doc[0].ent_iob_ else "missing", doc[0].ent_type_) for doc in found]
    assert marks == expected
    (problem,) = srsly.read_jsonl(tmp_path / "p" / "corpus" / "problems.jsonl")
    assert problem["reason"] == (
        f"number 1 of {first} has 'Rome' (CITY), and number 8 of {second} has 'Rome' (PLACE)"
    )


def test_agreement_is_checked(tmp_path: Path) -> None:
    first = write_lines(tmp_path / "first.jsonl", *texts(0, 8))
    second = write_lines(tmp_path / "second.jsonl", {"text": "Rome 0", "label": []}, *texts(1, 8))
    dev = write_lines(tmp_path / "dev.jsonl", *texts(7, 9))
    code, output = run_command("check", first, second, "--dev", dev)
    assert code == 1
    assert "CITY 8 7 7 93.3" in " ".join(output.split())
    assert "disagreement (1)" in output
    # held-out texts are shared with both files
    assert "text of two files (2)" in output


def test_the_summary(tmp_path: Path) -> None:
    rejected = {"text": "Bonn", "spans": [], "answer": "reject"}
    lines = [{"text": "Rome", "spans": [{"start": 0, "end": 4, "label": "CITY"}]}, rejected, 3]
    labelled = write_lines(tmp_path / "a.jsonl", *lines)
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "a.txt").write_bytes(b"Oslo\nRome\n\xff\n")
    write_lines(raw / "b.jsonl", {"text": "Paris"}, {"body": "x"}, {"text": " "})
    summary = tmp_path / "summary.json"
    code, output = run_command("check", labelled, "--raw", raw, "--summary", summary)
    assert code == 1, output
    own, pool = srsly.read_json(summary)["files"]
    assert (own["format"], own["texts"], own["labels"]) == ("prodigy", 1, {"CITY": 1})
    (left_out,) = own["left_out"].values()
    assert left_out == {"n": 1, "first": ["2"]}
    assert pool["texts"] == 2
    assert pool["left_out"] == {"labelled already": {"n": 1, "first": ["a.txt:2"]}}
    assert [found["first"] for found in pool["problems"].values()] == [
        ["a.txt:3"],
        ["b.jsonl:2"],
        ["b.jsonl:3"],
    ]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        (
            "a.jsonl",
            b'{"content": "Oslo"}\n{"content": "x"}\n',
            "under the key 'text' (numbers 1, 2)",
        ),
        ("a.jsonl", b'{"text": "Os\n', "it is not valid JSON (number 1)"),
        ("a.txt", "na\u00efve\n".encode("latin-1"), "it is not valid UTF-8 (number 1)"),
        ("a.txt", b"Rome 0\n", "labelled already (number 1)"),
        ("a.txt", b"", "it is empty"),
    ],
)
def test_raw_texts_of_which_none_can_be_used(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    labelled = write_lines(tmp_path / "labelled.jsonl", *texts(0, 8))
    (tmp_path / name).write_bytes(content)
    command = ("init", tmp_path / "p", "--labelled", labelled, "--raw", tmp_path / name)
    code, output = run_command(*command, *ENCODER)
    assert code == 1
    assert "H079" in output
    assert reason in output
