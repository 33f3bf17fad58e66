"""A process that answers requests: a JSON value a line, on its standard input and output."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


class AskedProcess:
    """Such a process.

    Args:
        folder: where it is started: its packages come first.
        module: the module that it runs.
        arguments: what the module is given.
        variables: environment variables to set.
    """

    def __init__(
        self, folder: Path, module: str, *arguments: str, variables: dict[str, str] | None = None
    ) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=folder,
            env=os.environ | (variables or {}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def send(self, request: Any) -> None:
        """Write a request, and do not wait for the answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()

    def receive(self) -> Any:
        """Wait for the next answer.

        Raises:
            RuntimeError: if the process has ended.
        """
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the process has ended")
        return json.loads(line)

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()
