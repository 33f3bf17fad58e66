"""The server's side of one worker process."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process

import anyio

from ..errors import Errors
from .frames import READY, Frame, pack, receive
from .limits import WorkerSettings

MODULE = "spacy_halfree.serving.worker_process"
SECONDS_TO_END = 2.0
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class WorkerHandle:
    """A worker process."""

    def __init__(self, process: Process) -> None:
        """Take a process that was started with pipes."""
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._requests, self._answers = process.stdin, process.stdout

    @classmethod
    async def start(cls, settings: WorkerSettings) -> "WorkerHandle":
        """Start a worker, and wait until it has loaded the pipeline.

        settings: What it is told.
        RETURNS: The worker.
        RAISES: ValueError (H167) if it cannot load the pipeline.
        """
        command = (sys.executable, "-m", MODULE)
        process = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, env=environment()
        )
        handle = cls(process)
        reason = ""
        try:
            answer = await handle.ask(settings.to_bytes())
            if answer.status == READY:
                return handle
            reason = answer.content.decode("utf8").strip().rstrip(".")
        except (OSError, asyncio.IncompleteReadError):
            pass
        except BaseException:
            handle.kill()
            await handle.wait()
            raise
        await handle.stop()
        reason = reason or f"its process ended with status {process.returncode}"
        raise ValueError(Errors.H167.format(model=settings.model, reason=reason))

    @property
    def is_alive(self) -> bool:
        """Whether the process has not ended."""
        return self._process.returncode is None

    async def ask(self, content: bytes) -> Frame:
        """Send a message, and wait for the answer to it.

        content: What is sent.
        RETURNS: The answer.
        RAISES: OSError, asyncio.IncompleteReadError if the process ends.
        """
        self._requests.write(pack(Frame(READY, content)))
        await self._requests.drain()
        return await receive(self._answers)

    async def wait(self) -> int:
        """Wait for the process to end. RETURNS: Its status."""
        return await self._process.wait()

    def kill(self) -> None:
        """End the process, whatever it is at."""
        if self.is_alive:
            self._process.kill()

    async def stop(self) -> None:
        """Let the process end, and end it if it does not."""
        self._requests.close()
        with anyio.move_on_after(SECONDS_TO_END):
            await self._process.wait()
        self.kill()
        await self._process.wait()


def environment() -> dict[str, str]:
    """The variables of a worker: one thread, and modules where this process finds them."""
    paths = os.pathsep.join(filter(None, sys.path))
    return {**os.environ, **dict.fromkeys(THREADS, "1"), "PYTHONPATH": paths}
