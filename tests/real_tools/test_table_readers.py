"""A folder of Parquet files, read as a folder by the libraries that people analyse tables with."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from installation import install
from pyarrow import parquet
from spacy.language import Language
from table_readers import NEEDS_JAVA, REQUIREMENTS, WAYS

from spacy_halfree import LabellingSettings, TeacherWorker, label_files

pytestmark = pytest.mark.slow
TEXTS = {
    "a.txt": [f"a table in Zürich or in 地点 {number}" for number in range(600)],
    "b/without_entities.txt": ["?", "!"],
    "c.txt": ["the Beatles \U0001f600", "x" * 2_000_000, "The bars"],
}
"""Of some texts, nothing is found; one is longer than a pipeline allows."""


@pytest.fixture(scope="module")
def folder(teacher: Language, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output that replaced another, with its manifest beside it."""
    place = tmp_path_factory.mktemp("tables")
    teacher.to_disk(place / "teacher")
    for name, texts in TEXTS.items():
        path = place / "texts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(texts), encoding="utf8")
    worker = TeacherWorker((str(place / "teacher"),), batch_size=4)
    for _ in range(2):
        labelled = label_files(
            worker,
            place / "texts",
            place / "labelled",
            settings=LabellingSettings(shard_format="parquet"),
            overwrite=True,
        )
    assert (labelled.n_texts, len(labelled.bad)) == (604, 1)
    return labelled.output


@pytest.fixture(scope="module")
def found(environments: Path, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What each way of reading finds."""
    try:
        environment = install(REQUIREMENTS, environments)
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"{', '.join(REQUIREMENTS)} cannot be installed: {error}")
    output = tmp_path_factory.mktemp("found") / "rows.json"
    script = Path(__file__).with_name("table_readers.py")
    command = [environment / "bin" / "python", script, folder, output]
    # nothing of this environment: it has other versions of some of the libraries
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    subprocess.run(command, check=True, env=own, cwd=output.parent, timeout=600)
    return json.loads(output.read_text("utf8"))


def test_the_folder_holds_nothing_but_tables(folder: Path) -> None:
    assert len(list(folder.iterdir())) == 5
    assert all(path.suffix == ".parquet" for path in folder.iterdir())


@pytest.mark.parametrize("way", WAYS)
def test_all_rows_are_read(way: str, found: Any, folder: Path) -> None:
    if way in NEEDS_JAVA and way not in found:
        pytest.skip("Spark asks for Java")
    assert not isinstance(found[way], str), found[way]
    expected = parquet.read_table(folder).to_pylist()
    assert len(expected) == 604
    assert any(row["entities"] for row in expected)
    if way in NEEDS_JAVA:
        # it begins with the largest files
        for rows in (found[way], expected):
            rows.sort(key=lambda row: str(row["id"]))
    if way == "pandas with fastparquet":
        # it reads no lists of objects: without a warning, there is nothing in their column
        assert {row["entities"] for row in found[way]} == {None}
        for rows in (found[way], expected):
            for row in rows:
                del row["entities"]
    assert found[way] == expected
