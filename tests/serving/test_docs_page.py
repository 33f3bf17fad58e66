"""The page of the interface in a real browser."""

import subprocess
from pathlib import Path

import pytest

pytest.importorskip("uvicorn")
pytest.importorskip("fastapi_offline")

import headless_browser as browser
from served import serving

FLAGS = [*browser.FLAGS, "--virtual-time-budget=8000", "--dump-dom"]


@pytest.mark.skipif(browser.CHROMIUM is None, reason="no chromium or google-chrome on the path")
def test_it_works_in_a_browser(pipeline: Path, tmp_path: Path) -> None:
    """The policy that forbids all other addresses allows what the page needs."""
    with serving(pipeline) as server:
        assert browser.CHROMIUM is not None
        profile = f"--user-data-dir={tmp_path / 'profile'}"
        visit = subprocess.run(
            [browser.CHROMIUM, *FLAGS, profile, f"{server.address}/docs"],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
    assert 'data-path="/entities"' in visit.stdout
    assert "CONSOLE" not in visit.stderr
