"""Trained toy pipelines, each made once."""

from collections.abc import Callable

import pytest
from spacy.language import Language
from toy_pipelines import make_examples, make_nlp, train

Trained = Callable[[str, str], Language]


@pytest.fixture(scope="session")
def trained() -> Trained:
    """Gives a trained pipeline for an architecture and a target; not to be changed by a test."""
    made: dict[tuple[str, str], Language] = {}

    def get(architecture: str, target: str) -> Language:
        key = (architecture, target)
        if key not in made:
            nlp, _ = make_nlp(architecture, target)
            train(nlp, make_examples(nlp, target))
            made[key] = nlp
        return made[key]

    return get
