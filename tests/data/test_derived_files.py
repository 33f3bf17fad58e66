"""Earlier projects, outputs and models in a folder of raw texts are not read as raw texts."""

from __future__ import annotations

import json
import logging
import os
import shutil
from pathlib import Path

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

from spacy_halfree import create_project
from spacy_halfree.data.derived_files import find_containing, find_derived
from spacy_halfree.data.inputs import find_inputs
from spacy_halfree.data.records import LabelledSpan, Suggestion, TextToken
from spacy_halfree.data.suggestion_files import write_suggestions
from spacy_halfree.project.project_settings import ProjectSettings

SETTINGS = ProjectSettings(encoder="some/encoder")
SUGGESTION = Suggestion(
    source="raw.txt:1",
    text="in Rome",
    tokens=(TextToken("in", 0, 2, True), TextToken("Rome", 3, 7, False)),
    spans=(LabelledSpan(3, 7, "CITY"),),
    score=1.0,
    confidence=0.5,
    gain=1.0,
)


def write_labelled(path: Path) -> Path:
    rows = [{"text": f"Rome {i}", "label": [[0, 4, "CITY"], [1, 3, "X"]]} for i in range(8)]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf8")
    return path


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    """A folder with two files of raw texts, one of them in a folder below."""
    folder = tmp_path / "pool"
    (folder / "below").mkdir(parents=True)
    (folder / "a.txt").write_text("Oslo 1\nOslo 2\n", encoding="utf8")
    (folder / "below" / "b.txt").write_text("Oslo 3\n", encoding="utf8")
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a list of problems."""
    raw = tmp_path / "raw.txt"
    raw.write_text("Oslo 1\nOslo 2\n", encoding="utf8")
    folder = tmp_path / "project"
    create_project(folder, write_labelled(tmp_path / "l.jsonl"), raw, settings=SETTINGS)
    assert (folder / "corpus" / "problems.jsonl").exists()
    return folder


def names_in(folder: Path) -> list[str]:
    return [file.name for file in find_inputs(str(folder))]


def test_an_earlier_project(
    tmp_path: Path, pool: Path, project: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Also what was trained in it, and when a new project reads the folder."""
    earlier = pool / "below" / "earlier"
    shutil.copytree(project, earlier)
    (earlier / "training" / "encoder").mkdir(parents=True)
    (earlier / "training" / "encoder" / "vocab.txt").write_text("a\nb\n", encoding="utf8")
    with caplog.at_level(logging.WARNING, "spacy.halfree"):
        new = create_project(tmp_path / "new", tmp_path / "l.jsonl", pool, settings=SETTINGS)
    assert new.pool.n_texts == 3
    (record,) = caplog.records
    assert record.getMessage().startswith(f"[W047] {earlier} is a project of `init`")
    # training texts, dev texts, raw texts, problems and the vocabulary
    assert "(files: 5)" in record.getMessage()


def test_a_project_that_lacks_files_is_known(pool: Path, project: Path) -> None:
    (project / "corpus" / "pool.jsonl").unlink()
    shutil.move(project, pool / "earlier")
    assert names_in(pool) == ["a.txt", "below/b.txt"]


def test_the_texts_of_a_project_alone(pool: Path, project: Path) -> None:
    """A copy of them, or a project that lacks its `project.yml`."""
    shutil.copytree(project / "corpus", pool / "texts")
    (project / "project.yml").unlink()
    shutil.move(project, pool / "earlier")
    assert names_in(pool) == ["a.txt", "below/b.txt"]
    with pytest.raises(ValueError, match=r"\[H149\].*texts/pool.jsonl"):
        find_inputs(str(pool / "texts"))


def test_a_linked_project(pool: Path, project: Path) -> None:
    (pool / "link").symlink_to(project)
    assert names_in(pool) == ["a.txt", "below/b.txt"]


def test_as_a_uri(pool: Path, project: Path, caplog: pytest.LogCaptureFixture) -> None:
    pytest.importorskip("pyarrow")
    shutil.move(project, pool / "earlier")
    with caplog.at_level(logging.WARNING, "spacy.halfree"):
        files = find_inputs(pool.as_uri())
    assert [file.name for file in files] == ["a.txt", "below/b.txt"]
    assert f"[W047] {pool / 'earlier'} is" in caplog.text
    with pytest.raises(ValueError, match=r"\[H149\]"):
        find_inputs((pool / "earlier").as_uri())


@pytest.mark.parametrize("spelling", ["project", "project/corpus", "project/configs/../corpus"])
def test_a_project_itself_is_refused(tmp_path: Path, project: Path, spelling: str) -> None:
    location = f"{tmp_path}/{spelling}"
    with pytest.raises(ValueError, match=r"\[H149\]") as raised:
        find_inputs(location)
    # the file that the message names can be read
    named = str(raised.value).rsplit("name ", 1)[1].rstrip(".")
    assert [file.name for file in find_inputs(named)] == ["pool.jsonl"]


def test_what_is_named_is_read(project: Path) -> None:
    corpus = project / "corpus"
    for name in ("pool.jsonl", "gold.spacy", "problems.jsonl"):
        assert names_in(corpus / name) == [name]
    (project / "assets").mkdir()
    (project / "assets" / "mine.txt").touch()
    assert names_in(project / "assets") == ["mine.txt"]


@pytest.mark.parametrize("tool", ["prodigy", "doccano"])
def test_suggestions_and_problems(
    pool: Path, project: Path, caplog: pytest.LogCaptureFixture, tool: str
) -> None:
    (pool / "suggested.jsonl").write_bytes(write_suggestions([SUGGESTION], tool))
    shutil.copy(project / "corpus" / "problems.jsonl", pool / "wrong.jsonl")
    with caplog.at_level(logging.WARNING, "spacy.halfree"):
        assert names_in(pool) == ["a.txt", "below/b.txt"]
    for name, what in (("suggested", "suggestions"), ("wrong", "problems")):
        assert f"[W047] {pool / name}.jsonl is a list of {what}" in caplog.text


@pytest.mark.parametrize(
    "line",
    [
        '{"text": "a"}',
        '{"text": "a", "meta": {"source": "b"}, "spans": []}',
        '{"text": "a", "label": [], "source": "b"}',
        '{"file": "a", "text": "b", "number": 1}',
        "no JSON",
        "[1]",
        "[" * 100_000,
        "",
    ],
)
def test_texts_of_others_are_read(pool: Path, line: str) -> None:
    (pool / "own.jsonl").write_text(line, encoding="utf8")
    assert "own.jsonl" in names_in(pool)


def test_models(pool: Path, caplog: pytest.LogCaptureFixture) -> None:
    spacy.blank("en").to_disk(pool / "model")
    (pool / "model" / "notes.txt").touch()
    encoder = pool / "encoder"
    encoder.mkdir()
    for name in ("config.json", "tokenizer.json", "vocab.txt"):
        (encoder / name).touch()
    with caplog.at_level(logging.WARNING, "spacy.halfree"):
        assert names_in(pool) == ["a.txt", "below/b.txt"]
    assert f"[W047] {pool / 'model'} is a pipeline" in caplog.text
    assert f"[W047] {encoder} is an encoder" in caplog.text


def test_folders_that_only_look_alike(pool: Path) -> None:
    """A workflow of somebody else, a manifest of somebody else, and one text of a name of ours."""
    files = ("x/project.yml", "x/corpus/dev.txt", "y/_manifest.json", "y/1.txt", "gold.spacy")
    for name in files:
        (pool / name).parent.mkdir(parents=True, exist_ok=True)
        (pool / name).touch()
    expected = ["a.txt", "below/b.txt", "gold.spacy", "x/corpus/dev.txt", "y/1.txt"]
    assert names_in(pool) == expected


def test_a_project_whose_name_is_not_utf8(
    pool: Path, project: Path, caplog: pytest.LogCaptureFixture
) -> None:
    try:
        shutil.move(project, pool / os.fsdecode(b"caf\xe9"))
    except OSError:
        pytest.skip("this file system has no such names")
    with caplog.at_level(logging.WARNING, "spacy.halfree"):
        assert names_in(pool) == ["a.txt", "below/b.txt"]
    caplog.text.encode("utf8")


PARTS = ("a", "b", "corpus", "00000-000000")
FILES = (
    *("project.yml", "gold.spacy", "pool.jsonl", "_manifest.json", "00000-000000.spacy"),
    *("finished.jsonl", "meta.json", "config.cfg", "config.json", "tokenizer.json", "x.txt"),
    *("x.spacy", "x.spacy.manifest.json"),
)
PATHS = st.tuples(st.lists(st.sampled_from(PARTS), max_size=3), st.sampled_from(FILES))
NAMES = st.sets(PATHS.map(lambda path: "/".join([*path[0], path[1]])))


@given(NAMES)
def test_any_folders(names: set[str]) -> None:
    """Nothing is named that is not there, and nothing twice; the folder itself never is."""
    derived = find_derived(names)
    assert "." not in derived
    for path in derived:
        assert any(name == path or name.startswith(f"{path}/") for name in names)
        assert not any(other != path and path.startswith(f"{other}/") for other in derived)
    for name in names:
        above = [path for path in derived if name == path or name.startswith(f"{path}/")]
        assert [find_containing(name, derived)] == (above or [None])
