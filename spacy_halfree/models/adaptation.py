"""Letting a pretrained encoder read raw texts, before there is a teacher."""

from dataclasses import dataclass
from pathlib import Path

from ..errors import Errors

ENCODER_FILES = (".json", ".safetensors", "vocab.txt", "merges.txt", ".model")
"""How the names of the files of an encoder and its tokenizer end."""
LOG = "adaptation.json"
"""The file of an adapted encoder that says how it has learned."""


@dataclass(frozen=True)
class AdaptationSettings:
    """How an encoder reads texts.

    steps: Training steps.
    batch_size: Texts per step.
    learn_rate: The highest learning rate.
    masked_share: Which share of the word pieces is to be guessed.
    max_length: The most word pieces of a text; what is longer is cut, in this training alone.
    save_every: Steps between checkpoints.
    seed: Of the masks and of the order of texts.
    gpu_id: The GPU, or -1 for the CPU.
    """

    steps: int
    batch_size: int
    learn_rate: float
    masked_share: float
    max_length: int
    save_every: int
    seed: int
    gpu_id: int


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


def adapt_encoder(
    encoder: str,
    texts: list[str],
    output: Path,
    settings: AdaptationSettings,
    *,
    overwrite: bool = False,
) -> str | None:
    """Train an encoder to guess masked word pieces of texts, and save it.

    A checkpoint is written beside the output now and then; when the same is asked for again, it
    goes on from the last one. The output appears once it is complete.

    encoder: Its folder, or its name on the Hugging Face hub.
    texts: What it reads.
    output: The folder for the adapted encoder.
    settings: How it reads them.
    overwrite: Whether to replace an adapted encoder.
    RETURNS: The checkpoint that it went on from, if there was one.
    RAISES: ImportError (H080) if a library is not installed; ValueError (H095) if the encoder
        cannot be loaded; ValueError, OSError (H024, H091, H092, H104) if the output cannot be
        written.
    """
    check_output(output, overwrite=overwrite)
    try:
        # the last one is what transformers' trainer asks for when it is used
        import accelerate  # noqa: F401

        from .torch.masked_words import train_masked_words
    except ImportError as error:
        raise ImportError(Errors.H080.format(reason=error)) from error
    return train_masked_words(encoder, texts, output, settings, overwrite=overwrite)
