"""`python -m spacy halfree annotate`, run as users run it.

Errors go through the same command inside this process, because starting spaCy takes seconds.
"""

import contextlib
import gzip
import io
import json
import re
import subprocess
import sys

import pytest
import spacy
from spacy.cli import app
from spacy.tokens import Doc, DocBin, Span
from spacy.util import registry
from toy_pipelines import TEXTS, annotation, make_examples, make_nlp, predictions, train
from typer.main import get_command
from typer.testing import CliRunner

from spacy_halfree.labelling.shards import SHARD_FORMATS
from spacy_halfree.models.precision import PRECISIONS
from spacy_halfree.tagging.soft_labels import KEY, load_soft_labels

COMMAND = [sys.executable, "-m", "spacy", "halfree", "annotate"]


@pytest.fixture
def texts(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text("\n".join(TEXTS) + "\n", encoding="utf8")
    return path


def in_subprocess(*args):
    return subprocess.run([*COMMAND, *map(str, args)], capture_output=True, text=True)


def in_process(*args):
    """The command inside this process; returns its exit code and all that it printed."""
    registry.cli.get_all()
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        result = CliRunner().invoke(app, ["halfree", "annotate", *map(str, args)])
    output = plain(printed.getvalue() + result.output)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, output


def plain(output):
    """Without colours, and on one line, as messages are wrapped."""
    return " ".join(re.sub(r"\x1b\[[0-9;]*m", "", output).split())


def without_blanks(text):
    return "".join(str(text).split())


def assert_refused(result, number, tmp_path, *, names=None):
    code, output = result
    assert code == 1
    assert f"[{number}]" in output
    if names is not None:
        assert without_blanks(names) in without_blanks(output)
    assert not (tmp_path / "out.spacy").exists()
    assert not list(tmp_path.glob(".*"))


def read(path):
    return list(DocBin().from_disk(path).get_docs(spacy.blank("en").vocab))


def test_help_lists_the_command():
    result = subprocess.run(
        [sys.executable, "-m", "spacy", "halfree", "--help"], capture_output=True, text=True
    )
    assert result.returncode == 0
    assert "annotate" in result.stdout
    registry.cli.get_all()
    options = {
        option
        for parameter in get_command(app).commands["halfree"].commands["annotate"].params
        for option in parameter.opts
    }
    assert {"--component", "--top-k", "--batch-size", "--gpu-id", "--overwrite"} <= options
    assert "--precision" in options


def test_text_file(model, teacher, texts, tmp_path):
    output = tmp_path / "new" / "out.spacy"
    result = in_subprocess(model, texts, output)
    assert result.returncode == 0, result.stderr
    assert "Annotated 4 texts" in plain(result.stdout)
    docs = read(output)
    assert [annotation(doc, "ents") for doc in docs] == predictions(teacher, "ents", TEXTS)
    for doc in docs:
        assert load_soft_labels(doc, len(doc)).labels == teacher.get_pipe("halfree_tagger").labels


def test_bad_lines_are_named_and_the_others_kept(model, tmp_path):
    path = tmp_path / "texts.jsonl"
    lines = [
        json.dumps({"text": TEXTS[0]}).encode(),
        b'{"text": "cut off',
        b'{"no_text": 1}',
        b'{"text": 5}',
        b'{"text": "\xff\xfe"}',
        b"",
        b'["a list"]',
        b'{"text": "  "}',
        json.dumps({"text": "Zürich\nis near", "meta": {"a": 1}}, ensure_ascii=False).encode(),
    ]
    path.write_bytes(b"\n".join(lines))
    result = in_subprocess(model, path, tmp_path / "out.spacy")
    assert result.returncode == 0, result.stderr
    output = plain(result.stdout + result.stderr)
    assert re.findall(r"texts\.jsonl, line (\d+)", output) == ["2", "3", "4", "5", "7", "8"]
    for reason in ("not valid JSON", "key 'text'", "not valid UTF-8", "empty text"):
        assert reason in output
    assert "[W002] 6 of 8 lines" in output
    assert [doc.text for doc in read(tmp_path / "out.spacy")] == [TEXTS[0], "Zürich\nis near"]


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz"])
def test_json_lines(model, tmp_path, suffix):
    path = tmp_path / f"texts{suffix}"
    content = "".join(json.dumps({"text": text}) + "\r\n" for text in TEXTS).encode()
    path.write_bytes(gzip.compress(content) if suffix.endswith("gz") else content)
    code, _ = in_process(model, path, tmp_path / "out.spacy", "--batch-size", 2)
    assert code == 0
    assert [doc.text for doc in read(tmp_path / "out.spacy")] == TEXTS


def test_text_that_is_no_unicode(model, tmp_path):
    """JSON can spell half a character; such a line is bad like any other."""
    path = tmp_path / "texts.jsonl"
    path.write_text('{"text": "half \\ud800"}\n{"text": "whole"}\n', encoding="utf8")
    code, output = in_process(model, path, tmp_path / "out.spacy")
    assert code == 0
    assert "texts.jsonl, line 1" in output
    assert [doc.text for doc in read(tmp_path / "out.spacy")] == ["whole"]


def test_bad_line_of_text(model, tmp_path):
    path = tmp_path / "texts.txt"
    path.write_bytes(b"first\r\n\xff\xfe\n\n  \n" + "dernière é".encode())
    code, output = in_process(model, path, tmp_path / "out.spacy")
    assert code == 0
    assert "texts.txt, line 2" in output
    assert "1 of 3 lines" in output
    assert [doc.text for doc in read(tmp_path / "out.spacy")] == ["first", "dernière é"]


def test_docs_keep_their_tokens_only(model, tmp_path):
    nlp = spacy.blank("en")
    doc = Doc(nlp.vocab, words=["Play", "AbbeyRoad", "!", "!"], spaces=[True, False, False, True])
    doc.set_ents([Span(doc, 0, 1, "WRONG")])
    doc.spans["sc"] = [doc[0:2]]
    doc.user_data["secret"] = 1
    DocBin(docs=[doc], store_user_data=True).to_disk(tmp_path / "in.spacy")
    code, _ = in_process(model, tmp_path / "in.spacy", tmp_path / "out.spacy")
    assert code == 0
    (found,) = read(tmp_path / "out.spacy")
    assert [token.text_with_ws for token in found] == [token.text_with_ws for token in doc]
    assert "WRONG" not in {ent.label_ for ent in found.ents}
    assert list(found.user_data) == [KEY]
    assert not found.spans


def test_top_k_is_smaller_and_still_trains(model, texts, tmp_path):
    texts.write_text("\n".join(TEXTS * 30), encoding="utf8")
    assert in_process(model, texts, tmp_path / "all.spacy")[0] == 0
    assert in_process(model, texts, tmp_path / "one.spacy", "--top-k", 1)[0] == 0
    assert (tmp_path / "one.spacy").stat().st_size < (tmp_path / "all.spacy").stat().st_size
    student, _ = make_nlp()
    docs = list(DocBin().from_disk(tmp_path / "one.spacy").get_docs(student.vocab))[:4]
    train(student, [spacy.training.Example(student.make_doc(doc.text), doc) for doc in docs])
    assert student.evaluate(make_examples(student))["halfree_f"] == 1.0


def test_precision(model, texts, tmp_path):
    assert in_process(model, texts, tmp_path / "soft.spacy", "--precision", "bfloat16")[0] == 0


@pytest.mark.parametrize(
    ("option", "wrong", "choices"),
    [
        ("--precision", "int4", PRECISIONS),
        ("--engine", "spark", ("local", "ray")),
        ("--format", "csv", SHARD_FORMATS),
    ],
)
def test_words_that_are_no_choice(texts, tmp_path, option, wrong, choices):
    """The parser refuses them and lists the choices, before anything is read."""
    output = tmp_path / "soft.spacy"
    code, printed = in_process("no_model", texts, output, option, wrong)
    assert (code, output.exists()) == (2, False)
    assert f"'{wrong}' is not one of {', '.join(map(repr, choices))}" in printed


@pytest.mark.parametrize("content", ["", "\n  \n\n"])
def test_empty_file(model, tmp_path, content):
    path = tmp_path / "empty.txt"
    path.write_text(content, encoding="utf8")
    result = in_process(model, path, tmp_path / "out.spacy")
    assert_refused(result, "H020", tmp_path)


def test_an_empty_file_that_is_filled(model, tmp_path):
    path = tmp_path / "empty.txt"
    path.write_text("", encoding="utf8")
    _, printed = in_process(model, path, tmp_path / "out.spacy")
    # nothing is kept, so nothing can be gone on with
    assert "[W005]" not in printed
    path.write_text("\n".join(TEXTS), encoding="utf8")
    code, printed = in_process(model, path, tmp_path / "out.spacy")
    assert (code, (tmp_path / "out.spacy").exists()) == (0, True), printed


def test_only_bad_lines(model, tmp_path):
    path = tmp_path / "bad.jsonl"
    path.write_text("{\n[]\n", encoding="utf8")
    code, output = in_process(model, path, tmp_path / "out.spacy")
    assert_refused((code, output), "H020", tmp_path)
    assert "bad.jsonl, line 1" in output
    assert "bad.jsonl, line 2" in output


def test_missing_file_in_a_subprocess(model, tmp_path):
    path = tmp_path / "none.txt"
    result = in_subprocess(model, path, tmp_path / "out.spacy")
    assert_refused((result.returncode, plain(result.stdout + result.stderr)), "H019", tmp_path)
    assert "Traceback" not in result.stderr
    assert path.name in result.stdout + result.stderr


@pytest.mark.parametrize("name", ["texts.csv", "texts", "texts.txt.gz"])
def test_unknown_suffix(model, tmp_path, name):
    (tmp_path / name).write_text("text", encoding="utf8")
    result = in_process(model, tmp_path / name, tmp_path / "out.spacy")
    assert_refused(result, "H018", tmp_path, names=name)


def test_folder_as_input(model, tmp_path):
    (tmp_path / "folder.txt").mkdir()
    result = in_process(model, tmp_path / "folder.txt", tmp_path / "out.spacy")
    assert_refused(result, "H058", tmp_path, names="folder.txt")


def test_output_of_other_suffix(model, texts, tmp_path):
    result = in_process(model, texts, tmp_path / "out.jsonl")
    assert_refused(result, "H023", tmp_path, names="out.jsonl")
    assert not (tmp_path / "out.jsonl").exists()


def test_existing_output(model, texts, tmp_path):
    output = tmp_path / "out.spacy"
    output.write_bytes(b"precious")
    code, printed = in_process(model, texts, output)
    assert code == 1
    assert "[H024]" in printed
    assert output.read_bytes() == b"precious"
    assert in_process(model, texts, output, "--overwrite")[0] == 0
    assert len(read(output)) == len(TEXTS)


def test_missing_model(texts, tmp_path):
    result = in_process(tmp_path / "no_model", texts, tmp_path / "out.spacy")
    assert_refused(result, "E050", tmp_path, names="no_model")


def test_model_without_tagger(texts, tmp_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    nlp.to_disk(tmp_path / "plain")
    result = in_process(tmp_path / "plain", texts, tmp_path / "out.spacy")
    assert_refused(result, "H021", tmp_path, names="sentencizer")


def test_model_with_two_taggers(teacher, texts, tmp_path):
    nlp, _ = make_nlp()
    nlp.from_bytes(teacher.to_bytes())
    other, _ = make_nlp("first_order", "tags")
    train(other, make_examples(other, "tags"), steps=2)
    other.rename_pipe("halfree_tagger", "second")
    nlp.add_pipe("second", source=other)
    nlp.to_disk(tmp_path / "two")
    result = in_process(tmp_path / "two", texts, tmp_path / "out.spacy")
    assert_refused(result, "H022", tmp_path, names="--component")
    code, _ = in_process(tmp_path / "two", texts, tmp_path / "out.spacy", "--component", "second")
    assert code == 0
    assert read(tmp_path / "out.spacy")[0].user_data[KEY]["target"] == "tags"
    result = in_process(
        tmp_path / "two", texts, tmp_path / "other" / "out.spacy", "--component", "third"
    )
    assert_refused(result, "H027", tmp_path / "other")


def damaged(content, how):
    if how == "truncated":
        return content[: len(content) // 2]
    if how == "empty":
        return b""
    middle = len(content) // 2
    return (
        content[:middle]
        + bytes(255 - byte for byte in content[middle : middle + 40])
        + (content[middle + 40 :])
    )


@pytest.mark.parametrize("how", ["truncated", "empty", "changed", "garbage"])
@pytest.mark.parametrize("name", ["in.spacy", "in.jsonl.gz"])
def test_damaged_input(model, tmp_path, name, how):
    path = tmp_path / name
    if name.endswith("gz"):
        words = "".join(f'{{"text": "text {i * 7919 % 1000} {i}"}}\n' for i in range(500))
        content = gzip.compress(words.encode())
    else:
        nlp = spacy.blank("en")
        DocBin(docs=[nlp.make_doc(text) for text in TEXTS]).to_disk(path)
        content = path.read_bytes()
    path.write_bytes(b"garbage" * 20 if how == "garbage" else damaged(content, how))
    result = in_process(model, path, tmp_path / "out.spacy")
    if (name, how) == ("in.jsonl.gz", "empty"):
        assert_refused(result, "H020", tmp_path)  # to gzip, no bytes are no texts
    else:
        assert_refused(result, "H019", tmp_path, names=name)


@pytest.mark.parametrize("line", ['{"text": "two", "id": ' + "9" * 5000 + "}", "[" * 200_000])
def test_lines_that_the_json_reader_chokes_on(model, tmp_path, line):
    """They are refused by number like any other bad line, and the others kept."""
    path = tmp_path / "in.jsonl"
    lines = [json.dumps({"text": TEXTS[0]}), line, json.dumps({"text": TEXTS[1]})]
    path.write_text("\n".join(lines), encoding="utf8")
    code, output = in_process(model, path, tmp_path / "out.spacy")
    assert code == 0
    assert "line 2" in output
    docs = DocBin().from_disk(tmp_path / "out.spacy").get_docs(spacy.blank("en").vocab)
    assert [doc.text for doc in docs] == TEXTS[:2]


def test_unknown_spaces_stay_unknown(model, tmp_path):
    doc = Doc(spacy.blank("en").vocab, words=["do", "n't", "go"])
    assert doc.has_unknown_spaces
    DocBin(docs=[doc]).to_disk(tmp_path / "in.spacy")
    code, _ = in_process(model, tmp_path / "in.spacy", tmp_path / "out.spacy")
    assert code == 0
    (found,) = DocBin().from_disk(tmp_path / "out.spacy").get_docs(doc.vocab)
    assert found.has_unknown_spaces
