"""Processes whose libraries use so many threads: they read it when they are imported."""

import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TypeVar

T = TypeVar("T")
COUNTS = (
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"),
    "RAYON_NUM_THREADS",
)


def run_in_process(function: Callable[..., T], *arguments: object) -> T:
    """Call a function in a process of its own that shares nothing with this one."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        return process.submit(function, *arguments).result()


def run_with_threads(number: int, function: Callable[..., T], *arguments: object) -> T:
    """Call a function in a process of its own, in which libraries use so many threads.

    Args:
        number: how many threads.
        function: what to call.
        arguments: what it is given.

    Returns:
        What it returns.
    """
    with thread_variables(number):
        return run_in_process(call_with_threads, number, function, *arguments)


@contextmanager
def thread_variables(number: int) -> Iterator[None]:
    """Set the variables that libraries read, and then what they were before."""
    variables = dict.fromkeys(COUNTS, str(number)) | {
        # tokenizers would otherwise start threads of their own for every batch
        "TOKENIZERS_PARALLELISM": "false"
    }
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def call_with_threads(number: int, function: Callable[..., T], *arguments: object) -> T:
    """Call a function, torch being told the number of threads, too."""
    if find_spec("torch") is not None:
        import torch

        torch.set_num_threads(number)
    return function(*arguments)
