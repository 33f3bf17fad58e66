"""The worker processes of a server: started, asked, stopped when they take too long, replaced."""

import asyncio
import logging
import os
import sys
from asyncio.subprocess import PIPE, Process
from types import TracebackType

import anyio

from ..errors import Errors, Warnings
from . import frames
from .frames import Frame
from .limits import ServingSettings
from .worker_process import WorkerSettings, refuse

MODULE = "spacy_halfree.serving.worker_process"
SECONDS_TO_END = 2.0
FIRST_DELAY, LONGEST_DELAY = 1.0, 30.0
"""Seconds between attempts to replace a worker."""
logger = logging.getLogger("spacy.halfree")


class WorkerPool:
    """Worker processes. Use it as an asynchronous context manager.

    settings: How many there are, and how long they may take.
    worker: What each of them is told.
    """

    def __init__(self, settings: ServingSettings, worker: WorkerSettings) -> None:
        self.settings = settings
        self._worker = worker
        self._idle: asyncio.Queue[WorkerHandle] = asyncio.Queue()
        self._n_waiting = 0
        self._n_ready = 0
        self._supervisors: list[asyncio.Task[None]] = []
        self._running: set[asyncio.Task[Frame]] = set()

    @property
    def n_ready(self) -> int:
        """How many workers have loaded the pipeline and live."""
        return self._n_ready

    async def __aenter__(self) -> "WorkerPool":
        """Start all workers.

        RAISES: ValueError (H167) if one cannot load the pipeline.
        """
        starts = [WorkerHandle.start(self._worker) for _ in range(self.settings.workers)]
        results = await asyncio.gather(*starts, return_exceptions=True)
        started = [own for own in results if isinstance(own, WorkerHandle)]
        failed = [own for own in results if isinstance(own, BaseException)]
        if failed:
            await asyncio.gather(*(handle.stop() for handle in started))
            raise failed[0]
        self._supervisors = [asyncio.create_task(self._supervise(own)) for own in started]
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for task in self._supervisors:
            task.cancel()
        await asyncio.gather(*self._supervisors, return_exceptions=True)

    async def ask(self, body: bytes) -> Frame:
        """Let a worker answer a request.

        body: The request's body.
        RETURNS: A status and JSON: 422 if it took too long, 429 if there are too many requests,
            503 if the worker ended.
        """
        if self._n_waiting >= self.settings.queue and self._idle.empty():
            return refuse(Errors.H173, 429)
        self._n_waiting += 1
        try:
            with anyio.fail_after(self.settings.timeout):
                worker = await self._idle.get()
                while not worker.is_alive:
                    worker = await self._idle.get()
        except TimeoutError:
            return refuse(Errors.H174, 503) if not self._n_ready else refuse(Errors.H173, 429)
        finally:
            self._n_waiting -= 1
        # a client that goes away does not stop a worker, which would have to load its pipeline anew
        task = asyncio.create_task(self._ask_worker(worker, body))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    async def _ask_worker(self, worker: "WorkerHandle", body: bytes) -> Frame:
        try:
            with anyio.fail_after(self.settings.timeout):
                answer = await worker.ask(body)
        except TimeoutError:
            worker.kill()
            return refuse(Errors.H172.format(seconds=self.settings.timeout))
        except (OSError, asyncio.IncompleteReadError):
            worker.kill()
            return refuse(Errors.H174, 503)
        self._idle.put_nowait(worker)
        return answer

    async def _supervise(self, worker: "WorkerHandle") -> None:
        """Keep a worker's place filled until the task is cancelled."""
        while True:
            self._idle.put_nowait(worker)
            self._n_ready += 1
            try:
                status = await worker.wait()
            except asyncio.CancelledError:
                await worker.stop()
                raise
            finally:
                self._n_ready -= 1
            logger.warning(Warnings.W058.format(status=status))
            worker = await self._replacement()

    async def _replacement(self) -> "WorkerHandle":
        delay = FIRST_DELAY
        while True:
            try:
                return await WorkerHandle.start(self._worker)
            except (ValueError, OSError) as error:
                logger.warning(Warnings.W059.format(reason=error, seconds=delay))
            await asyncio.sleep(delay)
            delay = min(2 * delay, LONGEST_DELAY)


class WorkerHandle:
    """The server's side of a worker.

    process: The process.
    """

    def __init__(self, process: Process) -> None:
        self._process = process
        assert process.stdin is not None
        assert process.stdout is not None
        self._requests, self._answers = process.stdin, process.stdout

    @classmethod
    async def start(cls, settings: WorkerSettings) -> "WorkerHandle":
        """Start a worker, and wait until it has loaded the pipeline.

        RAISES: ValueError (H167) if it cannot.
        """
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", MODULE), stdin=PIPE, stdout=PIPE, env=environment()
        )
        handle = cls(process)
        try:
            answer = await handle.ask(settings.to_bytes())
        except (OSError, asyncio.IncompleteReadError):
            await handle.stop()
            reason = f"its process ended with status {process.returncode}"
            raise ValueError(Errors.H167.format(model=settings.model, reason=reason)) from None
        except BaseException:
            handle.kill()
            raise
        if answer.status != 200:
            await handle.stop()
            reason = answer.content.decode("utf8")
            raise ValueError(Errors.H167.format(model=settings.model, reason=reason))
        return handle

    @property
    def is_alive(self) -> bool:
        """Whether the process has not ended."""
        return self._process.returncode is None

    async def ask(self, content: bytes) -> Frame:
        """Send a message and wait for the answer.

        RAISES: OSError, asyncio.IncompleteReadError if the process ends.
        """
        self._requests.write(frames.pack(Frame(0, content)))
        await self._requests.drain()
        return await frames.receive(self._answers)

    async def wait(self) -> int:
        """Wait for the process to end. RETURNS: Its status."""
        return await self._process.wait()

    def kill(self) -> None:
        """End the process, whatever it is at."""
        if self.is_alive:
            self._process.kill()

    async def stop(self) -> None:
        """Let the process end, or end it."""
        self._requests.close()
        with anyio.move_on_after(SECONDS_TO_END):
            await self._process.wait()
            return
        self.kill()
        await self._process.wait()


def environment() -> dict[str, str]:
    """A worker uses one thread, and imports what this process can import."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    paths = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return {**os.environ, **threads, **paths}
