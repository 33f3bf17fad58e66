"""What stands beside a model whose training is done: how long it took, of which code, and where."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = "finished.json"


@dataclass(frozen=True)
class FinishedTraining:
    """A training that came to its end.

    Attributes:
        seconds: processor time that it took.
        commit: of this repository when it began; None where there is no repository.
        processor: of the machine, and its number of cores.
    """

    seconds: float
    commit: str | None
    processor: str


def write_finished(folder: Path, training: FinishedTraining) -> None:
    """Say that the model in a folder is finished."""
    (folder / FILE).write_text(json.dumps(asdict(training), indent=2) + "\n", encoding="utf8")


def read_finished(folder: Path) -> FinishedTraining | None:
    """What is known of the model in a folder; None if its training has not come to its end."""
    path = folder / FILE
    if not path.exists():
        return None
    return FinishedTraining(**json.loads(path.read_text(encoding="utf8")))
