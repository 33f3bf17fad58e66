"""Memory and processor time of a process and all that it has started (Linux)."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

PROC = Path("/proc")
PAGE = os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")


def find_processes(root: int) -> Iterator[int]:
    """A process and those below it."""
    yield root
    for task in PROC.glob(f"{root}/task/*/children"):
        try:
            children = task.read_text().split()
        except OSError:
            continue
        for child in children:
            yield from find_processes(int(child))


def resident_megabytes(process: int) -> float:
    """What it has; pages that are shared count in each process."""
    return int((PROC / str(process) / "statm").read_text().split()[1]) * PAGE / 1e6


def proportional_megabytes(process: int) -> float:
    """What it has, with its part of the pages that it shares."""
    for line in (PROC / str(process) / "smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def processor_seconds(root: int) -> float:
    """What a process and those below it have used."""
    total = 0
    for process in find_processes(root):
        try:
            # the name, in brackets, may hold spaces
            fields = (PROC / str(process) / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        # user and system time, also of children that have ended
        total += sum(map(int, fields[11:15]))
    return total / TICKS


class MemorySampler:
    """Takes samples of the memory of a process and those below it, as long as it is entered.

    Args:
        root: the process.
        interval: seconds between two samples.
    """

    def __init__(self, root: int, interval: float = 1.0) -> None:
        self.seconds: list[float] = []
        self.resident: list[float] = []
        self.proportional: list[float] = []
        self._root = root
        self._interval = interval
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> "MemorySampler":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_over.set()
        self._thread.join()

    def _sample(self) -> None:
        start = time.perf_counter()
        while not self._is_over.wait(self._interval):
            try:
                processes = list(find_processes(self._root))
                resident = sum(map(resident_megabytes, processes))
                proportional = sum(map(proportional_megabytes, processes))
            except OSError:
                # a process has ended in the meantime
                continue
            self.seconds.append(round(time.perf_counter() - start, 2))
            self.resident.append(round(resident, 1))
            self.proportional.append(round(proportional, 1))
