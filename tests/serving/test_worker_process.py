"""A loaded pipeline that answers requests, without a process around it."""

import json
from pathlib import Path

import pytest
from spacy.tokens import Doc

from spacy_halfree.serving.limits import RequestLimits, WorkerSettings
from spacy_halfree.serving.worker_process import Worker


@pytest.fixture(scope="module")
def worker(pipeline: Path) -> Worker:
    settings = WorkerSettings(
        model=str(pipeline), component=None, code=None, timeout=1.0, limits=RequestLimits(words=50)
    )
    assert WorkerSettings.from_bytes(settings.to_bytes()) == settings
    return Worker(settings)


def ask(worker: Worker, *texts: str) -> int:
    return worker(json.dumps({"texts": texts}).encode()).status


def test_words_are_forgotten(worker: Worker) -> None:
    assert ask(worker, "Never met Qwertzuiop before") == 200
    assert "Qwertzuiop" not in worker._nlp.vocab.strings
    # a request that is refused after it was tokenized
    assert ask(worker, "Never met Asdfghjkl before " * 20) == 422
    assert "Asdfghjkl" not in worker._nlp.vocab.strings


def test_nothing_grows(worker: Worker) -> None:
    ask(worker, "A table in Rome")
    n_strings, n_lexemes = len(worker._nlp.vocab.strings), sum(1 for _ in worker._nlp.vocab)
    for i in range(50):
        assert ask(worker, f"Word{i} number{i}", f"other{i}") == 200
    assert len(worker._nlp.vocab.strings) == n_strings
    assert sum(1 for _ in worker._nlp.vocab) == n_lexemes


def test_long_runs_are_refused_before_they_are_tokenized(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask(worker, "(" * 40 + " " + "a" * 1000) == 200
    # which would take spaCy's tokenizer minutes
    assert ask(worker, "a", "\u2003" + "x" * 100_000) == 422
    # languages without spaces have tokenizers of their own
    nlp = worker._nlp
    monkeypatch.setattr(nlp, "tokenizer", lambda text: Doc(nlp.vocab, words=[text]))
    assert ask(worker, "a" * 1001) == 200


def test_texts_longer_than_spacy_takes(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker._nlp, "max_length", 10)
    assert ask(worker, "A" * 10) == 200
    assert ask(worker, "A" * 11) == 422
