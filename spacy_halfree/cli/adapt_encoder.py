"""`python -m spacy halfree adapt-encoder`."""

import os
from collections.abc import Iterable
from pathlib import Path

import typer

from ..data.file_formats import RAW_FILES
from ..data.inputs import InputFile, find_inputs, local_inputs, local_path
from ..data.raw_texts import read_raw_texts
from ..data.records import InvalidRecord, text_of
from ..errors import Errors, Warnings
from ..models.adaptation import adapt_encoder
from ..models.adaptation_settings import AdaptationSettings, check_output
from ..outputs import check_place
from .outcome import describe, reports_failures
from .terminal import msg, use_device


@reports_failures
def adapt_encoder_cli(
    encoder: str = typer.Argument(..., help="Folder or hub name of the pretrained encoder"),
    locations: list[str] = typer.Argument(
        ...,
        metavar="TEXTS...",
        help=f"Texts: {RAW_FILES}, or folders of such files",
    ),
    output: Path = typer.Option(..., "--output", help="Folder for the adapted encoder"),
    steps: int = typer.Option(600, "--steps", help="Training steps", min=1),
    batch_size: int = typer.Option(64, "--batch-size", help="Texts per step", min=1),
    learn_rate: float = typer.Option(3e-4, "--learn-rate", help="Highest learning rate"),
    masked_share: float = typer.Option(
        0.3, "--masked-share", help="Share of the word pieces to guess", min=0.01, max=0.9
    ),
    max_length: int = typer.Option(
        128, "--max-length", help="The most word pieces of a text", min=8
    ),
    save_every: int = typer.Option(100, "--save-every", help="Steps between checkpoints", min=1),
    seed: int = typer.Option(0, "--seed", help="Seed"),
    gpu_id: int = typer.Option(-1, "--gpu-id", "-g", help="GPU ID or -1 for CPU"),
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace an adapted encoder"),
) -> None:
    """Let a pretrained encoder read raw texts before a teacher is trained on it.

    It learns to guess masked word pieces (masked-language modelling). After whatever stopped it,
    the same command goes on from the last checkpoint. The output appears once it is complete.
    """
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        check_output(output, overwrite=overwrite)
        files = [file for location in locations for file in find_inputs(location)]
        read = [*map(local_path, [encoder, *locations]), *local_inputs(files)]
        check_place(output, inputs=read)
        use_device(gpu_id)
        texts = read_all_texts(files)
        if not texts:
            raise ValueError(Errors.H081.format(texts=", ".join(locations)))
        settings = AdaptationSettings(
            steps=steps,
            batch_size=batch_size,
            learn_rate=learn_rate,
            masked_share=masked_share,
            max_length=max_length,
            save_every=save_every,
            seed=seed,
            gpu_id=gpu_id,
        )
        last = adapt_encoder(encoder, texts, output, settings, overwrite=overwrite)
    except (ValueError, OSError, ImportError) as error:
        msg.fail(f"{output} was not written", describe(error), exits=1)
    if last is not None:
        msg.info(f"Went on from {last}")
    msg.good(f"Saved the adapted encoder: {output}")


def read_all_texts(files: Iterable[InputFile]) -> list[str]:
    """Read the texts of files, and warn of lines that cannot be used."""
    texts = []
    for file in files:
        for line, record in read_raw_texts(file):
            if isinstance(record, InvalidRecord):
                msg.warn(Warnings.W001.format(path=file.name, line=line, reason=record.reason))
            else:
                texts.append(text_of(record))
    return texts
