"""The server that is measured: the real one, in a process of its own."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.speed.builds import VARIABLES

from .connection import HOST, Connection, UnansweredError
from .health_probe import PROBE
from .process_tree import find_processes

START_SECONDS = 120.0
STOP_SECONDS = 60.0
LOG_BYTES = 4000
"""So much of what the server printed last is shown if it fails."""


class ServerError(RuntimeError):
    """The server did not start, or did not stop as it should."""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as own:
        own.bind((HOST, 0))
        return int(own.getsockname()[1])


def clean_environment() -> dict[str, str]:
    """The environment without what sets the number of threads."""
    return {name: value for name, value in os.environ.items() if name not in VARIABLES}


def serve_command(pipeline: Path, port: int, workers: int) -> list[str]:
    """What starts the server."""
    return [
        *(sys.executable, "-m", "spacy", "halfree", "serve", str(pipeline)),
        *("--host", HOST, "--port", str(port), "--workers", str(workers)),
    ]


@contextmanager
def running_server(pipeline: Path, workers: int) -> Iterator[tuple[int, int]]:
    """Start the server, and stop it in the end.

    Args:
        pipeline: what it serves.
        workers: how many worker processes tag.

    Yields:
        Its process and its port.

    Raises:
        ServerError: it does not answer in two minutes, or does not end in one.
    """
    port = free_port()
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            serve_command(pipeline, port, workers),
            env=clean_environment(),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_until_healthy(process, port)
            yield process.pid, port
            stop(process)
        except ServerError as error:
            log.seek(0)
            raise ServerError(
                f"{error}:\n{log.read()[-LOG_BYTES:].decode(errors='replace')}"
            ) from None
        finally:
            if process.poll() is None:
                kill_tree(process.pid)
                process.wait()


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask the server to end, and wait until it has.

    Raises:
        ServerError: it does not, or says that something failed.
    """
    process.send_signal(signal.SIGTERM)
    try:
        code = process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        raise ServerError(f"the server did not end in {STOP_SECONDS:.0f} s") from None
    if code not in (0, -signal.SIGTERM):
        raise ServerError(f"the server ended with {code}")


def kill_tree(root: int) -> None:
    """Kill a process and those below it."""
    for own in list(find_processes(root)):
        with suppress(ProcessLookupError):
            os.kill(own, signal.SIGKILL)


def wait_until_healthy(process: subprocess.Popen[bytes], port: int) -> None:
    """Wait for the first good answer to `GET /health`."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            if asyncio.run(Connection(port).ask([PROBE])).status == 200:
                return
        except UnansweredError:
            pass
        time.sleep(0.2)
    raise ServerError("the server did not start")
