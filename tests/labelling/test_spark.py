"""The example for Spark in the docs, run as it stands there."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

import pytest
import spacy
from many_texts import make_texts

from spacy_halfree.data.records import Record
from spacy_halfree.distill.sharded_corpus import ShardedCorpus
from spacy_halfree.labelling.worker import TeacherWorker
from spacy_halfree.tagging.soft_labels import load_soft_labels

PAGE = Path(__file__).resolve().parents[2] / "docs" / "scaling.md"


@pytest.mark.skipif(shutil.which("java") is None, reason="Spark asks for Java")
def test_the_example(teacher_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyspark", reason="asks for Spark (pip install pyspark pandas pyarrow)")
    codes = re.findall(r"^```py\n(.*?)^```", PAGE.read_text("utf8"), re.MULTILINE | re.DOTALL)
    assert "mapInPandas" in codes[0]
    teacher_path = shutil.copytree(teacher_path, tmp_path / "teacher")
    (tmp_path / "texts").mkdir()
    texts = make_texts(40)
    # longer than the pipeline's `max_length`
    poison = "long" * 250_001
    pool = "\n".join([*texts[:20], poison, "", *texts[20:]])
    (tmp_path / "texts" / "pool.txt").write_text(pool, encoding="utf8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(os.environ, "PYSPARK_PYTHON", sys.executable)
    monkeypatch.setitem(os.environ, "SPARK_LOCAL_IP", "127.0.0.1")
    namespace: dict[str, object] = {}
    for code in codes:
        exec(compile(code, str(PAGE), "exec"), namespace)
    from pyarrow import parquet

    rows = parquet.read_table(tmp_path / "labelled").to_pylist()
    worker = TeacherWorker((str(teacher_path),))
    expected = {own["text"]: own for own in worker([Record(text=text) for text in texts])}
    (failed,) = (row for row in rows if row["error"] is not None)
    assert failed["text"] == poison
    assert "fails in the teachers' pipelines" in failed["error"]
    assert failed["tags"] is failed["soft_labels"] is None
    rows.remove(failed)
    assert sorted(row["text"] for row in rows) == sorted(texts)
    for row in rows:
        own = expected[row["text"]]
        assert row["tags"] == own["tags"]
        assert row["entities"] == [
            {**entity, "confidence": pytest.approx(entity["confidence"], abs=1e-5)}
            for entity in own["entities"]
        ]
    nlp = spacy.load(teacher_path)
    examples = list(ShardedCorpus(tmp_path / "soft")(nlp))
    assert sorted(example.reference.text for example in examples) == sorted(texts)
    for example in examples:
        (own,) = worker([Record(text=example.reference.text)])
        spans = [(ent.start_char, ent.end_char, ent.label_) for ent in example.reference.ents]
        assert spans == [(e["start"], e["end"], e["label"]) for e in own["entities"]]
        soft = load_soft_labels(example.reference, len(own["words"]))
        expected = own["soft_labels"]["probabilities"].astype(float)
        assert soft.probabilities == pytest.approx(expected, abs=2e-3)
