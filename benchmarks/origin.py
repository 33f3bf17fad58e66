"""Where figures come from: machine, versions, commit and time."""

import os
import platform
import subprocess
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any

CODE = Path(__file__).resolve().parent
PACKAGES = ("spacy-halfree", "spacy", "thinc", "numpy", "torch", "transformers")


def describe_origin() -> dict[str, Any]:
    """What stands beside figures: `started` (now), `commit`, `processor` and `versions`."""
    return {
        "started": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "commit": find_commit(CODE),
        "processor": processor_name(),
        "versions": {package: version(package) for package in PACKAGES},
    }


def processor_name() -> str:
    """What the machine says about its processor."""
    names = [platform.processor() or platform.machine()]
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text(encoding="utf8").splitlines()
        names = [line.split(": ")[1] for line in lines if line.startswith("model name")][:1]
    return f"{names[0]}, {os.cpu_count()} cores"


def find_commit(folder: Path) -> str | None:
    """The commit that a folder is at.

    Args:
        folder: any folder.

    Returns:
        Git's name of the commit, with `+` if files differ from it; None outside of a checkout.
        Results do not count as changed: measuring writes them.
    """
    commit = run_git(folder, "rev-parse", "HEAD")
    if commit is None:
        return None
    changed = run_git(
        folder,
        *("status", "--porcelain", "--untracked-files=no"),
        *("--", ":/", ":(top,exclude)benchmarks/results"),
    )
    return f"{commit}+" if changed else commit


def run_git(folder: Path, *arguments: str) -> str | None:
    """What git prints; None if it fails, or is not there."""
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
