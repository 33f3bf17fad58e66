"""The service of docs/how_to_serve.md, as it stands there, in front of a packaged pipeline."""

from __future__ import annotations

import importlib.util
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import spacy
from spacy.language import Language
from spacy.training import Example

pytest.importorskip("httpx")
testclient = pytest.importorskip("fastapi.testclient")
PAGE = Path(__file__).resolve().parents[1] / "docs" / "how_to_serve.md"
TEXTS = ["A table in Rome", "", "Rome 🍕 <b>for ten</b>", "Nothing here"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    nlp = spacy.blank("en")
    nlp.add_pipe("halfree_tagger")
    doc = nlp.make_doc("A table in Rome")
    examples = [Example.from_dict(doc, {"entities": [(11, 15, "CITY")]})]
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(30):
        nlp.update(examples, sgd=optimizer)
    path = tmp_path_factory.mktemp("serving") / "pipeline"
    nlp.to_disk(path)
    return path


@pytest.fixture
def service(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("PIPELINE", str(folder))
    (code,) = re.findall(r"^```py\n(.*?)^```", PAGE.read_text("utf8"), re.MULTILINE | re.DOTALL)
    path = folder.parent / "app.py"
    path.write_text(code, encoding="utf8")
    spec = importlib.util.spec_from_file_location("app", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # FastAPI looks up the types of requests by their module's name
    monkeypatch.setitem(sys.modules, "app", module)
    spec.loader.exec_module(module)
    return module


def expected(nlp: Language, text: str) -> list[tuple[int, int, str, str]]:
    return [(ent.start_char, ent.end_char, ent.label_, ent.text) for ent in nlp(text).ents]


def test_entities_are_those_of_the_pipeline(service: Any, folder: Path) -> None:
    answer = testclient.TestClient(service.app).post("/entities", json={"texts": TEXTS})
    assert answer.status_code == 200, answer.text
    nlp = spacy.load(folder)
    found = answer.json()["entities"]
    assert len(found) == len(TEXTS)
    assert [entity["text"] for entity in found[0]] == ["Rome"]
    for text, entities in zip(TEXTS, found, strict=True):
        keys = ("start", "end", "label", "text")
        assert [tuple(entity[key] for key in keys) for entity in entities] == expected(nlp, text)
        assert all(text[own["start"] : own["end"]] == own["text"] for own in entities)
        assert all(0 < own["confidence"] <= 1 for own in entities)


def test_words_are_forgotten(service: Any) -> None:
    client = testclient.TestClient(service.app)
    client.post("/entities", json={"texts": ["Never met Qwertzuiop before"]})
    assert "Qwertzuiop" not in service.nlp.vocab.strings


def test_requests_at_the_same_time(service: Any) -> None:
    client = testclient.TestClient(service.app)
    batches = [[f"{text} {word}{i}" for text in TEXTS for word in "abc"] for i in range(12)]

    def ask(texts: list[str]) -> Any:
        return client.post("/entities", json={"texts": texts}).json()

    one_by_one = [ask(texts) for texts in batches]
    with ThreadPoolExecutor(6) as pool:
        at_once = list(pool.map(ask, batches))
    assert at_once == one_by_one


@pytest.mark.parametrize("texts", [["x" * 100_001], ["x"] * 257, "no list", [3], None])
def test_what_is_too_large_is_refused(service: Any, texts: Any) -> None:
    answer = testclient.TestClient(service.app).post("/entities", json={"texts": texts})
    assert answer.status_code == 422
