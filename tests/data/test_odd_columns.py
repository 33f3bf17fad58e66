"""Columns of Parquet files with values that are no texts, words or tags."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from annotated_files import read

from spacy_halfree.data.inputs import find_inputs
from spacy_halfree.data.raw_texts import read_raw_texts
from spacy_halfree.data.records import AnnotatedText, InvalidRecord

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")
WORDS = [["Rome", "is"], ["is", "Oslo"]]
TAGS = [["B-CITY", "O"], ["O", "B-CITY"]]


def write(folder: Path, *columns: tuple[str, Any], rows_in_a_group: int = 1) -> Path:
    """Write a table. columns: Names, which may be the same, and values."""
    arrays = [pyarrow.array(own) if isinstance(own, list) else own for _, own in columns]
    table = pyarrow.Table.from_arrays(arrays, names=[name for name, _ in columns])
    parquet.write_table(table, folder / "a.parquet", row_group_size=rows_in_a_group)
    return folder / "a.parquet"


def raw(path: Path) -> list[str]:
    """The texts and the reasons of a file or folder, in order."""
    found = []
    for file in find_inputs(str(path)):
        for number, record in read_raw_texts(file):
            if isinstance(record, InvalidRecord):
                assert (record.file, record.line) == (file.name, number)
                found.append(f"{number}: {record.reason}")
            else:
                found.append(record.get("text") or " ".join(record["words"]))
    return found


def texts() -> Iterator[tuple[str, Any]]:
    """Columns of texts, by the names of their types."""
    column = pyarrow.array(["one", "two"])
    yield "dictionary", column.dictionary_encode()
    for kind in ("string", "large_string", "string_view"):
        yield kind, column.cast(getattr(pyarrow, kind)())


def no_texts() -> Iterator[tuple[str, Any]]:
    """Columns that are no texts, by the names of their types."""
    yield "int64", pyarrow.array([1, 2])
    yield "float", pyarrow.array([1.5, float("nan")])
    yield "bool", pyarrow.array([True, False])
    yield "date", pyarrow.array([datetime.date(2026, 1, 1)] * 2)
    yield "time", pyarrow.array([1, 2]).cast(pyarrow.timestamp("ns"))
    yield "time that Python does not have", pyarrow.array([2**62] * 2, pyarrow.timestamp("us"))
    yield "duration", pyarrow.array([1, 2**62], pyarrow.duration("ns"))
    yield "decimal", pyarrow.array([1, 2]).cast(pyarrow.decimal128(30, 2))
    yield "binary", pyarrow.array([b"one", b"\xff"])
    yield "fixed binary", pyarrow.array([b"ab", b"cd"], pyarrow.binary(2))
    yield "numbers in a dictionary", pyarrow.array([1, 2]).dictionary_encode()
    yield "struct", pyarrow.array([{"text": "one"}] * 2)
    yield "list", pyarrow.array([["one"], ["two"]])
    yield "nested list", pyarrow.array([[["one"]], []])
    yield "map", pyarrow.array([[("a", 1)], []], pyarrow.map_(pyarrow.string(), pyarrow.int64()))
    yield "null", pyarrow.nulls(2)
    yield "text without values", pyarrow.nulls(2, pyarrow.string())


@pytest.mark.parametrize(("name", "column"), list(texts()))
def test_texts_of_every_type(name: str, column: Any, tmp_path: Path) -> None:
    assert raw(write(tmp_path, ("text", column))) == ["one", "two"]


@pytest.mark.parametrize(("name", "column"), list(no_texts()))
def test_what_is_no_text(name: str, column: Any, tmp_path: Path) -> None:
    found = raw(write(tmp_path, ("text", column)))
    assert [own[:3] for own in found] == ["1: ", "2: "]
    # as a name it is taken, or named
    named = raw(write(tmp_path, ("id", column), ("text", ["one", "two"])))
    assert len(named) == 2
    if name == "time that Python does not have":
        assert all("has a value that cannot be read" in own for own in named)
    else:
        assert named == ["one", "two"]
    found = raw(write(tmp_path, ("words", column)))
    assert found == ["one", "two"] if name == "list" else all(own[1] == ":" for own in found)


def test_the_rest_is_kept(tmp_path: Path) -> None:
    """Rows that cannot be read do not hide the others of their batch."""
    times = pyarrow.array([1, 2**62, 2], pyarrow.timestamp("us"))
    path = write(tmp_path, ("id", times), ("text", ["one", "two", "three"]), rows_in_a_group=3)
    found = raw(path)
    assert (found[0], found[2]) == ("one", "three")
    assert found[1].startswith("2: has a value that cannot be read (")
    missing = pyarrow.array(["one", None, None, "four"])
    found = raw(write(tmp_path, ("text", missing), rows_in_a_group=2))
    assert (found[0], found[3]) == ("one", "four")
    assert found[1][:2] == "2:"


def test_values_are_told(tmp_path: Path) -> None:
    (first, _) = raw(write(tmp_path, ("text", [17, 18])))
    assert first == "1: has a value of the type int under the key 'text', which is not a string: 17"


def test_rows_that_a_damaged_footer_leaves_out(tmp_path: Path) -> None:
    """pyarrow reads as many values of a column as the footer says, be there more or not."""
    columns = (("id", ["a", "b", "c"]), ("text", ["one", "two", "three"]))
    path = write(tmp_path, *columns, rows_in_a_group=2)
    content = path.read_bytes()
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    messages = []
    for place in range(footer, len(content) - 8):
        path.write_bytes(content[:place] + b"\0" + content[place + 1 :])
        try:
            found = raw(path)
        except ValueError as error:
            messages.append(str(error))
        else:
            assert len(found) == 3
    for told in ("row group 1 has 0 rows, but should have 2", "the file has 1 rows"):
        assert any(told in message for message in messages)


def test_columns_of_one_name(tmp_path: Path) -> None:
    path = write(tmp_path, ("text", ["one", "two"]), ("text", ["three", "four"]))
    with pytest.raises(ValueError, match=r"\[H019\].*several columns called 'text'"):
        raw(path)
    path = write(tmp_path, ("tokens", WORDS), ("ner_tags", TAGS), ("ner_tags", TAGS))
    with pytest.raises(ValueError, match=r"\[H046\].*several columns called 'ner_tags'"):
        read(path)
    # another column may be there twice
    path = write(tmp_path, ("text", ["one", "two"]), ("x", [1, 2]), ("x", [3, 4]))
    assert raw(path) == ["one", "two"]


def test_a_table_without_texts_names_its_columns(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\[H019\].*its columns are: Text, Body"):
        raw(write(tmp_path, ("Text", ["one"]), ("Body", ["two"])))


def test_spaces(tmp_path: Path) -> None:
    for spaces in ([["no", "False"]], [["1", "0"]], [[2, 0]], [[None, True]], [[0.5, 1.0]]):
        (reason,) = raw(write(tmp_path, ("words", WORDS[:1]), ("spaces", spaces)))
        assert reason == "1: has spaces that are neither true nor false"
    for spaces in ([[True, False]], [[1, 0]]):
        assert raw(write(tmp_path, ("words", WORDS[:1]), ("spaces", spaces))) == ["Rome is"]


def test_files_of_other_types_in_a_folder(tmp_path: Path) -> None:
    for name, values in (("a", ["one"]), ("b", [2]), ("c", ["three"])):
        folder = tmp_path / name
        folder.mkdir()
        write(folder, ("text", values))
    found = raw(tmp_path)
    assert (found[0], found[2]) == ("one", "three")
    assert found[1].startswith("1: has a value of the type int")


@pytest.mark.parametrize(
    ("words", "tags"),
    [
        (pyarrow.large_list(pyarrow.large_string()), pyarrow.list_(pyarrow.string())),
        (pyarrow.list_(pyarrow.string(), 2), pyarrow.list_(pyarrow.string_view())),
        (
            pyarrow.list_(pyarrow.dictionary(pyarrow.int32(), pyarrow.string())),
            pyarrow.list_(pyarrow.dictionary(pyarrow.int8(), pyarrow.string())),
        ),
    ],
)
def test_lists_of_every_type(words: Any, tags: Any, tmp_path: Path) -> None:
    path = write(
        tmp_path, ("tokens", pyarrow.array(WORDS, words)), ("ner_tags", pyarrow.array(TAGS, tags))
    )
    found = read(path)
    assert all(isinstance(own, AnnotatedText) for own in found)
    assert [[span.start for span in own.spans] for own in found] == [[0], [3]]


@pytest.mark.parametrize(
    "tags",
    [
        [[1.0, 0.0], [0.0, 1.0]],
        [[True, False], [False, False]],
        [[b"B-CITY", b"O"], [b"O", b"O"]],
        [["B-CITY O"], ["O O"]],
        ["B-CITY O", "O O"],
        [1, 2],
        [[None, None], [None, None]],
        [[{"tag": "O"}], []],
        [[["O"]], []],
    ],
)
def test_what_is_no_tags(tags: Any, tmp_path: Path) -> None:
    path = write(tmp_path, ("tokens", WORDS), ("ner_tags", tags))
    for settings in ({}, {"format": "hugging-face"}):
        message = ""
        try:
            found = read(path, **settings)
        except ValueError as error:
            message = str(error)
        if message:
            assert message[:5] in ("[H047", "[H120", "[H121", "[H140")
        else:
            assert all(isinstance(own, InvalidRecord) for own in found)
            assert [own.line for own in found] == [1, 2]


def test_rows_of_lists_that_cannot_be_read(tmp_path: Path) -> None:
    times = pyarrow.array([[2**62], [1]], pyarrow.list_(pyarrow.timestamp("us")))
    first, second = read(write(tmp_path, ("tokens", WORDS), ("ner_tags", TAGS), ("x", times)))
    assert isinstance(first, InvalidRecord)
    assert "has a value that cannot be read" in first.reason
    assert isinstance(second, AnnotatedText)
