"""Loading with too little memory, and loading that is interrupted: never reported as damage."""

from __future__ import annotations

import errno
import gc
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toy_pipelines import make_examples, make_nlp, model_config

from spacy_halfree.memory import is_out_of_memory
from spacy_halfree.pipeline.serialization import explained_loading

LOAD = """
import json, resource, sys
import spacy
import spacy_halfree.pipeline.tagger

path, config, megabytes = sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3])
tagger = spacy.blank("en").add_pipe("halfree_tagger", config=config)
(line,) = [line for line in open("/proc/self/status") if line.startswith("VmSize")]
size = int(line.split()[1]) * 1024 + megabytes * 2**20
resource.setrlimit(resource.RLIMIT_AS, (size, size))
try:
    tagger.from_disk(path)
except BaseException as error:
    print(type(error).__name__, error)
else:
    print("loaded")
"""
"""With an address space that has room for a number of megabytes more than the empty component."""


def large_config(architecture: str) -> dict[str, Any]:
    """A model of more than 100 MB."""
    model = model_config(architecture)
    if architecture == "first_order":
        model["tok2vec"] |= {"width": 64, "embed_size": 250_000}
    else:
        model["tok2vec"] |= {"width": 512}
        model |= {"layers": 8, "heads": 8, "hidden_factor": 4}
    return {"model": model}


on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")


def assert_out_of_memory(
    tmp_path: Path, architecture: str, too_little: tuple[int, ...], enough: int
) -> None:
    config = large_config(architecture)
    nlp, tagger = make_nlp(architecture, **config)
    nlp.initialize(lambda: make_examples(nlp))
    tagger.to_disk(tmp_path / "tagger")
    assert (tmp_path / "tagger" / "model").stat().st_size > 100 * 2**20
    printed = []
    for megabytes in (*too_little, enough):
        command = [sys.executable, "-c", LOAD, tmp_path / "tagger", json.dumps(config)]
        result = subprocess.run(
            [*map(str, command), str(megabytes)],
            capture_output=True,
            text=True,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )
        assert result.returncode == 0, result.stderr
        printed.append(result.stdout.strip())
    assert printed.pop() == "loaded"
    start = "MemoryError [H160] There is not enough memory for component 'halfree_tagger' from "
    assert all(text.startswith(f"{start}{tmp_path}") for text in printed)


@on_linux
def test_too_little_memory(tmp_path: Path) -> None:
    assert_out_of_memory(tmp_path, "first_order", (100,), 4000)


@on_linux
@pytest.mark.slow
@pytest.mark.parametrize("architecture", ["first_order", "aligned"])
def test_too_little_memory_for_each_step(tmp_path: Path, architecture: str) -> None:
    """To read the file, to unpack it, and to make arrays of it."""
    assert_out_of_memory(tmp_path, architecture, (1, 100, 200, 280), 4000)


def raised_by(allocate: Callable[[], object]) -> BaseException:
    try:
        allocate()
    except (MemoryError, RuntimeError) as error:
        return error
    raise AssertionError("enough memory")


def allocate_with_torch() -> object:
    return pytest.importorskip("torch").empty(2**56)


@pytest.mark.parametrize("allocate", [lambda: np.ones(2**56), allocate_with_torch])
def test_what_libraries_raise(allocate: Callable[[], object]) -> None:
    error = raised_by(allocate)
    assert is_out_of_memory(error)

    def read() -> None:
        with explained_loading("tagger", "bytes"):
            allocate()

    with pytest.raises(MemoryError, match=r"\[H160\].*'tagger' from bytes"):
        read()


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(errno.ENOMEM, "Cannot allocate memory"), True),
        (OSError("Cannot allocate memory (os error 12)"), True),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), True),
        (RuntimeError("std::bad_alloc"), True),
        (OSError(errno.ENOENT, "No such file"), False),
        # what a damaged file says
        (ValueError("unexpected 'out of memory' in line 1"), False),
    ],
)
def test_other_errors(error: Exception, expected: bool) -> None:
    assert is_out_of_memory(error) == expected
    other = ValueError("cannot be read")
    other.__cause__ = error
    assert is_out_of_memory(other) == expected


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_interrupted(error: type[BaseException]) -> None:
    assert gc.isenabled()

    def read() -> None:
        with explained_loading("tagger", "bytes"):
            # as srsly does while it reads
            gc.disable()
            raise error

    with pytest.raises(error):
        read()
    assert gc.isenabled()
