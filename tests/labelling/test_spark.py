"""The example for Spark in the docs, run as it stands there."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from many_texts import make_texts

from spacy_halfree.labelling.records import Record
from spacy_halfree.labelling.worker import TeacherWorker

PAGE = Path(__file__).resolve().parents[2] / "docs" / "scaling.md"


@pytest.mark.skipif(shutil.which("java") is None, reason="Spark asks for Java")
def test_the_example(teacher_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyspark", reason="asks for Spark (pip install pyspark pandas pyarrow)")
    (code,) = re.findall(r"^```py\n(.*?)^```", PAGE.read_text("utf8"), re.MULTILINE | re.DOTALL)
    assert "mapInPandas" in code
    teacher_path = shutil.copytree(teacher_path, tmp_path / "teacher")
    (tmp_path / "texts").mkdir()
    texts = make_texts(40)
    (tmp_path / "texts" / "pool.txt").write_text("\n".join(texts), encoding="utf8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(os.environ, "PYSPARK_PYTHON", sys.executable)
    monkeypatch.setitem(os.environ, "SPARK_LOCAL_IP", "127.0.0.1")
    namespace: dict[str, object] = {}
    exec(compile(code, str(PAGE), "exec"), namespace)
    from pyarrow import parquet

    rows = parquet.read_table(tmp_path / "labelled").to_pylist()
    worker = TeacherWorker((str(teacher_path),))
    expected = {own["text"]: own for own in worker([Record(text=text) for text in texts])}
    assert sorted(row["text"] for row in rows) == sorted(texts)
    for row in rows:
        own = expected[row["text"]]
        assert row["tags"] == own["tags"]
        assert row["entities"] == [
            {**entity, "confidence": pytest.approx(entity["confidence"], abs=1e-5)}
            for entity in own["entities"]
        ]
