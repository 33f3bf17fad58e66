"""The files of a run: corpora, adapted encoders, and folders for what is trained."""

import fcntl
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

CORPORA = ("snips", "atis", "mit_restaurant", "mit_movie", "mit_movie_trivia")
ALL = "all"
"""The number of shots of a run with all gold texts."""
ASSETS = Path("assets")
ENCODER = ASSETS / "minilm"
ADAPTATION_SEED = 1


def run_python(*arguments: object) -> None:
    """Run Python with arguments."""
    subprocess.run([sys.executable, *map(str, arguments)], check=True)


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
    folder.parent.mkdir(parents=True, exist_ok=True)
    # other draws of the corpus may want it at the same time
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "adaptation.json").exists():
            run_python(
                *("-m", "spacy", "halfree", "adapt-encoder"),
                *(ENCODER, run.texts / "train.txt"),
                *("--output", folder, "--steps", steps, "--masked-share", masked_share),
                *("--seed", ADAPTATION_SEED),
            )
    return folder
