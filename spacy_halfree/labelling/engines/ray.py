"""Many parts at a time on Ray Data: on the cores of a machine, or on a cluster."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from ...errors import Errors
from ..parts import Part, PartSource
from ..shards import ShardTask, Summary
from ..worker import Progress

Rows = dict[str, Any]
"""A batch as Ray hands it over: columns by their names."""


@dataclass(frozen=True)
class RayEngine:
    """Labels parts in worker processes, each of which loads the teachers once.

    Ray starts workers again that die, and gives their parts to others; it reads no further ahead
    than the workers can follow.

    address: The cluster's address; None for the cluster of the environment (`RAY_ADDRESS`), or
        else for one on this machine alone, which ends with the run.
    num_workers: How many worker processes; None for as many as there are CPUs or GPUs for.
    num_gpus: How many GPUs each has; a fraction if several share one, 0 for the CPU.
    concurrency: How many parts a worker is given at a time, so that it need not wait for the next.
    """

    address: str | None = None
    num_workers: int | None = None
    num_gpus: float = 0.0
    concurrency: int = 2

    def __call__(
        self, source: PartSource, task: ShardTask, on_progress: Progress
    ) -> Iterator[Summary]:
        """Label all parts.

        source: The parts.
        task: What is done to each.
        on_progress: Is called with the number of texts tagged since the last call.
        YIELDS: What has become of each part, as soon as it is finished, in any order.
        RAISES: ImportError (H054) if Ray is not installed.
        """
        try:
            import ray
        except ImportError as error:
            raise ImportError(Errors.H054.format(what="--engine ray", package="ray")) from error
        if self.num_gpus:
            # the one that Ray lets the worker see
            task = replace(task, worker=replace(task.worker, gpu_id=0))
        with connected(ray, self.address), small_blocks(ray):
            files = [{"file": file} for file in range(len(source.files))]
            labelled = (
                ray.data.from_items(files, override_num_blocks=len(files))
                # reading costs next to nothing, and must not wait for a CPU that a worker has
                .map_batches(_Reader(source), batch_size=1, num_cpus=0)
                .map_batches(
                    _Labeller,
                    fn_constructor_args=(task,),
                    batch_size=1,
                    num_cpus=1,
                    num_gpus=self.num_gpus or None,
                    compute=ray.data.ActorPoolStrategy(
                        size=self.num_workers or count_workers(ray, self.num_gpus),
                        max_tasks_in_flight_per_actor=self.concurrency,
                    ),
                )
            )
            try:
                for row in labelled.iter_rows():
                    summary = Summary.from_json(row["summary"])
                    on_progress(summary.texts)
                    yield summary
            except ray.exceptions.RayError as error:
                raise cause_of(error) from error


def cause_of(error: Exception) -> Exception:
    """What was raised in a process of Ray's, without what Ray says about it."""
    cause = getattr(error, "cause", None)
    return cause_of(cause) if isinstance(cause, Exception) else error


@contextmanager
def small_blocks(ray: Any) -> Iterator[None]:
    """Let every part be a block of its own, so that each can go to another worker.

    ray: The library.
    """
    context = ray.data.DataContext.get_current()
    before = context.target_max_block_size, context.enable_progress_bars
    context.target_max_block_size, context.enable_progress_bars = 1, False
    try:
        yield
    finally:
        context.target_max_block_size, context.enable_progress_bars = before


@contextmanager
def connected(ray: Any, address: str | None) -> Iterator[None]:
    """Be connected to a cluster; one that this process was connected to before is left so.

    ray: The library.
    address: The cluster's address, or None.
    """
    if ray.is_initialized():
        yield
        return
    # Ray would tell its makers how it is used
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    ray.init(address=address, logging_level=logging.WARNING)
    logging.getLogger("ray.data").setLevel(logging.WARNING)
    try:
        yield
    finally:
        ray.shutdown()


def count_workers(ray: Any, num_gpus: float) -> int:
    """How many workers the cluster has room for: one a CPU, or as many as share its GPUs."""
    resources = ray.cluster_resources()
    n_workers = resources.get("GPU", 0) / num_gpus if num_gpus else resources.get("CPU", 1)
    return max(int(n_workers), 1)


@dataclass(frozen=True)
class _Reader:
    """Reads the parts of files, in a process of Ray's."""

    source: PartSource

    def __call__(self, files: Rows) -> Iterator[Rows]:
        for file in files["file"].tolist():
            for part in self.source.parts_of(file):
                yield {"part": [part.to_bytes()]}


class _Labeller:
    """Labels parts, in a process of Ray's.

    task: What is done to each part.
    """

    def __init__(self, task: ShardTask) -> None:
        self.task = task
        # or else the first part would wait, while others could be given to it
        task.worker.load()

    def __call__(self, parts: Rows) -> Rows:
        summaries = [self.task(Part.from_bytes(part)) for part in parts["part"]]
        return {"summary": [summary.to_json() for summary in summaries]}
