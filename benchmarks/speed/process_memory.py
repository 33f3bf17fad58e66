"""The memory of this process."""

import resource
import sys
from pathlib import Path

STATUS = Path("/proc/self/status")


def status_megabytes(field: str) -> float:
    """A field of what Linux says about this process, e.g. `VmRSS`."""
    (line,) = (line for line in STATUS.read_text().splitlines() if line.startswith(f"{field}:"))
    return int(line.split()[1]) / 1e3


def resident_megabytes() -> float:
    """What it has at the moment (Linux)."""
    return status_megabytes("VmRSS")


def peak_megabytes() -> float:
    """The most that it has had."""
    if STATUS.exists():
        # not `getrusage`, which counts the parent's before the process became its own
        return status_megabytes("VmHWM")
    unit = 1e6 if sys.platform == "darwin" else 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
