"""Raw texts from files of every kind, and from folders of them."""

from __future__ import annotations

import gzip
import json
import logging
import os
import zlib
from pathlib import Path

import pytest
import spacy
import srsly
from spacy.tokens import Doc, DocBin

from spacy_halfree.data.inputs import InputFile, find_inputs
from spacy_halfree.data.raw_texts import read_raw_texts
from spacy_halfree.data.records import InvalidRecord, Record, text_of, to_input


def read(path: Path, max_length: int = 1_000_000) -> list[Record | InvalidRecord]:
    (file,) = find_inputs(str(path))
    return [record for _, record in read_raw_texts(file, max_length)]


def test_words_in_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    values = [
        {"id": 7, "words": ["Hi", "there", "!"], "spaces": [True, False, False]},
        {"words": ["no", "spaces", "known"]},
        {"words": []},
        {"words": ["a", ""]},
        {"words": ["a", 1]},
        {"words": ["a"], "spaces": [True, True]},
        {"words": ["\ud800"]},
        {"words": "a"},
        {"words": [], "text": "a text"},
    ]
    path.write_text("\n".join(map(json.dumps, values)), encoding="utf8")
    found = read(path)
    assert found[:2] == [
        {"id": "7", "words": ["Hi", "there", "!"], "spaces": [True, False, False]},
        {"id": "texts.jsonl:2", "words": ["no", "spaces", "known"]},
    ]
    *bad, last = found[2:]
    assert [(own.file, own.line) for own in bad] == [("texts.jsonl", i) for i in range(3, 9)]
    # as tables spell it that have both columns
    assert last == {"id": "texts.jsonl:9", "text": "a text"}
    vocab = spacy.blank("en").vocab
    for record, text in zip(found, ["Hi there!", "no spaces known "], strict=False):
        assert to_input(record, vocab).text == text_of(record) == text


def test_parquet(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path = tmp_path / "texts.parquet"
    columns = {
        "text": ["one", None, "  ", "two words", None],
        "words": [None, ["a", "b"], None, None, None],
        "price": [1, 2, 3, 4, 5],
    }
    parquet.write_table(pa.table(columns), path, row_group_size=2)
    assert read(path) == [
        {"id": "texts.parquet:1", "text": "one"},
        {"id": "texts.parquet:2", "words": ["a", "b"]},
        InvalidRecord("texts.parquet", 3, "has an empty text"),
        {"id": "texts.parquet:4", "text": "two words"},
        InvalidRecord("texts.parquet", 5, "is not an object with a string under the key 'text'"),
    ]
    parquet.write_table(pa.table({"price": [1]}), path)
    with pytest.raises(ValueError, match=r"\[H019\].*texts\.parquet.*neither a column 'text'"):
        read(path)
    path.write_bytes(b"PAR1 no such thing")
    with pytest.raises(ValueError, match=r"\[H019\].*texts\.parquet"):
        read(path)


@pytest.mark.parametrize("kind", ["string", "large_string", "words"])
def test_parquet_that_is_not_utf8(tmp_path: Path, kind: str) -> None:
    """As programs write it that do not look: one value, not the file, is set aside."""
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    values = pa.array([b"good one", b"bad \xff\xfe", "gut für zwei".encode()] * 700)
    offsets = pa.array(range(len(values) + 1), pa.int32())
    offset_type = pa.large_binary() if kind == "large_string" else pa.binary()
    text_type = pa.large_string() if kind == "large_string" else pa.string()
    # without the check that a cast makes
    texts = pa.Array.from_buffers(text_type, len(values), values.cast(offset_type).buffers())
    column = pa.ListArray.from_arrays(offsets, texts) if kind == "words" else texts
    name = "words" if kind == "words" else "text"
    path = tmp_path / "texts.parquet"
    parquet.write_table(pa.table({name: column}), path)
    found = read(path)
    assert len(found) == len(values)
    for number, record in enumerate(found, 1):
        if number % 3 == 2:
            assert record == InvalidRecord("texts.parquet", number, "is not valid UTF-8")
        else:
            text = "gut für zwei" if number % 3 == 0 else "good one"
            assert record[name] == ([text] if kind == "words" else text)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-16-be"])
@pytest.mark.parametrize("name", ["texts.txt", "texts.jsonl", "texts.jsonl.gz"])
def test_other_encodings(tmp_path: Path, name: str, encoding: str) -> None:
    """They are refused as a whole if they begin with a mark; or else each line is set aside."""
    path = tmp_path / name
    content = '{"text": "one"}\n{"text": "two"}\n'.encode(encoding)
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    if encoding == "utf-16-be":
        assert all(isinstance(record, InvalidRecord) for record in read(path))
        assert len(read(path)) >= 2
    else:
        with pytest.raises(ValueError, match=r"\[H019\].*UTF-16 or UTF-32; save it as UTF-8"):
            read(path)


def test_null_characters(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"P\0l\0a\0y\0\nfine")
    values = [{"text": "\0"}, {"words": ["a", "b\0"]}, {"text": "fine"}]
    (tmp_path / "b.jsonl").write_text("\n".join(map(json.dumps, values)), encoding="utf8")
    for name, n_bad in (("a.txt", 1), ("b.jsonl", 2)):
        *bad, good = read(tmp_path / name)
        assert good["text"] == "fine"
        assert len(bad) == n_bad
        assert all("U+0000" in own.reason for own in bad)


def test_line_ends_of_all_systems(tmp_path: Path) -> None:
    for name, end in (("a", "\n"), ("b", "\r\n"), ("c", "\r")):
        path = tmp_path / f"{name}.txt"
        path.write_bytes(f"one{end}{end}two \x0b\x85 three{end}".encode())
        assert read(path) == [
            {"id": f"{name}.txt:1", "text": "one"},
            {"id": f"{name}.txt:3", "text": "two \x0b\x85 three"},
        ]


def test_docs(tmp_path: Path) -> None:
    vocab = spacy.blank("en").vocab
    docs = [
        Doc(vocab, words=["Hi", "!"], spaces=[False, False]),
        Doc(vocab, words=["unknown", "spaces"]),
    ]
    DocBin(docs=docs).to_disk(tmp_path / "docs.spacy")
    first, second = read(tmp_path / "docs.spacy")
    assert first == {"id": "docs.spacy:1", "words": ["Hi", "!"], "spaces": [False, False]}
    assert second == {"id": "docs.spacy:2", "words": ["unknown", "spaces"]}


def test_texts_that_are_too_long(tmp_path: Path) -> None:
    path = tmp_path / "texts.txt"
    path.write_text("short\n" + "x" * 50 + "\nshort again", encoding="utf8")
    found = read(path, max_length=20)
    assert [isinstance(record, InvalidRecord) for record in found] == [False, True, False]
    assert "50 characters, more than the pipeline's 20" in found[1].reason


def test_folder(tmp_path: Path) -> None:
    (tmp_path / "b" / "_temporary").mkdir(parents=True)
    (tmp_path / "b" / "2.txt").write_text("two", encoding="utf8")
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(b'{"text": "zero"}\n'))
    for name in ("_SUCCESS", ".hidden.txt", "b/_temporary/3.txt", "readme.md"):
        (tmp_path / name).write_text("not a text", encoding="utf8")
    files = find_inputs(str(tmp_path))
    assert [file.name for file in files] == ["a.jsonl.gz", "b/2.txt"]
    texts = [record["text"] for file in files for _, record in read_raw_texts(file)]
    assert texts == ["zero", "two"]


def test_uris(tmp_path: Path) -> None:
    """What Arrow reads: here the same files, under another name."""
    pytest.importorskip("pyarrow")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "2.txt").write_text("one\ntwo", encoding="utf8")
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(b'{"text": "zero"}\n'))
    (tmp_path / "_SUCCESS").touch()
    files = find_inputs(tmp_path.as_uri())
    local = find_inputs(str(tmp_path))
    assert [file.name for file in files] == [file.name for file in local]
    assert [file.sha256() for file in files] == [file.sha256() for file in local]
    assert [list(read_raw_texts(file)) for file in files] == [
        list(read_raw_texts(file)) for file in local
    ]
    (single,) = find_inputs((tmp_path / "b" / "2.txt").as_uri())
    path = tmp_path / "b" / "2.txt"
    assert single == InputFile(str(path), "2.txt", path.as_uri())
    with pytest.raises(FileNotFoundError, match=r"\[H019\]"):
        find_inputs((tmp_path / "none.txt").as_uri())
    with pytest.raises(ValueError, match=r"\[H018\]"):
        find_inputs((tmp_path / "none.pdf").as_uri())
    with pytest.raises(ValueError, match=r"\[H019\].*nowhere"):
        find_inputs("nowhere://bucket/texts.txt")


def test_folder_without_texts(tmp_path: Path) -> None:
    (tmp_path / "readme.md").touch()
    with pytest.raises(ValueError, match=r"\[H058\]"):
        find_inputs(str(tmp_path))


def test_names_that_uris_spell_otherwise(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    for name in ("a b", "c%20d", "e#f", "g?h", "ü"):
        (tmp_path / f"{name}.txt").write_text(name, encoding="utf8")
    files = find_inputs(tmp_path.as_uri())
    texts = [record["text"] for file in files for _, record in read_raw_texts(file)]
    assert texts == sorted(texts) == ["a b", "c%20d", "e#f", "g?h", "ü"]


def test_linked_folders_are_read(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "1.txt").touch()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link").symlink_to(tmp_path / "elsewhere")
    assert [file.name for file in find_inputs(str(tmp_path / "in"))] == ["link/1.txt"]


def test_links_that_lead_back_or_twice_to_a_folder(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "in"
    (folder / "b").mkdir(parents=True)
    (folder / "a.txt").touch()
    (folder / "b" / "c.txt").touch()
    (folder / "loop").symlink_to(folder)
    (folder / "b" / "up").symlink_to(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "d.txt").touch()
    for name in ("x", "y"):
        (folder / name).symlink_to(tmp_path / "elsewhere")
    with caplog.at_level(logging.WARNING, "spacy.halfree"):
        names = [file.name for file in find_inputs(str(folder))]
    assert names == ["a.txt", "b/c.txt", "x/d.txt"]
    assert caplog.text.count("[W007]") == 4


def test_names_that_are_not_utf8(tmp_path: Path) -> None:
    try:
        (tmp_path / os.fsdecode(b"caf\xe9.txt")).touch()
    except OSError:
        pytest.skip("this file system has no such names")
    (tmp_path / "good.txt").touch()
    for location in (tmp_path, tmp_path / os.fsdecode(b"caf\xe9.txt")):
        with pytest.raises(ValueError, match=r"\[H019\].*caf\\xe9.txt.*not UTF-8") as raised:
            find_inputs(str(location))
        # it can be printed
        str(raised.value).encode("utf8")


def test_what_is_empty_or_broken_is_so_in_every_format(tmp_path: Path) -> None:
    vocab = spacy.blank("en").vocab
    docs = [Doc(vocab), Doc(vocab, words=[" ", "\n"]), Doc(vocab, words=["a"])]
    DocBin(docs=docs).to_disk(tmp_path / "docs.spacy")
    assert [isinstance(record, InvalidRecord) for record in read(tmp_path / "docs.spacy")] == [
        *(True, True, False)
    ]
    (tmp_path / "texts.txt").write_text("\u3000\nb\n", encoding="utf8")
    assert read(tmp_path / "texts.txt") == [{"id": "texts.txt:2", "text": "b"}]
    values = [{"words": None, "text": "c"}, {"id": "\ud800", "text": "d"}, {"words": [" ", "\n"]}]
    (tmp_path / "texts.jsonl").write_text("\n".join(map(json.dumps, values)), encoding="utf8")
    first, *others = read(tmp_path / "texts.jsonl")
    assert first == {"id": "texts.jsonl:1", "text": "c"}
    assert all(isinstance(record, InvalidRecord) for record in others)
    (tmp_path / "list.spacy").write_bytes(zlib.compress(srsly.msgpack_dumps([1, 2])))
    with pytest.raises(ValueError, match=r"\[H019\].*list\.spacy"):
        read(tmp_path / "list.spacy")
