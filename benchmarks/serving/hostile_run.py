"""One run of the hostile mix: a new server, its health unloaded and loaded, and its memory."""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .process_tree import MemorySampler, processor_seconds
from .server import running_server

FAILURES = ("refused", "closed", "timeout", "unreadable")
"""How a request ends that is not answered."""
SETTLING_SECONDS = 10.0
"""So long memory is not judged: all that is loaded once only is loaded then."""


@dataclass(frozen=True)
class Load:
    """How hard and how long.

    Attributes:
        clients: how many clients send at a time.
        seconds: how long they do.
        unloaded_seconds: how long health is asked for before.
        rate: how often a second health is asked for.
        workers: how many worker processes tag.
    """

    clients: int = 200
    seconds: int = 60
    unloaded_seconds: int = 15
    rate: float = 50.0
    workers: int = 2


def start_module(name: str, *arguments: object) -> subprocess.Popen[str]:
    """Start a module of this folder that prints a JSON object."""
    return subprocess.Popen(
        [sys.executable, "-m", f"benchmarks.serving.{name}", *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
    )


def read_output(process: subprocess.Popen[str], seconds: float) -> dict[str, Any]:
    """Wait for what it prints.

    Raises:
        RuntimeError: it failed, or took longer than that.
    """
    try:
        printed, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise RuntimeError("the load did not end in time") from None
    if process.returncode:
        raise RuntimeError(f"the load ended with {process.returncode}")
    found: dict[str, Any] = json.loads(printed)
    return found


def run_hostile(pipeline: Path, texts: Path, load: Load) -> dict[str, Any]:
    """Start a server, and load it.

    Args:
        pipeline: what it serves.
        texts: a JSON file with the texts of valid requests.
        load: how hard and how long.

    Returns:
        What is kept of it.
    """
    busy = round(os.getloadavg()[0], 2)
    with running_server(pipeline, load.workers) as (server, port):
        # what is done at the first requests only is not measured
        read_output(start_module("generator", "batches", port, texts, 2, 10), 120)
        unloaded = read_output(
            start_module("health_probe", port, load.unloaded_seconds, load.rate),
            load.unloaded_seconds + 60,
        )
        before = processor_seconds(server)
        with MemorySampler(server) as memory, ExitStack() as stack:
            arguments = ("hostile", port, texts, load.clients, load.seconds)
            probe = start_module("health_probe", port, load.seconds, load.rate)
            stack.callback(probe.kill)
            generator = start_module("generator", *arguments)
            stack.callback(generator.kill)
            loaded = read_output(probe, load.seconds + 90)
            found = read_output(generator, 90)
        used = processor_seconds(server) - before
    health = {"unloaded": describe_health(unloaded), "loaded": describe_health(loaded)}
    return {
        "health": health,
        "p99_ratio": round(health["loaded"]["p99"] / health["unloaded"]["p99"], 2),
        **count_failures(found),
        "memory": describe_memory(memory.seconds, memory.proportional, memory.resident),
        "server_processor_seconds": round(used, 1),
        "load_average_before": busy,
        "generator": found,
    }


def describe_health(probe: Mapping[str, Any]) -> dict[str, Any]:
    """Milliseconds of the probes: median, 99 of 100, most; and what failed."""
    ordered = sorted(probe["milliseconds"])
    return {
        "probes": probe["probes"],
        "median": statistics.median(ordered),
        "p99": statistics.quantiles(ordered, n=100, method="inclusive")[-1],
        "most": ordered[-1],
        "late": round(probe["late"], 2),
        "failures": probe["failures"],
    }


def count_failures(found: Mapping[str, Any]) -> dict[str, Any]:
    """Answers with 5xx, requests without an answer, and answers of another status than allowed."""
    outcomes = [own for kind in found["outcomes"].values() for own in kind.items()]
    return {
        "server_errors": sum(count for outcome, count in outcomes if outcome.startswith("5")),
        "unanswered": sum(count for outcome, count in outcomes if outcome in FAILURES),
        "wrong_answers": sum(found["wrong"].values()),
    }


def describe_memory(
    seconds: Sequence[float], proportional: Sequence[float], resident: Sequence[float]
) -> dict[str, Any]:
    """How memory goes on after the first seconds.

    Args:
        seconds: when samples were taken.
        proportional: the sum over all processes, with their parts of shared pages, in MB.
        resident: the sum over all processes, shared pages in each, in MB.

    Returns:
        The slope in MB a minute, the medians of the first and the last third and their ratio, the
        most, and all samples.
    """
    settled = [i for i, second in enumerate(seconds) if second >= SETTLING_SECONDS]
    if len(settled) < 3:
        settled = list(range(len(seconds)))
    own = [proportional[i] for i in settled]
    times = [seconds[i] for i in settled]
    third = max(len(own) // 3, 1)
    first, last = statistics.median(own[:third]), statistics.median(own[-third:])
    slope = statistics.linear_regression(times, own).slope if len(own) > 1 else 0.0
    return {
        "slope_per_minute": round(60 * slope, 2),
        "first_third": first,
        "last_third": last,
        "growth": round(last / first, 4),
        "most": max(proportional),
        "proportional": list(proportional),
        "resident": list(resident),
    }
