"""Make the toy pipelines importable, and share a trained teacher."""

from pathlib import Path

import pytest
from spacy.language import Language
from toy_pipelines import make_examples, make_nlp, train


@pytest.fixture(scope="session")
def teacher() -> Language:
    """A trained first-order tagger of entities."""
    nlp, _ = make_nlp()
    train(nlp, make_examples(nlp))
    return nlp


@pytest.fixture(scope="session")
def model(teacher: Language, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, saved; no test may change it."""
    path = tmp_path_factory.mktemp("teacher") / "model"
    teacher.to_disk(path)
    return path
