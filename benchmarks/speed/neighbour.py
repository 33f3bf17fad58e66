"""A process that keeps two cores busy, next to which others are timed.

    python -m benchmarks.speed.neighbour hashes

It prints a line once it is busy, and ends with its standard input.
"""

import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

N_THREADS = 2
BLOCK = bytes(1 << 20)
WIDTH = 512
KINDS = ("hashes", "matrices")
"""Two threads that compute SHA-256 and never wait; or numpy's products in two BLAS threads."""


@contextmanager
def busy_neighbour(kind: str | None) -> Iterator[None]:
    """Keep two threads of another process busy while a block runs.

    Args:
        kind: one of `KINDS`; None for no neighbour.
    """
    if kind is None:
        yield
        return
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.speed.neighbour", kind],
        env=os.environ | {"OPENBLAS_NUM_THREADS": str(N_THREADS)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.readline()
    try:
        yield
    finally:
        process.kill()
        process.wait()


def hash_forever() -> None:
    """hashlib lets other threads run while it computes."""
    while True:
        hashlib.sha256(BLOCK)


def multiply_forever() -> None:
    import numpy as np

    matrix = np.ones((WIDTH, WIDTH), dtype=np.float32)
    while True:
        matrix @ matrix


def main(kind: str) -> None:
    """Be busy until the standard input ends."""
    work, n_threads = {
        "hashes": (hash_forever, N_THREADS),
        "matrices": (multiply_forever, 1),
    }[kind]
    for _ in range(n_threads):
        threading.Thread(target=work, daemon=True).start()
    print("busy", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1])
