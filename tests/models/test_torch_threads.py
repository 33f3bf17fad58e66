"""Torch's threads sleep while they wait, in pipelines that compute with torch and in no others."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or CORES < 2, reason="needs Linux and two cores"
)

# how often the threads that torch has started go to sleep in so many small products
SLEEPS = """
import os, sys
import spacy, torch
from spacy.util import registry

def sleeps():
    counts = {}
    for task in os.listdir("/proc/self/task"):
        with open(f"/proc/self/task/{task}/status") as lines:
            fields = dict(line.split(":", 1) for line in lines if ":" in line)
        counts[task] = int(fields["voluntary_ctxt_switches"])
    return counts

# this is what `nlp.add_pipe` does with a config
TOK2VEC = {
    "cnn": {
        "@architectures": "spacy.HashEmbedCNN.v2", "pretrained_vectors": None, "width": 24,
        "depth": 1, "embed_size": 200, "window_size": 1, "maxout_pieces": 2,
        "subword_features": True,
    },
    "listener": {
        "@architectures": "spacy-transformers.TransformerListener.v1", "grad_factor": 1.0,
        "pooling": {"@layers": "reduce_mean.v1"},
    },
    "lstm": {
        "@architectures": "spacy.Tok2Vec.v2",
        "embed": {
            "@architectures": "spacy.MultiHashEmbed.v2", "width": 24, "attrs": ["NORM"],
            "rows": [100], "include_static_vectors": False,
        },
        "encode": {
            "@architectures": "spacy.TorchBiLSTMEncoder.v1", "width": 24, "depth": 1,
            "dropout": 0.0,
        },
    },
}
architecture, tok2vec = sys.argv[1:]
config = {"@architectures": architecture, "tok2vec": TOK2VEC[tok2vec]}
if "Aligned" in architecture:
    config["heads"] = 4
registry.resolve({"model": config})

x = torch.randn(300, 300)
for _ in range(3):
    x @ x
before = sleeps()
for _ in range(2000):
    x @ x
after = sleeps()
print(max(after[task] - before.get(task, 0) for task in after))
"""
N_PRODUCTS = 2000


def count_sleeps(architecture: str, tok2vec: str, tmp_path: Path, **variables: str) -> int:
    script = tmp_path / "script.py"
    script.write_text(SLEEPS, encoding="utf8")
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("OMP_NUM_THREADS", "OMP_WAIT_POLICY", "GOMP_SPINCOUNT")
    }
    result = subprocess.run(
        [sys.executable, str(script), architecture, tok2vec],
        env=environment | {"OMP_NUM_THREADS": "2"} | variables,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    return int(result.stdout)


def fewest_sleeps(architecture: str, tok2vec: str, tmp_path: Path, **variables: str) -> int:
    """Of several tries: on a busy machine, a thread that waits too long sleeps in the end."""
    return min(count_sleeps(architecture, tok2vec, tmp_path, **variables) for _ in range(3))


@pytest.mark.parametrize(
    ("architecture", "tok2vec"),
    [
        ("halfree.AlignedSeq2Seq.v1", "cnn"),
        ("halfree.FirstOrderTagger.v1", "lstm"),
        ("halfree.FirstOrderTagger.v1", "listener"),
    ],
)
def test_threads_sleep_where_torch_computes(
    architecture: str, tok2vec: str, tmp_path: Path
) -> None:
    if tok2vec == "listener":
        pytest.importorskip("spacy_transformers")
    assert count_sleeps(architecture, tok2vec, tmp_path) > N_PRODUCTS / 4


def test_nothing_changes_for_a_cnn(tmp_path: Path) -> None:
    assert fewest_sleeps("halfree.FirstOrderTagger.v1", "cnn", tmp_path) < N_PRODUCTS / 4


@pytest.mark.parametrize("variable", [("OMP_WAIT_POLICY", "ACTIVE"), ("GOMP_SPINCOUNT", "300000")])
def test_users_can_choose(variable: tuple[str, str], tmp_path: Path) -> None:
    name, value = variable
    sleeps = fewest_sleeps("halfree.AlignedSeq2Seq.v1", "cnn", tmp_path, **{name: value})
    assert sleeps < N_PRODUCTS / 4
