"""Ray with two workers against two plain processes that label half of the texts each.

    python -m benchmarks.scaling.engines training/.../model-best corpus/.../pool.txt

Both are the command that users run, in turns, on the same texts, one thread a process; then the
shards of a single process are compared with Ray's, byte by byte. What is found goes into
`benchmarks/results/engines.json`.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.json_results import read_json

RESULTS = Path("benchmarks/results/engines.json")
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "RAY_AUTH_MODE": "disabled"}
SECONDS_BETWEEN_SAMPLES = 1.0


def command(model: Path, texts: Path, output: Path, *options: str) -> list[str]:
    """The command that labels texts."""
    base = [sys.executable, "-m", "spacy", "halfree", "annotate"]
    return [*base, *map(str, (model, texts, output)), *options]


def start(arguments: list[str]) -> subprocess.Popen:
    """Start it quietly."""
    return subprocess.Popen(
        arguments,
        env=os.environ | ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def wait_for(processes: list[subprocess.Popen]) -> None:
    """Wait for processes to end well.

    Raises:
        RuntimeError: one has failed.
    """
    for process in processes:
        if process.wait():
            raise RuntimeError(f"{process.args!r} has failed")


def shard_times(*folders: Path) -> list[float]:
    """When each shard was finished, in order."""
    return sorted(path.stat().st_mtime for folder in folders for path in folder.glob("*.spacy"))


def steady_rate(times: list[float], n_texts: int) -> float:
    """Texts a second between the first shard and the last, which start and end do not touch."""
    return n_texts * (len(times) - 1) / len(times) / (times[-1] - times[0])


def resident_megabytes(pattern: bytes) -> list[float]:
    """The memory of the processes with this in their command line (Linux)."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and pattern in (folder / "cmdline").read_bytes():
                status = (folder / "status").read_text()
                (line,) = (line for line in status.splitlines() if line.startswith("VmRSS"))
                found.append(int(line.split()[1]) / 1e3)
        except (OSError, ValueError):
            # it has ended meanwhile
            continue
    return found


@contextmanager
def sampled_memory(pattern: bytes) -> Iterator[list[float]]:
    """The largest of those processes' memory, taken again and again."""
    samples: list[float] = []
    done = threading.Event()

    def sample() -> None:
        while not done.wait(SECONDS_BETWEEN_SAMPLES):
            samples.append(max(resident_megabytes(pattern), default=0.0))

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield samples
    finally:
        done.set()
        thread.join()


def run_plain(model: Path, halves: list[Path], folder: Path, n_texts: int) -> dict[str, float]:
    """Two processes, half of the texts each."""
    outputs = [folder / f"half{number}" for number in range(2)]
    began = time.perf_counter()
    wait_for(
        [start(command(model, *pair, "--overwrite")) for pair in zip(halves, outputs, strict=True)]
    )
    seconds = time.perf_counter() - began
    return {
        "texts_per_second": n_texts / seconds,
        "steady": steady_rate(shard_times(*outputs), n_texts),
    }


def run_ray(model: Path, texts: Path, output: Path, n_texts: int) -> dict[str, Any]:
    """Ray with two workers."""
    options = ("--engine", "ray", "--num-workers", "2", "--overwrite")
    began = time.perf_counter()
    with sampled_memory(b"ray::MapWorker") as samples:
        wait_for([start(command(model, texts, output, *options))])
    seconds = time.perf_counter() - began
    samples = [sample for sample in samples if sample]
    quarter = len(samples) // 4
    return {
        "texts_per_second": n_texts / seconds,
        "steady": steady_rate(shard_times(output), n_texts),
        "worker_megabytes": {
            "second quarter": statistics.median(samples[quarter : 2 * quarter]),
            "last quarter": statistics.median(samples[-quarter:]),
        },
    }


def engines_table(path: Path) -> str:
    """What Ray costs, as Markdown."""
    found = read_json(path, missing={})
    names = {
        "texts_per_second": "from the command to its end",
        "steady": "between the first shard and the last",
    }
    lines = ["| texts a second | two plain processes | Ray, two workers | ratio |"]
    lines.append("| --- | --- | --- | --- |")
    for name, title in names.items() if found else ():
        plain, ray = ([f"{own[name]:.0f}" for own in found[kind]] for kind in ("plain", "ray"))
        ratios = ", ".join(f"{ratio:.2f}" for ratio in found["ratios"][name])
        lines.append(f"| {title} | {', '.join(plain)} | {', '.join(ray)} | {ratios} |")
    return "\n".join(lines) + "\n"


def main(
    model: Annotated[Path, typer.Argument(help="The teacher's folder.")],
    pool: Annotated[list[Path], typer.Argument(help="Texts, one a line.")],
    texts: Annotated[int, typer.Option(help="How many of them to label.")] = 20_000,
    rounds: Annotated[int, typer.Option(help="How many times each.")] = 3,
    results: Annotated[Path, typer.Option(help="Where the figures go.")] = RESULTS,
) -> None:
    """Label the first TEXTS texts of POOL with MODEL in both ways."""
    lines = [line for path in pool for line in path.read_text(encoding="utf8").splitlines()]
    lines = lines[:texts]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = [folder / "all.txt", folder / "half0.txt", folder / "half1.txt"]
        middle = len(lines) // 2
        for path, own in zip(files, (lines, lines[:middle], lines[middle:]), strict=True):
            path.write_text("\n".join(own), encoding="utf8")
        plain, with_ray = [], []
        for _ in range(rounds):
            plain.append(run_plain(model, files[1:], folder, len(lines)))
            with_ray.append(run_ray(model, files[0], folder / "ray", len(lines)))
            typer.echo(f"plain {plain[-1]}\nray   {with_ray[-1]}")
        wait_for([start(command(model, files[0], folder / "single"))])
        shards = sorted((folder / "single").iterdir())
        same = [path.read_bytes() == (folder / "ray" / path.name).read_bytes() for path in shards]
    ratios = {
        name: [
            round(own[name] / other[name], 3) for own, other in zip(with_ray, plain, strict=True)
        ]
        for name in ("texts_per_second", "steady")
    }
    found = {
        "teacher": model.parent.name,
        "n_texts": len(lines),
        "n_shards": len(shards),
        "n_shards_with_the_same_bytes": sum(same),
        "plain": plain,
        "ray": with_ray,
        "ratios": ratios,
    }
    results.write_text(json.dumps(found, indent=1) + "\n", encoding="utf8")
    typer.echo(f"Ray by plain processes: {ratios}; {sum(same)} of {len(shards)} files the same")


if __name__ == "__main__":
    typer.run(main)
