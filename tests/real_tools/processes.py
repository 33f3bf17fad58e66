"""Programs that run beside a test, on the loopback address, and are always ended."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import requests

PAUSE = 0.5
"""Seconds between two looks at a server that starts."""
TRIES = 360
PATIENCE = 20
"""Seconds that a program gets to end by itself."""


def find_port() -> int:
    """A free port of the loopback address."""
    with socket.socket() as own:
        own.bind(("127.0.0.1", 0))
        return int(own.getsockname()[1])


@contextmanager
def running(
    command: Sequence[str | Path],
    log: Path,
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program until the block ends; then end it and all that it has started.

    command: The program and its arguments.
    log: Where its output goes.
    cwd: The folder that it runs in.
    env: Its environment, if it is not this process's own.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=cwd,
            env=None if env is None else dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # a group of its own, so that its children can be ended with it
            start_new_session=True,
        )
        try:
            yield process
        finally:
            _end_group(process)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            continue
    process.wait(PATIENCE)


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until a server answers.

    url: An address that it answers with a status below 500.
    process: The server.
    RAISES: RuntimeError if it ends, TimeoutError if it does not answer within three minutes.
    """
    http = requests.Session()
    http.trust_env = False
    for _ in range(TRIES):
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with status {process.returncode}")
        try:
            if http.get(url, timeout=5).status_code < 500:
                return
        except requests.ConnectionError:
            pass
        except requests.Timeout:
            pass
        time.sleep(PAUSE)
    raise TimeoutError(f"{process.args!r} does not answer at {url}")
