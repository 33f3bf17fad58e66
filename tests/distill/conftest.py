"""Make the toy pipelines importable, and share a trained teacher."""

import pytest
from spacy.language import Language
from toy_pipelines import make_examples, make_nlp, train


@pytest.fixture(scope="session")
def teacher() -> Language:
    """A trained first-order tagger of entities."""
    nlp, _ = make_nlp()
    train(nlp, make_examples(nlp))
    return nlp
