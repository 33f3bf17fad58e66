"""`python -m spacy halfree annotate`."""

import logging
from itertools import islice
from pathlib import Path

import spacy
import typer
from spacy.cli._util import setup_gpu
from spacy.util import logger
from tqdm import tqdm
from wasabi import msg

from ..distill.annotate import annotate_parts, find_tagger, part_size
from ..distill.manifest import Manifest
from ..distill.parts import PartedFile, parts_folder
from ..distill.texts import TextReader
from ..errors import Errors, Warnings
from ..files import hash_file


def annotate_cli(
    models: list[str] = typer.Argument(
        ...,
        metavar="MODEL...",
        help="The teacher: a pipeline's name or folder; or several, to decode with their mean",
    ),
    input_path: Path = typer.Argument(
        ..., help="Texts: .txt (a text a line), .jsonl or .jsonl.gz (key 'text'), or .spacy"
    ),
    output_path: Path = typer.Argument(..., help="The .spacy file to write"),
    component: str | None = typer.Option(
        None, "--component", help="The tagger's name, if a pipeline has several"
    ),
    top_k: int | None = typer.Option(
        None,
        "--top-k",
        min=1,
        help="Keep only each word's k most probable tags [default: all]",
    ),
    batch_size: int = typer.Option(64, "--batch-size", min=1, help="Texts tagged at a time"),
    precision: str = typer.Option(
        "float32",
        "--precision",
        help="What torch models compute in: float32, bfloat16 or int8 (CPU only)",
    ),
    gpu_id: int = typer.Option(-1, "--gpu-id", "-g", help="GPU ID or -1 for CPU"),
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace an existing output"),
    resume: bool = typer.Option(
        False, "--resume", help="Go on where a run was stopped, if there was one"
    ),
) -> None:
    """Label raw texts for a student to learn from.

    Several teachers, trained with other seeds or on other encoders, decode with the mean of their
    distributions; they must have the same labels, in any order.

    The output holds the teacher's annotation and, for every word, its distribution over all tags.
    It appears only once it is complete. Lines that cannot be used are named and skipped.

    What is finished is kept beside the output until then, in OUTPUT_PATH.parts: after whatever
    stopped it, the same command with --resume goes on, and ends with the same bytes.
    """
    try:
        annotate_file(
            models,
            input_path,
            output_path,
            component=component,
            top_k=top_k,
            batch_size=batch_size,
            precision=precision,
            gpu_id=gpu_id,
            overwrite=overwrite,
            resume=resume,
        )
    except (ValueError, OSError, ImportError) as error:
        msg.fail(f"{output_path} was not written", str(error), exits=1)


def annotate_file(
    models: list[str],
    input_path: Path,
    output_path: Path,
    *,
    component: str | None,
    top_k: int | None,
    batch_size: int,
    precision: str,
    gpu_id: int,
    overwrite: bool,
    resume: bool,
) -> None:
    """Annotate a file; see `annotate_cli`.

    RAISES: ValueError, OSError (H013, H018 to H024, H040 to H042, H048, H049, H051 to H053) if the
        input, a pipeline, the output or what a former run has left cannot be used.
    """
    if output_path.suffix != ".spacy":
        raise ValueError(Errors.H023.format(path=output_path))
    if output_path.is_dir():
        raise IsADirectoryError(Errors.H052.format(path=output_path))
    # a run that was stopped when all was done but tidying up
    is_left = resume and parts_folder(output_path).exists()
    if output_path.exists() and not overwrite and not is_left:
        raise FileExistsError(Errors.H024.format(path=output_path))
    reader = TextReader(input_path)
    setup_gpu(gpu_id)
    # as spaCy's own commands do
    logger.setLevel(logging.INFO)
    teachers = [spacy.load(model) for model in models]
    for nlp in teachers:
        find_tagger(nlp, component)
    reader.max_length = min(nlp.max_length for nlp in teachers)
    settings = {"component": component, "top_k": top_k, "batch_size": batch_size}
    manifest = Manifest.of(
        input_path,
        teachers,
        settings | {"precision": precision, "gpu": gpu_id >= 0},
        part_size(batch_size),
    )
    output = PartedFile(output_path, manifest)
    n_finished = output.start(resume=resume, overwrite=overwrite)
    n_known = n_finished * manifest.texts_in_a_part
    if n_finished:
        msg.info(f"{n_finished} parts of {manifest.texts_in_a_part} texts are finished already")
    texts = islice(reader.read(teachers[0].vocab), n_known, None)
    progress = tqdm(unit=" texts", initial=n_known)
    parts = annotate_parts(
        teachers,
        texts,
        component=component,
        top_k=top_k,
        batch_size=batch_size,
        # another word is refused before anything is read
        precision=precision,  # type: ignore[arg-type]
        # not around the docs, which come many at a time
        on_progress=progress.update,
    )
    try:
        n_parts = n_finished
        for docs in parts:
            output.write_part(n_parts, docs)
            n_parts += 1
        if hash_file(input_path) != manifest.input_sha256:
            raise ValueError(Errors.H053.format(path=input_path))
        n_docs = output.complete(n_parts)
    finally:
        progress.close()
        for bad in reader.bad_lines:
            msg.warn(Warnings.W001.format(path=input_path, line=bad.number, reason=bad.reason))
        if output.leave():
            msg.warn(Warnings.W005.format(folder=output.folder))
    if reader.bad_lines:
        msg.warn(
            Warnings.W002.format(
                n_bad=len(reader.bad_lines), n_lines=reader.n_lines, path=input_path
            )
        )
    msg.good(f"Annotated {n_docs} texts: {output_path}")
