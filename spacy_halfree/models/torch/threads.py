"""Torch in processes that are forked after it was loaded."""

import os

import torch


def limit_threads_of_forks() -> None:
    """Let forked processes use one thread, for torch and for tokenizers.

    A forked worker (`nlp.pipe(n_process=2)`) inherits torch's thread pool without its threads and
    would wait for them for ever; torch's own data-loading workers keep to one thread as well.
    """
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_use_one_thread)


def _use_one_thread() -> None:
    torch.set_num_threads(1)
    # what `tokenizers` would do anyway, but not without a warning
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
