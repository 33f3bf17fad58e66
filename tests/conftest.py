"""For all tests: examples that are random, but the same in every run; pipelines."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from spacy.language import Language

if "PYTEST_XDIST_WORKER" in os.environ:
    # read when torch and numpy are imported: several processes of many threads would be slower
    os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.register_profile(
    "halfree",
    deadline=None,
    max_examples=60,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("halfree")


@pytest.fixture(scope="module")
def nlp() -> Language:
    """A blank pipeline, for its tokens and its vocabulary."""
    # not imported before the number of threads is set, as it imports numpy
    import spacy

    return spacy.blank("en")


@pytest.fixture(scope="session")
def teacher() -> Language:
    """A trained first-order tagger of entities; no test may change it."""
    # the same
    from toy_pipelines import make_examples, make_nlp, train

    nlp, _ = make_nlp()
    train(nlp, make_examples(nlp))
    return nlp
