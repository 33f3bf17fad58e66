"""Why `serve` does not serve."""

import signal
import socket
import sys
from pathlib import Path

import pytest
import spacy
from commands import run_command

from spacy_halfree.serving import RequestLimits, ServingSettings


@pytest.fixture(scope="module")
def without_tagger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("without") / "pipeline"
    spacy.blank("en").to_disk(path)
    return path


@pytest.mark.parametrize("name", ["fastapi", "uvicorn", "fastapi_offline"])
def test_without_the_extra(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    code, printed = run_command("serve", "no_such_pipeline")
    assert code == 1
    assert f"[H166] `serve` needs packages that are not installed: {name}." in printed
    assert "pip install '.[serve]'" in printed


class TestWithTheExtra:
    """What is found out before anything listens."""

    @pytest.fixture(autouse=True)
    def _installed(self) -> None:
        pytest.importorskip("uvicorn")
        pytest.importorskip("fastapi_offline")

    def test_no_such_pipeline(self) -> None:
        code, printed = run_command("serve", "no_such_pipeline", "--port", 0, "--workers", 2)
        assert code == 1
        assert "[H167]" in printed
        assert "[E050]" in printed
        assert "Serving" not in printed

    def test_signals_mean_what_they_meant(self) -> None:
        before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
        run_command("serve", "no_such_pipeline", "--port", 0)
        after = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
        assert after == before

    def test_no_tagger(self, without_tagger: Path) -> None:
        code, printed = run_command("serve", without_tagger, "--port", 0)
        assert code == 1
        assert "[H167]" in printed
        assert "[H021]" in printed

    def test_code_that_cannot_be_imported(self, pipeline: Path, tmp_path: Path) -> None:
        path = tmp_path / "own.py"
        path.write_text("raise SystemExit('enough')", encoding="utf8")
        code, printed = run_command("serve", pipeline, "--port", 0, "--code", path)
        assert code == 1
        assert "[H127]" in printed

    def test_a_worker_that_ends_while_it_loads(self, pipeline: Path, tmp_path: Path) -> None:
        path = tmp_path / "own.py"
        path.write_text("import os; os._exit(7)", encoding="utf8")
        code, printed = run_command("serve", pipeline, "--port", 0, "--code", path)
        assert code == 1
        assert "its process ended with status 7" in printed

    def test_an_address_in_use(self, pipeline: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            code, printed = run_command("serve", pipeline, "--port", port)
        assert code == 1
        assert f"[H168] Cannot listen on host '127.0.0.1', port {port}" in printed

    @pytest.mark.parametrize("host", ["192.0.2.1", "no such host", "a" * 100, ""])
    def test_an_address_that_is_none_of_ours(self, pipeline: Path, host: str) -> None:
        code, printed = run_command("serve", pipeline, "--host", host, "--port", 0)
        assert code == 1
        assert "[H168]" in printed


@pytest.mark.parametrize(
    "options",
    [
        {"workers": 0},
        {"queue": -1},
        {"timeout": 0.0},
        {"timeout": float("nan")},
        {"timeout": float("inf")},
        # more than an alarm of the system takes
        {"timeout": 1e30},
    ],
)
def test_settings_out_of_range(options: dict) -> None:
    with pytest.raises(ValueError, match=r"\[H013\]"):
        ServingSettings(**options)


@pytest.mark.parametrize("name", ["body", "texts", "characters", "words", "run"])
def test_limits_out_of_range(name: str) -> None:
    with pytest.raises(ValueError, match=r"\[H013\]"):
        RequestLimits(**{name: 0})


@pytest.mark.parametrize(
    "options",
    [("--workers", 0), ("--timeout", 0), ("--port", 65536), ("--max-words", 0), ("--queue", -1)],
)
def test_options_out_of_range(options: tuple[object, ...]) -> None:
    code, _ = run_command("serve", "no_such_pipeline", *options)
    assert code == 2
