"""numpy's products have one thread while a CNN tags, and afterwards as many as before."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator

import numpy as np
import pytest
from spacy.ml.models.tok2vec import build_hash_embed_cnn_tok2vec
from spacy.tokens import Doc
from spacy.vocab import Vocab

from spacy_halfree.models.inference.blas_threads import (
    BLAS_THREADS,
    VARIABLE,
    ThreadCount,
    _find_openblas,
)
from spacy_halfree.models.inference.token_vectors import TokenVectors

N_THREADS = 2


@pytest.fixture
def count() -> Iterator[ThreadCount]:
    """OpenBLAS as it is in this process, with two threads."""
    openblas = _find_openblas()
    if openblas is None:
        pytest.skip("numpy is not linked with OpenBLAS")
    before = openblas._get()
    openblas._set(N_THREADS)
    yield openblas
    openblas._set(before)


def test_numpys_wheels_are_recognized(monkeypatch: pytest.MonkeyPatch) -> None:
    # other tests may have set it
    monkeypatch.delenv(VARIABLE, raising=False)
    name = np.show_config(mode="dicts")["Build Dependencies"]["blas"]["name"]
    assert (_find_openblas() is not None) == ("openblas" in name)


def test_one_thread_in_a_block(count: ThreadCount) -> None:
    with count.one():
        assert count._get() == 1
        with count.one():
            assert count._get() == 1
        assert count._get() == 1
    assert count._get() == N_THREADS


def test_the_number_is_restored_after_an_error(count: ThreadCount) -> None:
    with pytest.raises(ZeroDivisionError), count.one():
        raise ZeroDivisionError
    assert count._get() == N_THREADS


def test_blocks_that_overlap_in_threads(count: ThreadCount) -> None:
    """The thread that enters last leaves last, and restores what was before the first."""
    second_is_in, first_is_out = threading.Event(), threading.Event()
    numbers = []

    def second() -> None:
        with count.one():
            second_is_in.set()
            first_is_out.wait()
            numbers.append(count._get())

    thread = threading.Thread(target=second)
    with count.one():
        thread.start()
        second_is_in.wait()
    first_is_out.set()
    thread.join()
    assert numbers == [1]
    assert count._get() == N_THREADS


def test_many_threads_leave_the_number_as_it_was(count: ThreadCount) -> None:
    numbers = []

    def enter() -> None:
        for _ in range(200):
            with count.one():
                numbers.append(count._get())

    threads = [threading.Thread(target=enter) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(numbers) == {1}
    assert count._get() == N_THREADS


def cnn(vocab: Vocab) -> tuple[object, list[Doc]]:
    docs = [Doc(vocab, words=[f"word{i % 97}" for i in range(n)]) for n in (1, 40, 700)]
    tok2vec = build_hash_embed_cnn_tok2vec(
        width=96,
        depth=4,
        embed_size=500,
        window_size=1,
        maxout_pieces=3,
        subword_features=True,
        pretrained_vectors=None,
    )
    tok2vec.initialize(X=docs)
    return tok2vec, docs


def test_vectors_are_those_of_several_threads(
    count: ThreadCount, monkeypatch: pytest.MonkeyPatch
) -> None:
    tok2vec, docs = cnn(Vocab())
    alone = TokenVectors()(tok2vec, docs)
    expected = tok2vec.ops.flatten(tok2vec.predict(docs))
    assert np.abs(alone - expected).max() < 1e-5 * np.abs(expected).max()
    # the same layers, with the limit that is tested taken away
    monkeypatch.setattr(BLAS_THREADS, "_set", lambda number: None)
    assert count._get() == N_THREADS
    several = TokenVectors()(tok2vec, docs)
    assert np.abs(alone - several).max() < 1e-5 * np.abs(several).max()


# what a thread sees that looks on while another one tags, and what is left afterwards
WATCHED = """
import sys, threading, time
sys.path.insert(0, sys.argv[1])
from test_blas_threads import cnn
from spacy.vocab import Vocab
from spacy_halfree.models.inference.blas_threads import BLAS_THREADS
from spacy_halfree.models.inference.token_vectors import TokenVectors

count = BLAS_THREADS
count._set(2)
assert count._get() == 2, count._get()
tok2vec, docs = cnn(Vocab())
vectors, seen, is_done = TokenVectors(), set(), threading.Event()

def watch():
    while not is_done.is_set():
        seen.add(count._get())
        time.sleep(0)

watcher = threading.Thread(target=watch)
watcher.start()
for _ in range(20):
    vectors(tok2vec, docs)
is_done.set()
watcher.join()
assert 1 in seen, seen
assert count._get() == 2, count._get()
"""

# a child that is forked while a thread of its parent is inside of a block
FORKED = """
import os, sys, threading
from spacy_halfree.models.inference.blas_threads import BLAS_THREADS

count = BLAS_THREADS
count._set(2)
assert count._get() == 2, count._get()
is_in, may_leave = threading.Event(), threading.Event()

def stay():
    with count.one():
        is_in.set()
        may_leave.wait()

thread = threading.Thread(target=stay)
thread.start()
is_in.wait()
pid = os.fork()
if pid == 0:
    numbers = [count._get()]
    with count.one():
        numbers.append(count._get())
    numbers.append(count._get())
    os._exit(0 if numbers == [2, 1, 2] else 1)
_, status = os.waitpid(pid, 0)
may_leave.set()
thread.join()
assert status == 0, status
assert count._get() == 2, count._get()
"""


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs two cores")
@pytest.mark.parametrize("code", [WATCHED, FORKED], ids=["watched", "forked"])
def test_in_a_process_of_its_own(code: str) -> None:
    if code is FORKED and not hasattr(os, "fork"):
        pytest.skip("needs fork")
    if _find_openblas() is None:
        pytest.skip("numpy is not linked with OpenBLAS")
    result = subprocess.run(
        [sys.executable, "-c", code, os.path.dirname(__file__)],
        env={name: value for name, value in os.environ.items() if name != VARIABLE},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr


def test_the_variable_undoes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """What users have set is not changed."""
    monkeypatch.delenv(VARIABLE, raising=False)
    if _find_openblas() is None:
        pytest.skip("numpy is not linked with OpenBLAS")
    monkeypatch.setenv(VARIABLE, "2")
    assert _find_openblas() is None
