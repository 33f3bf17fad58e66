"""Share pipelines on disk, and texts to report on."""

from pathlib import Path

import pytest
import spacy
from spacy.tokens import DocBin
from toy_reports import gold_docs, hostile_doc, sure, unsure


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pipelines") / "model"
    unsure().nlp.to_disk(folder)
    return folder


@pytest.fixture(scope="session")
def teacher_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pipelines") / "teacher"
    sure().nlp.to_disk(folder)
    return folder


@pytest.fixture(scope="session")
def test_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy texts, a hostile one, and one that is not annotated."""
    path = tmp_path_factory.mktemp("data") / "test.spacy"
    bare = spacy.blank("en").make_doc("nothing is known about this")
    DocBin(docs=[*gold_docs(), hostile_doc(), bare]).to_disk(path)
    return path
