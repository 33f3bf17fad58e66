"""The worker processes of a server: started, asked, ended when they take too long, replaced."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

import anyio

from ..errors import Errors, Warnings
from .frames import Frame
from .limits import ServingSettings, WorkerSettings
from .refusal import BUSY, NO_WORKER, Refusal
from .worker_handle import WorkerHandle

FIRST_DELAY, LONGEST_DELAY = 1.0, 30.0
"""Seconds between two attempts to replace a worker."""
logger = logging.getLogger("spacy.halfree")


class WorkerPool:
    """Worker processes: an asynchronous context manager."""

    def __init__(self, settings: ServingSettings, worker: WorkerSettings) -> None:
        """Start nothing yet.

        settings: How many workers there are, and how long they may take.
        worker: What each of them is told.
        """
        self._settings = settings
        self._worker = worker
        self._idle: asyncio.Queue[WorkerHandle] = asyncio.Queue()
        self._n_places = settings.workers + settings.queue
        self._supervisors: list[asyncio.Task[None]] = []
        self._asked: set[asyncio.Task[Frame]] = set()
        self._failed: set[int] = set()

    @property
    def can_answer(self) -> bool:
        """Whether a worker lives, or can be started."""
        return bool(self._supervisors) and len(self._failed) < self._settings.workers

    @property
    def refusal(self) -> Refusal:
        """Why nothing can be answered."""
        return Refusal(Errors.H174 if self._supervisors else Errors.H179, NO_WORKER)

    async def __aenter__(self) -> "WorkerPool":
        """Start all workers.

        RAISES: ValueError (H167) if one cannot load the pipeline.
        """
        starts = [
            asyncio.create_task(WorkerHandle.start(self._worker))
            for _ in range(self._settings.workers)
        ]
        try:
            started = await asyncio.gather(*starts)
        except BaseException:
            await end_all(starts)
            raise
        self._supervisors = [
            asyncio.create_task(self._supervise(i, own)) for i, own in enumerate(started)
        ]
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        exc_traceback: TracebackType | None,
    ) -> None:
        """End all workers."""
        for task in self._supervisors:
            task.cancel()
        await asyncio.gather(*self._supervisors, return_exceptions=True)
        self._supervisors = []

    @contextmanager
    def place(self) -> Iterator[None]:
        """Take a place among the requests that are received, wait or are worked on.

        RAISES: Refusal (H173) if there is none.
        """
        if not self._n_places:
            raise Refusal(Errors.H173, BUSY)
        self._n_places -= 1
        try:
            yield
        finally:
            self._n_places += 1

    async def ask(self, body: bytes) -> Frame:
        """Let a worker answer a request.

        body: The request's body.
        RETURNS: A status and JSON.
        RAISES: Refusal (H172) if it takes too long, (H173) if no worker is free in time, (H174) if
            its worker has ended, (H179) if none has been started.
        """
        worker = await self._free_worker()
        # a client that goes away does not end a worker, which would have to load the pipeline anew
        task = asyncio.create_task(self._ask(worker, body))
        self._asked.add(task)
        task.add_done_callback(self._forget)
        return await asyncio.shield(task)

    def _forget(self, task: "asyncio.Task[Frame]") -> None:
        self._asked.discard(task)
        if not task.cancelled():
            # asyncio reports errors that nobody has looked at
            task.exception()

    async def _free_worker(self) -> WorkerHandle:
        if not self.can_answer:
            raise self.refusal
        try:
            with anyio.fail_after(self._settings.timeout):
                while not (worker := await self._idle.get()).is_alive:
                    pass
                return worker
        except TimeoutError:
            raise Refusal(Errors.H173, BUSY) from None

    async def _ask(self, worker: WorkerHandle, body: bytes) -> Frame:
        try:
            with anyio.fail_after(self._settings.timeout):
                answer = await worker.ask(body)
        except TimeoutError:
            worker.kill()
            raise Refusal(Errors.H172.format(seconds=self._settings.timeout)) from None
        except (OSError, asyncio.IncompleteReadError):
            worker.kill()
            raise Refusal(Errors.H174, NO_WORKER) from None
        self._idle.put_nowait(worker)
        return answer

    async def _supervise(self, place: int, worker: WorkerHandle) -> None:
        """Have a worker in a place, whatever happens to it, until this task is cancelled."""
        while True:
            self._idle.put_nowait(worker)
            try:
                status = await worker.wait()
            except asyncio.CancelledError:
                await worker.stop()
                raise
            logger.warning(Warnings.W058.format(status=status))
            worker = await self._replacement(place)

    async def _replacement(self, place: int) -> WorkerHandle:
        delay = FIRST_DELAY
        while True:
            try:
                worker = await WorkerHandle.start(self._worker)
            except (ValueError, OSError) as error:
                self._failed.add(place)
                logger.warning(Warnings.W059.format(reason=str(error).rstrip("."), seconds=delay))
            else:
                self._failed.discard(place)
                return worker
            await asyncio.sleep(delay)
            delay = min(2 * delay, LONGEST_DELAY)


async def end_all(starts: "list[asyncio.Task[WorkerHandle]]") -> None:
    """End workers that are being started or have been."""
    for task in starts:
        task.cancel()
    results = await asyncio.gather(*starts, return_exceptions=True)
    await asyncio.gather(*(own.stop() for own in results if isinstance(own, WorkerHandle)))
