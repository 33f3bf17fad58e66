"""The files of a run: corpora, adapted encoders, and folders for what is trained."""

import contextlib
import fcntl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CORPORA = ("snips", "atis", "mit_restaurant", "mit_movie", "mit_movie_trivia")
ALL = "all"
"""The number of shots of a run with all gold texts."""
ASSETS = Path("assets")
ENCODER = ASSETS / "minilm"
ADAPTATION = {"batch-size": 64, "learn-rate": 3e-4, "max-length": 128, "seed": 1}
"""How an encoder is adapted, apart from what systems differ in; the same in all cells."""


def run_python(*arguments: object) -> None:
    """Run Python with arguments."""
    subprocess.run([sys.executable, *map(str, arguments)], check=True)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Let nobody else make a file or folder while it is made here: other draws and commands may
    want it at the same time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f"{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@dataclass(frozen=True)
class Run:
    """A draw of gold texts from a corpus.

    Attributes:
        corpus: the corpus' name.
        shots: the number of gold texts, or "all".
        seed: seed of the draw and of all training on it.
    """

    corpus: str
    shots: str
    seed: int

    @property
    def texts(self) -> Path:
        """The folder of the converted texts."""
        return Path("corpus/benchmarks") / self.corpus / self.shots / f"seed{self.seed}"

    @property
    def files(self) -> dict[str, Path]:
        """The texts to score on; "dev" is the whole of that split, not the draw."""
        return {"dev": self.texts / "dev_all.spacy", "test": self.texts / "test.spacy"}

    @property
    def training(self) -> Path:
        """The folder of what is trained on them."""
        return Path("training/benchmarks") / self.corpus / self.shots / f"seed{self.seed}"

    def prepare(self) -> None:
        """Draw and convert the texts, unless they are there."""
        with locked(self.texts):
            if not (self.texts / "splits.json").exists():
                run_python(
                    "scripts/convert_corpus.py",
                    *(ASSETS / self.corpus, self.texts),
                    *("--shots", self.shots, "--seed", self.seed),
                )


def adapt_encoder(run: Run, steps: int, masked_share: float) -> Path:
    """Let the encoder read the training split's texts, unless it has.

    The texts are the same for every draw, so all runs on a corpus share the adapted encoder.

    Args:
        run: any run on the corpus.
        steps: how many steps of 64 texts; 0 for the encoder as it is.
        masked_share: the share of the word pieces that it has to guess.

    Returns:
        The encoder's folder.
    """
    if steps == 0:
        return ENCODER
    folder = Path("training/benchmarks") / run.corpus / f"encoder_{steps}_{masked_share}"
    with locked(folder):
        if not (folder / "adaptation.json").exists():
            run_python(
                *("-m", "spacy", "halfree", "adapt-encoder"),
                *(ENCODER, run.texts / "train.txt"),
                *("--output", folder, "--steps", steps, "--masked-share", masked_share),
                *(part for name, value in ADAPTATION.items() for part in (f"--{name}", value)),
            )
    return folder
