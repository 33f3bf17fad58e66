"""Servers of annotation tools, and a browser, shared by all tests here."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import Browser, find_programs, open_browser
from doccano_user import DoccanoUser
from installation import find_python, install
from label_studio_user import LabelStudioUser
from servers import REQUIREMENTS, serve_doccano, serve_label_studio

CACHE = "HALFREE_TOOLS"
"""The variable that names a folder for the installed tools, so that they can be used again."""


@pytest.fixture(scope="session")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the tools' environments."""
    if os.name != "posix":
        pytest.skip("groups of processes are ended as POSIX systems do it")
    if find_python() is None:
        pytest.skip("no Python 3.11 or 3.10, which the tools run with")
    if CACHE not in os.environ:
        return tmp_path_factory.mktemp("environments")
    folder = Path(os.environ[CACHE]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if find_programs() is None:
        pytest.skip("chromium and chromedriver are not installed")
    with open_browser(tmp_path_factory.mktemp("browser")) as own:
        yield own


@pytest.fixture(scope="session")
def label_studio(
    environments: Path, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LabelStudioUser]:
    """Somebody who works with a running Label Studio."""
    environment = install(REQUIREMENTS["label-studio"], environments)
    with serve_label_studio(environment, tmp_path_factory.mktemp("label_studio")) as server:
        yield LabelStudioUser(server, browser)


@pytest.fixture(scope="session")
def doccano(
    environments: Path, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DoccanoUser]:
    """Somebody who works with a running doccano."""
    environment = install(REQUIREMENTS["doccano"], environments)
    with serve_doccano(environment, tmp_path_factory.mktemp("doccano")) as server:
        yield DoccanoUser(server, browser)
