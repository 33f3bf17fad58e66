"""Share a trained teacher, as files, and texts."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "pipeline"))

from many_texts import make_texts
from toy_pipelines import make_examples, make_nlp, train


@pytest.fixture(scope="session")
def teacher_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a trained first-order tagger of entities."""
    nlp, _ = make_nlp()
    train(nlp, make_examples(nlp))
    path = tmp_path_factory.mktemp("teacher") / "model"
    nlp.to_disk(path)
    return path


@pytest.fixture
def write_texts(tmp_path: Path) -> Callable[[str, int], Path]:
    """Writes a file with so many texts."""

    def write(name: str, n_texts: int) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(make_texts(n_texts)), encoding="utf8")
        return path

    return write
