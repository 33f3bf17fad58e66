"""Finished cells of a table, one JSON object a line."""

import fcntl
import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .systems import System
from .workspace import Run

Versions = dict[str, str]


@dataclass(frozen=True)
class Cell:
    """What one system reaches in one run.

    Attributes:
        corpus: the corpus' name.
        system: the system's name.
        shots: the number of gold texts, or "all".
        seed: seed of the draw and of the training.
        precision: on the test split, in points.
        recall: on the test split, in points.
        f1: on the test split, in points.
        dev_f1: on the whole development split, in points: what choices between recipes go by.
        train_seconds: processor time to train this system, its teachers and its encoder left out;
            in cells of commit 219f113 and before (or of none), and of per-token classification with
            all labels of b598e2b, time by the clock, with other trainings beside it.
        words_per_second: from prepared docs to entities, on the test split, with other trainings
            beside it; up to commit fce7f92 without the peer's word pieces.
        megabytes: size of the saved pipeline.
        threads: how many threads it trained and tagged with.
        config_hash: of what systems differ in, the draw left out; what all cells have in common
            (`ADAPTATION`, the peer's warm-up) is not part of it.
        versions: of the packages.
        commit: of this repository when its training began (of an ensemble: that of its first
            teacher), with a "+" if files differed from it; None where there is no repository, and
            in cells from before this was kept.
        processor: of the machine that it was trained on, and its number of cores; "AMD EPYC" for
            all cells from before this was kept.
    """

    corpus: str
    system: str
    shots: int | str
    seed: int
    precision: float
    recall: float
    f1: float
    dev_f1: float
    train_seconds: float
    words_per_second: float
    megabytes: float
    threads: int
    config_hash: str
    versions: Versions
    commit: str | None = None
    processor: str = "AMD EPYC"

    @property
    def key(self) -> tuple[str, str, str, int, str]:
        """What it is a cell of, whatever machine it was trained on."""
        return (self.corpus, self.system, str(self.shots), self.seed, self.config_hash)


def describe(system: System) -> dict[str, Any]:
    """What systems differ in, for the hash."""
    config = None if system.config is None else system.config.read_text(encoding="utf-8")
    described: dict[str, Any] = {
        "config": config,
        "learns": system.learns,
        "encoder_steps": system.encoder_steps,
        "teachers": [describe(teacher) for teacher in system.teachers],
        "changes": system.changes,
        "seed_offset": system.seed_offset,
    }
    # what does not concern a system leaves its hash as it is
    if system.encoder_steps:
        described["masked_share"] = system.masked_share
    if system.pool is not None:
        described["pool"] = asdict(system.pool)
    return described


def config_hash(system: System) -> str:
    """A short hash of how a system is trained."""
    text = json.dumps(describe(system), sort_keys=True)
    return hashlib.sha256(text.encode("utf8")).hexdigest()[:12]


def read_cells(path: Path) -> list[Cell]:
    """The finished cells of a file; none if there is no file."""
    if not path.exists():
        return []
    return [Cell(**json.loads(line)) for line in path.read_text(encoding="utf8").splitlines()]


def key_of(run: Run, system: System) -> tuple[str, str, str, int, str]:
    """By which a finished cell is found."""
    return (run.corpus, system.name, run.shots, run.seed, config_hash(system))


def folder_of(run: Run, system: System) -> Path:
    """The folder of a system's model."""
    return run.training / f"{system.name}-{config_hash(system)}"


def append_cell(path: Path, cell: Cell) -> None:
    """Add a finished cell, whoever else is adding one, unless this machine's is there already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf8") as lines:
        fcntl.flock(lines, fcntl.LOCK_EX)
        there = {(other.key, other.processor) for other in read_cells(path)}
        if (cell.key, cell.processor) not in there:
            lines.write(json.dumps(asdict(cell)) + "\n")
