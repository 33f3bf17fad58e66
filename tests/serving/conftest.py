"""For tests of real servers: pipelines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small tagger."""
    from served import write_pipeline

    return write_pipeline(tmp_path_factory.mktemp("served"), obedient=False)


@pytest.fixture(scope="session")
def obedient(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The folder of a pipeline that does as texts ask, and the code that it needs."""
    from served import write_code, write_pipeline

    folder = tmp_path_factory.mktemp("obedient")
    return write_pipeline(folder, obedient=True), write_code(folder)
