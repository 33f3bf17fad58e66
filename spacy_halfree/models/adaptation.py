"""Adapting a pretrained encoder to raw texts, before there is a teacher."""

from pathlib import Path

from ..errors import Errors
from .adaptation_settings import AdaptationSettings, check_output


def adapt_encoder(
    encoder: str | Path,
    texts: list[str],
    output: str | Path,
    settings: AdaptationSettings | None = None,
    *,
    overwrite: bool = False,
) -> str | None:
    """Train an encoder to predict masked word pieces of texts, and save it.

    Checkpoints are written beside the output, and the same call resumes from the last one. The
    output appears once it is complete.

    encoder: Its folder, or its name on the Hugging Face hub.
    texts: The texts.
    output: The folder for the adapted encoder.
    settings: The settings, or None for the defaults.
    overwrite: Whether to replace an adapted encoder.
    RETURNS: The checkpoint that it resumed from, if there was one.
    RAISES: ImportError (H080) if a library is not installed; ValueError (H095) if the encoder
        cannot be loaded; ValueError, OSError (H024, H091, H092, H104) if the output cannot be
        written, (H147) if another process is writing it.
    """
    output, settings = Path(output), settings or AdaptationSettings()
    check_output(output, overwrite=overwrite)
    try:
        # transformers' Trainer needs it, but says so only when it is used
        import accelerate  # noqa: F401

        from .torch.masked_words import train_masked_words
    except ImportError as error:
        raise ImportError(Errors.H080.format(reason=error)) from error
    return train_masked_words(str(encoder), texts, output, settings, overwrite=overwrite)
