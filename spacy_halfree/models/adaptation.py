"""Letting a pretrained encoder read raw texts, before there is a teacher."""

from dataclasses import dataclass
from pathlib import Path

from ..errors import Errors


@dataclass(frozen=True)
class AdaptationSettings:
    """How an encoder reads texts.

    steps: Training steps.
    batch_size: Texts per step.
    learn_rate: The highest learning rate.
    max_length: The most word pieces of a text; what is longer is cut, in this training alone.
    save_every: Steps between checkpoints.
    seed: Of the masks and of the order of texts.
    gpu_id: The GPU, or -1 for the CPU.
    """

    steps: int
    batch_size: int
    learn_rate: float
    max_length: int
    save_every: int
    seed: int
    gpu_id: int


def adapt_encoder(
    encoder: str, texts: list[str], output: Path, settings: AdaptationSettings
) -> str | None:
    """Train an encoder to guess masked word pieces of texts, and save it.

    A checkpoint is written beside the output now and then; when the same is asked for again, it
    goes on from the last one.

    encoder: Its folder, or its name on the Hugging Face hub.
    texts: What it reads.
    output: The folder for the adapted encoder.
    settings: How it reads them.
    RETURNS: The checkpoint that it went on from, if there was one.
    RAISES: ImportError (H080) if a library is not installed.
    """
    try:
        # the last one is what transformers' trainer asks for when it is used
        import accelerate  # noqa: F401

        from .torch.masked_words import train_masked_words
    except ImportError as error:
        raise ImportError(Errors.H080.format(reason=error)) from error
    return train_masked_words(encoder, texts, output, settings)
