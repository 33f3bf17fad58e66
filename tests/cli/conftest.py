"""Share a trained teacher on disk."""

from pathlib import Path

import pytest
from spacy.language import Language


@pytest.fixture(scope="session")
def model(teacher: Language, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the trained tagger; no test may change it."""
    path = tmp_path_factory.mktemp("teacher") / "model"
    teacher.to_disk(path)
    return path
