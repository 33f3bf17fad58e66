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
    """Call `wait_passively` once in a process.

    Importing this module also makes forked processes use one thread, for torch and for tokenizers.
    A worker of `nlp.pipe(n_process=2)` inherits torch's thread pool without its threads, and would
    wait for them forever.
    """
    global _is_set_up
    with _lock:
        if _is_set_up:
            return
        _is_set_up = True
        wait_passively()


def wait_passively() -> bool:
    """Let torch's threads sleep while they wait for one another, rather than keep a core busy.

    The OpenMP library of torch's Linux wheels (libgomp) lets a waiting thread spin for some
    milliseconds first. On a busy machine, this keeps the core from the thread that it waits for,
    and training takes many times longer. The spin is 3,000 times shorter in a process with more
    OpenMP threads than cores (libgomp manual, GOMP_SPINCOUNT). The variables that set it are read
    when torch is loaded, which `import spacy` does. So this starts a second team of threads, as
    many as there are cores, which sleeps until the process ends.

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
