"""Share a trained teacher, as files, and texts."""

import random
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "pipeline"))

from toy_pipelines import TEXTS, make_examples, make_nlp, train


@pytest.fixture(scope="session")
def teacher_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a trained first-order tagger of entities."""
    nlp, _ = make_nlp()
    train(nlp, make_examples(nlp))
    path = tmp_path_factory.mktemp("teacher") / "model"
    nlp.to_disk(path)
    return path


def make_texts(n_texts: int) -> list[str]:
    """Texts that differ."""
    generator = random.Random(0)
    words = " ".join(TEXTS).split()
    return [
        " ".join([*generator.choices(words, k=generator.randint(1, 12)), str(number)])
        for number in range(n_texts)
    ]


@pytest.fixture
def write_texts(tmp_path: Path) -> Callable[[str, int], Path]:
    """Writes a file with so many texts."""

    def write(name: str, n_texts: int) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(make_texts(n_texts)), encoding="utf8")
        return path

    return write
