"""Torch in processes that are forked after it was loaded."""

import os

import torch


def limit_threads_of_forks() -> None:
    """Let forked processes use one thread.

    A forked worker (`nlp.pipe(n_process=2)`) inherits torch's thread pool without its threads and
    would wait for them for ever; torch's own data-loading workers keep to one thread as well.
    """
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=lambda: torch.set_num_threads(1))
