"""Settings and output folder of an encoder that is adapted to raw texts."""

from dataclasses import dataclass
from pathlib import Path

from ..errors import Errors
from ..ranges import check_count, check_positive, check_seed, check_share

ENCODER_FILES = (".json", ".safetensors", "vocab.txt", "merges.txt", ".model")
"""How the names of the files of an encoder and its tokenizer end."""
LOG = "adaptation.json"
"""The file of an adapted encoder that says how it has learned."""


@dataclass(frozen=True, kw_only=True)
class AdaptationSettings:
    """Settings of masked-language modelling.

    steps: Training steps.
    batch_size: Texts per step.
    learn_rate: Highest learning rate.
    masked_share: Share of the word pieces to predict.
    max_length: Most word pieces of a text; longer texts are cut, in this training only.
    save_every: Steps between checkpoints.
    seed: Seed of the masks and of the order of texts.
    gpu_id: The GPU, or -1 for the CPU.
    """

    steps: int = 600
    batch_size: int = 64
    learn_rate: float = 3e-4
    masked_share: float = 0.3
    max_length: int = 128
    save_every: int = 100
    seed: int = 0
    gpu_id: int = -1

    def __post_init__(self) -> None:
        """RAISES: ValueError (H013) for a setting out of range."""
        check_count(steps=self.steps, batch_size=self.batch_size, save_every=self.save_every)
        check_count(8, max_length=self.max_length)
        check_positive(learn_rate=self.learn_rate, masked_share=self.masked_share)
        check_share(masked_share=self.masked_share)
        check_seed(self.seed)
        check_count(-1, gpu_id=self.gpu_id)


def check_output(output: Path, *, overwrite: bool) -> None:
    """Check that an adapted encoder can be put in its place.

    output: The folder for it: a new or an empty one, or an adapted encoder to replace.
    overwrite: Whether an adapted encoder may be replaced.
    RAISES: ValueError, OSError (H024, H091, H092, H104) if it cannot be.
    """
    if output.exists() and not output.is_dir():
        raise NotADirectoryError(Errors.H091.format(path=output))
    if not output.exists() or not any(output.iterdir()):
        return
    if not overwrite:
        raise FileExistsError(Errors.H024.format(path=output))
    if not (output / LOG).is_file():
        raise ValueError(Errors.H092.format(path=output, log=LOG))
    for path in sorted(output.iterdir()):
        if path.is_dir() or not path.name.endswith(ENCODER_FILES):
            raise ValueError(Errors.H104.format(path=output, name=path.name))
