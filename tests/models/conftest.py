"""What holds for all tests of models: garbage is collected again after damaged bytes."""

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def garbage_collection() -> Iterator[None]:
    """srsly leaves it switched off when it meets damaged bytes."""
    yield
    gc.enable()
