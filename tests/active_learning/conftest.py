"""Share two trained models, as files, and a pool of texts."""

import random
from pathlib import Path

import pytest
from toy_pipelines import TEXTS, make_examples, make_nlp, train


@pytest.fixture(scope="session")
def model_paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Taggers of entities that have learned for different times, and so differ."""
    paths = []
    for steps in (5, 12):
        nlp, _ = make_nlp()
        train(nlp, make_examples(nlp), steps)
        paths.append(tmp_path_factory.mktemp("models") / f"steps{steps}")
        nlp.to_disk(paths[-1])
    return paths


@pytest.fixture(scope="session")
def pool() -> list[str]:
    """Sixty texts, of which no two are the same."""
    generator = random.Random(0)
    words = f"{' '.join(TEXTS)} near far old new quartet sonata gallery harbour".split()
    return [
        " ".join(generator.choices(words, k=generator.randint(2, 10))) + f" {number}"
        for number in range(60)
    ]
