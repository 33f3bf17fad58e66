"""What an application answers that is embedded in another one."""

import pytest
import spacy

pytest.importorskip("uvicorn")
pytest.importorskip("fastapi_offline")
pytest.importorskip("httpx")

from fastapi import testclient

from spacy_halfree.serving import create_app


def test_without_its_lifespan() -> None:
    """Nothing waits for workers that nobody starts."""
    client = testclient.TestClient(create_app("no_pipeline"))
    for answer in (client.get("/health"), client.post("/entities", json={"texts": ["Rome"]})):
        assert answer.status_code == 503
        assert "[H179]" in answer.json()["detail"]
        assert "lifespan" in answer.json()["detail"]


def test_a_loaded_pipeline() -> None:
    with pytest.raises(TypeError, match=r"\[H157\].*English"):
        create_app(spacy.blank("en"))  # type: ignore[arg-type]
