"""Many parts at a time on Ray Data: on the cores of a machine, or on a cluster."""

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from ...data.parts import Part, PartSource
from ...errors import Errors, Warnings
from ...ranges import MOST, check, check_count, is_number
from ..shards import ShardTask, Summary
from ..worker import Progress

logger = logging.getLogger("spacy.halfree")
READERS = 2
"""How many files are read at a time, a process each: enough for hundreds of workers."""
MOST_RETRIES = 10
"""How often a part is given out again when the worker dies that has it."""
TOLD = (ValueError, OSError, ImportError)
"""What a user is told without a traceback."""
Rows = dict[str, Any]
"""A batch as Ray hands it over: columns by their names."""


@dataclass(frozen=True, kw_only=True)
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

    def __post_init__(self) -> None:
        """RAISES: ValueError (H013) for a number out of range."""
        check_count(num_workers=self.num_workers, concurrency=self.concurrency)
        is_valid = is_number(self.num_gpus) and 0 <= self.num_gpus <= MOST
        check("num_gpus", self.num_gpus, is_valid, "a number, 0 or more")

    def __call__(
        self, source: PartSource, task: ShardTask, on_progress: Progress
    ) -> Iterator[Summary]:
        """Label all parts.

        source: The parts.
        task: What is done to each.
        on_progress: Is called with the number of texts tagged since the last call.
        YIELDS: A summary of each part, as soon as it is finished, in any order.
        RAISES: ImportError (H054) if Ray is not installed; ValueError for what a reader or a worker
            could not use, (H067) if no machine has what a worker needs; ChildProcessError (H064)
            if workers die at the same part again and again, (H087) if they cannot start.
        """
        try:
            import ray
        except ImportError as error:
            raise ImportError(
                Errors.H054.format(what="--engine ray", package="ray", extra="ray")
            ) from error
        if self.num_gpus:
            # the one that Ray lets the worker see
            task = replace(task, worker=replace(task.worker, gpu_id=0))
        with connected(ray, self.address), small_blocks(ray):
            labelled = self._plan(ray, source, task)
            try:
                for row in labelled.iter_rows():
                    if row["error"]:
                        raise ValueError(row["error"])
                    summary = Summary.from_json(row["summary"])
                    on_progress(summary.texts)
                    yield summary
            except ray.exceptions.RayActorError as error:
                if error.actor_init_failed:
                    message = Errors.H087.format(reason=error)
                else:
                    message = Errors.H064.format(n=MOST_RETRIES + 1, reason=error)
                raise ChildProcessError(message) from error

    def _plan(self, ray: Any, source: PartSource, task: ShardTask) -> Any:
        files = [{"file": file} for file in range(len(source.files))]
        n_workers = self._count_workers(ray)
        with warnings.catch_warnings():
            # for retries, there is no named parameter yet that should be used instead
            warnings.filterwarnings("ignore", "`ray_remote_args` is deprecated")
            return (
                ray.data.from_items(files, override_num_blocks=len(files))
                # reading costs next to nothing, and must not wait for a CPU that a worker has
                .map_batches(
                    _Reader(source),
                    batch_size=1,
                    num_cpus=0,
                    compute=ray.data.TaskPoolStrategy(size=min(READERS, len(files))),
                )
                .map_batches(
                    _Labeller,
                    fn_constructor_args=(task,),
                    batch_size=1,
                    num_cpus=1,
                    num_gpus=self.num_gpus or None,
                    max_task_retries=MOST_RETRIES,
                    compute=ray.data.ActorPoolStrategy(
                        size=n_workers, max_tasks_in_flight_per_actor=self.concurrency
                    ),
                )
            )

    def _count_workers(self, ray: Any) -> int:
        n_that_fit = count_workers(ray, self.num_gpus)
        if self.num_workers is None:
            return n_that_fit
        if self.num_workers > n_that_fit:
            logger.warning(Warnings.W006.format(n_asked=self.num_workers, n=n_that_fit))
        return self.num_workers


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
    # Ray itself would take any cluster that it finds on this machine
    address = address or os.environ.get("RAY_ADDRESS") or "local"
    options = {"include_dashboard": False} if address == "local" else {}
    ray.init(address=address, logging_level=logging.WARNING, **options)
    logging.getLogger("ray.data").setLevel(logging.WARNING)
    try:
        yield
    finally:
        ray.shutdown()


def count_workers(ray: Any, num_gpus: float) -> int:
    """How many workers the cluster has room for: one a CPU, or as many as share its GPUs.

    ray: The library.
    num_gpus: How many GPUs each has.
    RAISES: ValueError (H067) if no machine has what a worker needs.
    """
    # a worker cannot have a GPU of one machine and another of the next
    machines = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    n_workers = 0
    for machine in machines:
        n_cpus = int(machine.get("CPU", 0))
        n_workers += min(n_cpus, int(machine.get("GPU", 0) / num_gpus)) if num_gpus else n_cpus
    if not n_workers:
        found = "; ".join(
            f"{machine.get('CPU', 0):g} CPUs, {machine.get('GPU', 0):g} GPUs"
            for machine in machines
        )
        raise ValueError(Errors.H067.format(num_gpus=num_gpus, found=found))
    return n_workers


@dataclass(frozen=True)
class _Reader:
    """Reads the parts of files, in a process of Ray's."""

    source: PartSource

    def __call__(self, files: Rows) -> Iterator[Rows]:
        for file in files["file"].tolist():
            try:
                for part in self.source.parts_of(file):
                    yield {"part": [part.to_bytes()], "error": [""]}
            # told as a value: what is raised here comes out with pages of Ray's own
            except TOLD as error:
                yield {"part": [b""], "error": [str(error)]}


class _Labeller:
    """Labels parts, in a process of Ray's.

    task: What is done to each part.
    """

    def __init__(self, task: ShardTask) -> None:
        self.task = task

    def __call__(self, parts: Rows) -> Rows:
        (part,), (error,) = parts["part"], parts["error"]
        if error:
            return {"summary": [""], "error": [error]}
        try:
            summary = self.task(Part.from_bytes(part))
        except TOLD as raised:
            return {"summary": [""], "error": [str(raised)]}
        return {"summary": [summary.to_json()], "error": [""]}
