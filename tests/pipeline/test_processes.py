"""Other processes, no network, no pickle: what a server does with a pipeline."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from toy_pipelines import OTHER_TEXTS, TEXTS, annotation, architectures

PATIENCE = 300
"""Seconds after which a process is held for hanging."""

IN_PROCESSES = """
import json, multiprocessing, sys

import spacy


def tag(nlp, texts, n_process):
    docs = nlp.pipe(texts, n_process=n_process, batch_size=2)
    return [
        [(ent.start, ent.end, ent.label_, ent._.confidence) for ent in doc.ents] for doc in docs
    ]


def is_same(first, second):
    # confidences within 1e-5
    pairs = [pair for docs in zip(first, second) for pair in zip(*docs)]
    return [len(doc) for doc in first] == [len(doc) for doc in second] and all(
        one[:3] == two[:3] and abs(one[3] - two[3]) < 1e-5 for one, two in pairs
    )


if __name__ == "__main__":
    path, method, texts = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    multiprocessing.set_start_method(method)
    nlp = spacy.load(path)
    # before the workers start, so that they inherit what a model has made ready by then
    alone = tag(nlp, texts, 1)
    assert any(alone)
    assert is_same(tag(nlp, texts, 2), alone)
"""

ALONE = """
import builtins, json, pickle, socket, sys


def forbidden(*args, **kwargs):
    raise AssertionError("not allowed")


# torch and multiprocessing subclass these when they are imported
import spacy, thinc.api
try:
    import torch, transformers, spacy_transformers
except ImportError:
    torch = None

for name in ("socket", "create_connection", "getaddrinfo", "socketpair"):
    setattr(socket, name, forbidden)
pickle.load = pickle.loads = pickle.Unpickler = pickle._Unpickler = forbidden
if torch is not None:
    torch.load = forbidden

nlp = spacy.load(sys.argv[1])
texts = json.loads(sys.argv[2])
print(json.dumps([[[e.start, e.end, e.label_] for e in doc.ents] for doc in nlp.pipe(texts)]))
"""


def run(code: str, folder: Path, *args: object) -> str:
    script = folder / "script.py"
    script.write_text(code, encoding="utf8")
    result = subprocess.run(
        [sys.executable, str(script), *map(str, args)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@architectures
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_worker_processes(trained, architecture: str, method: str, tmp_path: Path) -> None:
    trained(architecture, "ents").to_disk(tmp_path / "nlp")
    run(IN_PROCESSES, tmp_path, tmp_path / "nlp", method, json.dumps(TEXTS + OTHER_TEXTS))


@architectures
def test_no_network_and_no_pickle(trained, architecture: str, tmp_path: Path) -> None:
    """Loading and tagging need neither sockets nor pickle, whatever they could be used for."""
    nlp = trained(architecture, "ents")
    nlp.to_disk(tmp_path / "nlp")
    printed = run(ALONE, tmp_path, tmp_path / "nlp", json.dumps(TEXTS))
    expected = [[list(span) for span in annotation(doc, "ents")] for doc in nlp.pipe(TEXTS)]
    assert json.loads(printed) == expected
    assert any(expected)


ON_ONE_CORE = """
import json, os, sys

import spacy

os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
nlp = spacy.load(sys.argv[1])
docs = nlp.pipe(json.loads(sys.argv[2]))
print(json.dumps([[[e.start, e.end, e.label_] for e in doc.ents] for doc in docs]))
"""


@architectures
@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs Linux")
def test_one_core(trained, architecture: str, tmp_path: Path) -> None:
    nlp = trained(architecture, "ents")
    nlp.to_disk(tmp_path / "nlp")
    printed = run(ON_ONE_CORE, tmp_path, tmp_path / "nlp", json.dumps(TEXTS))
    assert json.loads(printed) == [
        [list(span) for span in annotation(doc, "ents")] for doc in nlp.pipe(TEXTS)
    ]
