"""Data sets of Hugging Face: words and tags, as names or as numbers of classes."""

import json
import os
import subprocess
import sys
import venv
from itertools import accumulate
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from annotated_files import read, read_spans, spans_of, write_json
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spacy_halfree.data.read_settings import ColumnSettings
from spacy_halfree.data.records import AnnotatedText, InvalidRecord

EXPORTS = Path(__file__).parent / "exports"
DATASETS = "5.2.0"
NAMES = ("O", "B-CITY", "I-CITY")
ROWS = [
    {"id": "0", "tokens": ["We", "fly", "to", "New", "York"], "ner_tags": [0, 0, 0, 1, 2]},
    {"id": "1", "tokens": ["Oslo", "Rome"], "ner_tags": [1, 1]},
]
SPANS = [
    ("We fly to New York", [(10, 18, "CITY")]),
    ("Oslo Rome", [(0, 4, "CITY"), (5, 9, "CITY")]),
]


def named(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row | {"ner_tags": [NAMES[tag] for tag in row["ner_tags"]]} for row in rows]


def describe(feature: Any) -> dict[bytes, bytes]:
    """The metadata that `datasets` writes to Parquet files."""
    return {b"huggingface": json.dumps({"info": {"features": {"ner_tags": feature}}}).encode()}


def write_parquet(
    path: Path, rows: list[dict[str, Any]], metadata: dict[bytes, bytes] | None = None
) -> Path:
    table = pa.Table.from_pylist(rows)
    pq.write_table(table.replace_schema_metadata(metadata), path)
    return path


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.parquet"])
def test_names_of_tags(tmp_path: Path, name: str) -> None:
    write = write_parquet if name.endswith("parquet") else write_json
    assert read_spans(write(tmp_path / name, named(ROWS))) == SPANS


def test_labels_without_scheme_are_refused(tmp_path: Path) -> None:
    row = {"tokens": ["We", "fly", "to", "Rome"], "ner_tags": ["O", "O", "O", "location"]}
    path = write_json(tmp_path / "a.jsonl", [row] * 20)
    with pytest.raises(ValueError, match=r"H140.*location.*Write B-"):
        read(path)


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.parquet"])
def test_numbers_of_classes_need_their_names(tmp_path: Path, name: str) -> None:
    write = write_parquet if name.endswith("parquet") else write_json
    path = write(tmp_path / name, ROWS)
    with pytest.raises(ValueError, match=r"H120.*'ner_tags'.*--tag-names"):
        read(path)
    assert read_spans(path, ColumnSettings(names=NAMES)) == SPANS
    with pytest.raises(ValueError, match=r"H122.*CITY, STREET\. .*--tag-names O,I-CITY"):
        read(path, ColumnSettings(names=("O", "CITY", "STREET")))


@pytest.mark.parametrize(
    "feature",
    [
        {"feature": {"names": NAMES, "_type": "ClassLabel"}, "_type": "List"},
        {"feature": {"names": NAMES, "_type": "ClassLabel"}, "length": -1, "_type": "Sequence"},
        {"feature": {"names": NAMES, "_type": "ClassLabel"}, "_type": "LargeList"},
        [{"num_classes": 3, "names": NAMES, "_type": "ClassLabel"}],
    ],
)
def test_names_in_parquet_files(tmp_path: Path, feature: Any) -> None:
    path = write_parquet(tmp_path / "a.parquet", ROWS, describe(feature))
    assert read_spans(path) == SPANS
    # names that are given come first
    given = ColumnSettings(names=("O", "B-TOWN", "I-TOWN"))
    assert read_spans(path, given)[0] == (SPANS[0][0], [(10, 18, "TOWN")])


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        {b"huggingface": b"?"},
        {b"huggingface": b"[" * 9999},
        {b"huggingface": b"{}"},
        describe({"dtype": "int64"}),
    ],
)
def test_parquet_files_without_names(tmp_path: Path, metadata: dict[bytes, bytes] | None) -> None:
    path = write_parquet(tmp_path / "a.parquet", ROWS, metadata)
    with pytest.raises(ValueError, match="H120"):
        read(path)


def test_exports_of_datasets() -> None:
    """Made by `datasets` 5.2.0, see `test_files_of_the_library`."""
    path = EXPORTS / f"hugging_face_datasets_{DATASETS}"
    assert read_spans(path.with_name(f"{path.name}.parquet")) == SPANS
    lines = path.with_name(f"{path.name}.jsonl")
    with pytest.raises(ValueError, match="H120"):
        read(lines)
    assert read_spans(lines, ColumnSettings(names=NAMES)) == SPANS


PROGRAM = f"""
from datasets import ClassLabel, Dataset, Features, Sequence, Value
names = ClassLabel(names={list(NAMES)})
features = Features(
    {{"id": Value("string"), "tokens": Sequence(Value("string")), "ner_tags": Sequence(names)}}
)
data = Dataset.from_list({ROWS}, features=features)
data.to_json("a.jsonl")
data.to_json("a.json", lines=False)
data.to_json("b.jsonl.gz")
data.to_parquet("a.parquet")
data.to_csv("a.csv")
data.save_to_disk("saved")
"""


@pytest.mark.slow
def test_files_of_the_library(tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", f"datasets=={DATASETS}"], check=True)
    subprocess.run([python, "-c", PROGRAM], cwd=tmp_path, check=True)
    names = ColumnSettings(names=NAMES)
    assert read_spans(tmp_path / "a.parquet") == SPANS
    for name in ("a.jsonl", "a.json", "b.jsonl.gz"):
        assert read_spans(tmp_path / name, names) == SPANS
    stored = EXPORTS / f"hugging_face_datasets_{DATASETS}.jsonl"
    assert stored.read_bytes() == (tmp_path / "a.jsonl").read_bytes()
    for name in ("a.csv", "saved", "saved/data-00000-of-00001.arrow"):
        with pytest.raises(ValueError, match=r"H047.*dataset\.to_parquet"):
            read(tmp_path / name)


def test_words_without_annotation(tmp_path: Path) -> None:
    row = {"words": ["Oslo", "and", "Rome"], "labels": [-100, 0, 1]}
    (text,) = read(write_json(tmp_path / "a.jsonl", [row]), ColumnSettings(names=NAMES))
    assert isinstance(text, AnnotatedText)
    assert (spans_of(text), text.missing) == ([(9, 13, "CITY")], (0,))


def test_rows_that_cannot_be_used(tmp_path: Path) -> None:
    rows = [
        {"tokens": ["Oslo"], "ner_tags": ["B-CITY"]},
        {"tokens": ["Oslo"], "ner_tags": ["B-CITY", "O"]},
        {"tokens": ["Oslo"], "ner_tags": [1]},
        {"tokens": ["Oslo"], "ner_tags": ["CITY"]},
        {"tokens": ["Oslo"], "ner_tags": [True]},
        {"tokens": ["Oslo"], "ner_tags": None},
        {"tokens": [4], "ner_tags": ["O"]},
        {"tokens": "Oslo", "ner_tags": ["O"]},
        ["Oslo"],
    ]
    first, *others = read(
        write_json(tmp_path / "a.jsonl", rows), ColumnSettings(names=("O",), tags="ner_tags")
    )
    assert isinstance(first, AnnotatedText)
    assert [own.line for own in others if isinstance(own, InvalidRecord)] == list(range(2, 10))
    assert [own.reason for own in others if isinstance(own, InvalidRecord)] == [
        "has 1 words under 'tokens' and 2 tags under 'ner_tags'",
        "has the tag 1, but the classes with names are 0 to 0",
        "has the tag 'CITY', which is not a tag; tags look like 'O', 'B-CITY' or 'I-CITY'",
        "has the tag True, which is neither a name nor a number",
        "has no list of tags under 'ner_tags'",
        *["has no list of words under 'tokens'"] * 3,
    ]


def test_a_row_of_a_parquet_file_that_is_not_utf8(tmp_path: Path) -> None:
    words = pa.array([[b"Oslo"], [b"\xff"]], pa.list_(pa.binary())).cast(pa.list_(pa.binary()))
    offsets, values = words.offsets, words.values
    text = pa.StringArray.from_buffers(len(values), *values.buffers()[1:])
    lists = pa.ListArray.from_arrays(offsets, text)
    table = pa.table({"tokens": lists, "ner_tags": [["B-CITY"], ["O"]]})
    pq.write_table(table, tmp_path / "a.parquet")
    first, second = read(tmp_path / "a.parquet")
    assert isinstance(first, AnnotatedText)
    assert isinstance(second, InvalidRecord)
    assert (second.line, second.reason) == (2, "is not valid UTF-8")


def test_a_file_that_is_no_parquet(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(ValueError, match="H046"):
        read(tmp_path / "a.parquet")
    write_parquet(tmp_path / "b.parquet", [{"text": "Oslo"}])
    with pytest.raises(ValueError, match=r"H047.*Parquet table without lists"):
        read(tmp_path / "b.parquet")


def test_several_fields_of_tags(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    row = {
        "tokens": ["in", "Rome"],
        "pos_tags": ["IN", "NNP"],
        "chunk_tags": ["B-PP", "B-NP"],
        "fine_ner_tags": ["O", "B-CAPITAL"],
        "mentions": ["O", "B-MENTION"],
        "topics": ["travel"],
        "ner_tags": ["O", "B-CITY"],
    }
    path = write_json(tmp_path / "a.jsonl", [row])
    with caplog.at_level("WARNING", "spacy.halfree"):
        assert read_spans(path) == [("in Rome", [(3, 7, "CITY")])]
    assert "W034" in caplog.text
    assert "'ner_tags'" in caplog.text
    assert "ignored: fine_ner_tags, mentions. " in caplog.text
    caplog.clear()
    with caplog.at_level("WARNING", "spacy.halfree"):
        for name, label in (("mentions", "MENTION"), ("chunk_tags", "NP")):
            (found,) = read_spans(path, ColumnSettings(tags=name))
            assert found[1][-1] == (3, 7, label)
    assert not caplog.text
    with pytest.raises(ValueError, match=r"H121.*tokens, pos_tags, chunk_tags"):
        read(path, ColumnSettings(words="sentence"))


def test_spans_beside_words_are_no_tags(tmp_path: Path) -> None:
    rows = [
        {"text": "Oslo", "tokens": ["Oslo"], "labels": []},
        {"text": "Rome", "tokens": ["Rome"], "labels": [[0, 4, "CITY"]]},
    ]
    path = write_json(tmp_path / "a.jsonl", rows)
    assert read_spans(path) == [("Oslo", []), ("Rome", [(0, 4, "CITY")])]


def test_fields_of_other_names(tmp_path: Path) -> None:
    path = write_json(tmp_path / "a.jsonl", [{"pieces": ["Rome"], "classes": ["S-CITY"]}])
    with pytest.raises(ValueError, match="H047"):
        read(path)
    columns = ColumnSettings(words="pieces", tags="classes")
    assert read_spans(path, columns, format="hugging-face") == [("Rome", [(0, 4, "CITY")])]


def test_lists_have_names_and_no_numbers(tmp_path: Path) -> None:
    path = write_json(tmp_path / "a.jsonl", [{"tokens": ["Rome"], "ner_tags": ["S-CITY"]}])
    with pytest.raises(ValueError, match=r"H121.*Its fields are: tokens, ner_tags\. Use"):
        read(path, ColumnSettings(words="1", tags="2"))


def test_names_in_a_wrong_order(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """They give other entities, which do not follow a scheme."""
    names = ("O", "B-CITY", "I-CITY", "B-NAME", "I-NAME")
    rows = [{"tokens": ["New", "York", "or", "Ada", "Lee"], "ner_tags": [1, 2, 0, 3, 4]}]
    path = write_json(tmp_path / "a.jsonl", rows)
    with caplog.at_level("WARNING", "spacy.halfree"):
        read(path, ColumnSettings(names=names))
    assert not caplog.text
    with caplog.at_level("WARNING", "spacy.halfree"):
        read(path, ColumnSettings(names=("O", "B-CITY", "B-NAME", "I-CITY", "I-NAME")))
    assert "W031" in caplog.text


def test_words_without_spaces(tmp_path: Path) -> None:
    row = {"tokens": ["我", "在", "北京"], "ner_tags": ["O", "O", "B-LOC"]}
    path = write_json(tmp_path / "a.jsonl", [row])
    assert read_spans(path, ColumnSettings(spaces=False)) == [("我在北京", [(2, 4, "LOC")])]
    assert read_spans(path) == [("我 在 北京", [(4, 6, "LOC")])]


words = st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=8)


@given(rows=st.lists(words, min_size=1, max_size=3), data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
def test_random_words(rows: list[list[str]], data: st.DataObject, tmp_path: Path) -> None:
    """Any words, with tags of a scheme as names or numbers, in any file."""
    labels = ["CITY", "Home town", "B-x"]
    has_ends = data.draw(st.booleans())
    expected, values = [], []
    for row in rows:
        starts = [0, *accumulate(len(word) + 1 for word in row)]
        tags, spans = [], []
        first = 0
        while first < len(row):
            n_words = data.draw(st.integers(1, min(3, len(row) - first)))
            label = data.draw(st.sampled_from([None, *labels]))
            if label is None:
                tags += ["O"] * n_words
            else:
                end = starts[first + n_words] - 1
                spans.append((starts[first], end, label))
                own = ["B", *["I"] * (n_words - 1)]
                if has_ends:
                    own[-1] = "E" if n_words > 1 else "S"
                tags += [f"{letter}-{label}" for letter in own]
            first += n_words
        expected.append((" ".join(row), spans))
        values.append({"tokens": row, "ner_tags": tags})
    letters = "BIES" if has_ends else "BI"
    names = data.draw(st.permutations(["O", *(f"{a}-{b}" for a in letters for b in labels)]))
    numbers = [row | {"ner_tags": [names.index(tag) for tag in row["ner_tags"]]} for row in values]
    feature = {"feature": {"names": names, "_type": "ClassLabel"}, "_type": "List"}
    for name in ("a.jsonl", "a.json"):
        assert read_spans(write_json(tmp_path / name, values)) == expected
        columns = ColumnSettings(names=tuple(names))
        assert read_spans(write_json(tmp_path / name, numbers), columns) == expected
    path = tmp_path / "a.parquet"
    assert read_spans(write_parquet(path, values)) == expected
    assert read_spans(write_parquet(path, numbers, describe(feature))) == expected


def test_the_command(tmp_path: Path) -> None:
    path = write_json(tmp_path / "a.jsonl", ROWS)
    command = [sys.executable, "-m", "spacy", "halfree", "check", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "H120" in done.stdout + done.stderr
    command += ["--tag-names", "O,B-CITY,I-CITY"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "CITY" in done.stdout, done.stdout + done.stderr
    assert "H120" not in done.stdout + done.stderr


@pytest.mark.parametrize("name", ["sentence", "text", "word"])
def test_usual_names_of_words(tmp_path: Path, name: str) -> None:
    path = write_json(tmp_path / "a.jsonl", [{name: ["to", "Rome"], "ner_tags": ["O", "B-CITY"]}])
    assert read_spans(path) == [("to Rome", [(3, 7, "CITY")])]
