"""Limits numpy's matrix products to one thread, for as long as a block runs.

OpenBLAS splits even small products between all cores and lets its threads wait for one another. On
a machine with nothing else to do this gains little for a small CNN; next to another job, a thread
that waits keeps a core from the thread it waits for, and the product takes many times longer.

OpenBLAS has one number of threads for the whole process. It is set when the first thread enters
such a block and restored when the last one leaves it. `threadpoolctl` does not fit here: from 3.8
on it ignores every Python thread but the first one that sets a limit, and before that, blocks that
overlap in two threads can leave the limit behind.

If users have set `OPENBLAS_NUM_THREADS`, nothing is changed.
"""

import ctypes
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from itertools import product

EXTENSIONS = ("numpy._core._multiarray_umath", "numpy.core._multiarray_umath")
"""The module of numpy that is linked with BLAS: in numpy 2, and in numpy 1."""
AFFIXES = tuple(product(("scipy_", ""), ("64_", "_64", "")))
"""What builds of OpenBLAS put around the names of its functions; numpy's wheels have the first."""


VARIABLE = "OPENBLAS_NUM_THREADS"


class ThreadCount:
    """The number of threads of a library that has one number for the whole process.

    get: Returns the number.
    set: Changes it.
    """

    def __init__(self, get: Callable[[], int], set: Callable[[int], object]) -> None:
        self._get = get
        self._set = set
        self.forget()

    def forget(self) -> None:
        """Start anew, as after a fork: threads of the parent process are not in the child."""
        self._lock = threading.Lock()
        self._n_blocks = 0
        self._before = 1

    @contextmanager
    def one(self) -> Iterator[None]:
        """Use one thread until the block ends. Blocks may be nested, and overlap in threads."""
        with self._lock:
            self._n_blocks += 1
            if self._n_blocks == 1:
                self._before = self._get()
                if self._before > 1:
                    self._set(1)
        try:
            yield
        finally:
            with self._lock:
                # a child that was forked inside of a block has started anew
                self._n_blocks = max(self._n_blocks - 1, 0)
                if self._n_blocks == 0 and self._before > 1:
                    self._set(self._before)

    def after_fork(self) -> None:
        """In a child process: restore what a thread of the parent has limited, and start anew."""
        if self._n_blocks and self._before > 1:
            self._set(self._before)
        self.forget()


def _find_openblas() -> ThreadCount | None:
    if VARIABLE in os.environ:
        return None
    for name in EXTENSIONS:
        try:
            # looks a name up in the libraries, too, that the module is linked with (not on Windows)
            library = ctypes.CDLL(import_module(name).__file__)
        except (ImportError, OSError):
            continue
        for prefix, suffix in AFFIXES:
            try:
                get = library[f"{prefix}openblas_get_num_threads{suffix}"]
                set = library[f"{prefix}openblas_set_num_threads{suffix}"]
            except AttributeError:
                continue
            set.argtypes, set.restype = [ctypes.c_int], None
            return ThreadCount(get, set)
    return None


BLAS_THREADS = _find_openblas() or ThreadCount(lambda: 1, lambda number: None)
"""The number of threads of numpy's BLAS; nothing is changed if that is not OpenBLAS."""
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=BLAS_THREADS.after_fork)
