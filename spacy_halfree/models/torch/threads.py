"""How torch's threads wait for one another, and what becomes of them after a fork."""

import ctypes
import os
import sys
import threading

import torch

POLICIES = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")
"""Variables by which users choose how threads wait."""
_lock = threading.Lock()
_is_set_up = False


def set_up_threads() -> None:
    """Let torch's threads wait as `wait_passively` says. Only the first call has an effect.

    Importing this module has another effect: a forked process uses one thread, for torch and for
    tokenizers. A worker of `nlp.pipe(n_process=2)` inherits torch's thread pool without its
    threads, and would wait for them for ever. Torch's own data-loading workers keep to one thread
    as well.
    """
    global _is_set_up
    with _lock:
        if _is_set_up:
            return
        _is_set_up = True
        wait_passively()


def wait_passively() -> bool:
    """Let torch's threads sleep while they wait for one another, rather than keep a core busy.

    The OpenMP library of torch's Linux wheels (libgomp) lets a thread that waits run in a loop for
    some milliseconds first. If the machine is busy, that loop keeps the core from the thread which
    is waited for, and training takes many times longer. The loop is 3,000 times shorter when a
    process has more OpenMP threads than there are cores (libgomp manual, GOMP_SPINCOUNT). The
    variables that set this are read when torch is loaded, which `import spacy` does; so this
    starts a second team of threads, as many as there are cores, which sleeps to the end of the
    process and makes the threads more than the cores.

    RETURNS: Whether it was done. Nothing is done if one of the variables `OMP_WAIT_POLICY` and
        `GOMP_SPINCOUNT` is set (`OMP_WAIT_POLICY=ACTIVE` undoes all this), if torch has one
        thread, or if it has another OpenMP library.
    """
    is_chosen = any(name in os.environ for name in POLICIES)
    if is_chosen or torch.get_num_threads() < 2 or not sys.platform.startswith("linux"):
        return False
    # looks names up in the libraries, too, that the module is linked with
    library = ctypes.CDLL(torch._C.__file__)
    # LLVM's and Intel's libraries have libgomp's functions, but wait in their own way
    if not hasattr(library, "GOMP_parallel") or hasattr(library, "kmp_set_blocktime"):
        return False
    start_team, do_nothing = library.GOMP_parallel, library.omp_get_thread_num
    n_threads = len(os.sched_getaffinity(0))
    is_started = threading.Event()

    def keep_team() -> None:
        # a function that only returns a number: the team is started and has nothing to do
        start_team(do_nothing, None, ctypes.c_uint(n_threads), ctypes.c_uint(0))
        is_started.set()
        # a team ends with the thread that has started it
        threading.Event().wait()

    threading.Thread(target=keep_team, name="openmp-team", daemon=True).start()
    is_started.wait()
    return True


def _use_one_thread() -> None:
    global _lock
    # another thread of the parent may have held it
    _lock = threading.Lock()
    torch.set_num_threads(1)
    # what `tokenizers` would do anyway, but not without a warning
    os.environ["TOKENIZERS_PARALLELISM"] = "false"


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_use_one_thread)
