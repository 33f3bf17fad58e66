"""The page of the interface in a real browser."""

import shutil
import subprocess
from pathlib import Path

import pytest

pytest.importorskip("uvicorn")
pytest.importorskip("fastapi_offline")

from served import serving

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--enable-logging=stderr",
    "--virtual-time-budget=8000",
    "--dump-dom",
]


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium or google-chrome on the path")
def test_it_works_in_a_browser(pipeline: Path, tmp_path: Path) -> None:
    """The policy that forbids all other addresses allows what the page needs."""
    with serving(pipeline) as server:
        assert CHROMIUM is not None
        profile = f"--user-data-dir={tmp_path / 'profile'}"
        visit = subprocess.run(
            [CHROMIUM, *FLAGS, profile, f"{server.address}/docs"],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
    assert 'data-path="/entities"' in visit.stdout
    assert "CONSOLE" not in visit.stderr
