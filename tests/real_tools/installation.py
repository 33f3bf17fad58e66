"""Install other people's packages into virtual environments of their own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

PYTHONS = ("python3.11", "python3.10")
"""All of them run with these."""


def find_python() -> str | None:
    """RETURNS: A Python that all of them run with, or None."""
    for name in PYTHONS:
        path = shutil.which(name)
        # a version manager may have a stand-in of this name without such a Python
        if path and subprocess.run([path, "-c", ""], capture_output=True).returncode == 0:
            return path
    return None


def install(requirements: Sequence[str], folder: Path) -> Path:
    """Install packages into a virtual environment, if they are not there yet.

    requirements: The packages with their versions. The first one names the environment.
    folder: The folder of the environments.
    RETURNS: The environment.
    RAISES: FileNotFoundError without a Python for it, CalledProcessError if pip fails.
    """
    environment = folder / requirements[0].replace("==", "-")
    finished = environment / "installed.txt"
    if finished.exists() and finished.read_text(encoding="utf8").split() == list(requirements):
        return environment
    python = find_python()
    if python is None:
        raise FileNotFoundError(f"one of {', '.join(PYTHONS)} must be installed")
    subprocess.run([python, "-m", "venv", "--clear", environment], check=True, timeout=300)
    pip = [environment / "bin" / "python", "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, *requirements], check=True, timeout=1800)
    finished.write_text("\n".join(requirements), encoding="utf8")
    return environment
