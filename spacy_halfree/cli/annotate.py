"""`python -m spacy halfree annotate`."""

import logging
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path

import typer
from spacy.cli._util import setup_gpu
from spacy.util import is_package, logger
from tqdm import tqdm
from wasabi import msg

from ..custom_code import import_code
from ..data.file_formats import RAW_FILES
from ..data.records import InvalidRecord
from ..errors import Errors, Warnings
from ..labelling.engines.local import run_locally
from ..labelling.engines.ray import RayEngine
from ..labelling.label_files import Engine, LabellingEvents, LabellingSettings, label_files
from ..labelling.shard_formats import SHARD_FORMATS
from ..labelling.worker import TeacherWorker
from .options import CODE, PRECISION, PrecisionName, one_of
from .outcome import describe, reports_failures


class EngineName(str, Enum):
    """Where texts are labelled."""

    LOCAL = "local"
    RAY = "ray"


@reports_failures
def annotate_cli(
    models: list[str] = typer.Argument(
        ...,
        metavar="MODEL...",
        help="The teacher: a pipeline's name or folder; or several, to decode with their mean",
    ),
    input_location: str = typer.Argument(
        ...,
        metavar="INPUT",
        help=f"Texts: a file {RAW_FILES}, or a folder of such files; also as a URI",
    ),
    output_path: Path = typer.Argument(
        ...,
        metavar="OUTPUT",
        help="The file to write, which ends in .spacy; or a folder for many files",
    ),
    component: str | None = typer.Option(
        None, "--component", help="The tagger's name, if a pipeline has several"
    ),
    top_k: int | None = typer.Option(
        None,
        "--top-k",
        min=1,
        help="Keep only each word's k most probable tags [default: all]",
    ),
    code: Path | None = CODE,
    batch_size: int = typer.Option(64, "--batch-size", min=1, help="Texts tagged at a time"),
    precision: PrecisionName = PRECISION,
    gpu_id: int = typer.Option(-1, "--gpu-id", "-g", help="GPU ID or -1 for CPU"),
    shard_format: str = typer.Option(
        "spacy",
        "--format",
        metavar=f"[{'|'.join(SHARD_FORMATS)}]",
        callback=one_of(SHARD_FORMATS),
        help="What the files in a folder are: "
        + ", ".join(f"'{name}' {own.use}" for name, own in SHARD_FORMATS.items()),
    ),
    max_bad: int = typer.Option(
        1000, "--max-bad", min=0, help="Stop when more texts than this cannot be used"
    ),
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace an existing output"),
    resume: bool = typer.Option(
        False, "--resume", help="Go on where a run was stopped, if there was one"
    ),
    engine: EngineName = typer.Option(
        EngineName.LOCAL, "--engine", help="'local': in this process; 'ray': on Ray Data"
    ),
    address: str | None = typer.Option(
        None, "--address", help="Ray: the cluster [default: $RAY_ADDRESS, or this machine alone]"
    ),
    num_workers: int | None = typer.Option(
        None, "--num-workers", min=1, help="Ray: worker processes [default: one a CPU or GPU]"
    ),
    num_gpus: float | None = typer.Option(
        None,
        "--num-gpus",
        min=0.0,
        help="Ray: GPUs of each worker; 0.5 lets two share one [default: 0]",
    ),
    concurrency: int | None = typer.Option(
        None, "--concurrency", min=1, help="Ray: parts given to a worker at a time [default: 2]"
    ),
) -> None:
    """Label raw texts for a student to learn from.

    Several teachers, trained with other seeds or on other encoders, decode with the mean of their
    distributions; they must have the same labels, in any order.

    The output holds the teacher's annotation and, for every word, its distribution over all tags.
    It appears only once it is complete, with a manifest beside it (OUTPUT.manifest.json) of what
    it came from. Texts that cannot be used are named and left out.

    What is finished is kept beside the output until then, in OUTPUT.parts: after whatever
    stopped it, the same command with --resume goes on, and ends with the same bytes.
    """
    try:
        ray_options = {
            "--address": address,
            "--num-workers": num_workers,
            "--num-gpus": num_gpus,
            "--concurrency": concurrency,
        }
        check_engine(engine, gpu_id, ray_options)
        run: Engine = run_locally
        if engine is EngineName.RAY:
            run = RayEngine(
                address=address,
                num_workers=num_workers,
                num_gpus=num_gpus or 0.0,
                concurrency=concurrency or 2,
            )
        import_code(code)
        setup_gpu(gpu_id)
        # as spaCy's own commands do
        logger.setLevel(logging.INFO)
        labelled = label_files(
            TeacherWorker(
                tuple(map(absolute, models)),
                component=component,
                top_k=top_k,
                batch_size=batch_size,
                precision=precision.value,
                gpu_id=gpu_id,
                code=None if code is None else str(code.absolute()),
            ),
            input_location,
            output_path,
            settings=LabellingSettings(
                shard_format=shard_format, max_bad=max_bad, on_gpu=gpu_id >= 0 or bool(num_gpus)
            ),
            resume=resume,
            overwrite=overwrite,
            engine=run,
            events=PrintedEvents(input_location),
        )
    except (ValueError, OSError, ImportError) as error:
        msg.fail(f"{output_path} was not written", describe(error), exits=1)
    msg.good(f"Annotated {labelled.n_texts} texts: {output_path}")


def check_engine(engine: EngineName, gpu_id: int, ray_options: Mapping[str, object]) -> None:
    """RAISES: ValueError (H068) for options that an engine does not have."""
    given = [name for name, value in ray_options.items() if value is not None]
    if engine is EngineName.LOCAL and given:
        raise ValueError(Errors.H068.format(options=", ".join(given), engine="local"))
    if engine is EngineName.RAY and gpu_id >= 0:
        raise ValueError(Errors.H068.format(options="--gpu-id (use --num-gpus)", engine="ray"))


def absolute(model: str) -> str:
    """A pipeline's folder by its whole path, which other machines understand, or its name."""
    return model if is_package(model) or not Path(model).exists() else str(Path(model).absolute())


class PrintedEvents(LabellingEvents):
    """Shows a progress bar, and prints which records could not be used.

    texts: The name of the input in messages.
    """

    def __init__(self, texts: str) -> None:
        self.texts = texts
        self.bar = tqdm(disable=True)

    def on_start(self, n_known: int, dropped: Mapping[str, int]) -> None:
        for name, n_dropped in dropped.items():
            msg.warn(Warnings.W008.format(path=name, n=n_dropped))
        if n_known:
            msg.info(f"{n_known} texts are finished already")
        self.bar = tqdm(unit=" texts", initial=n_known)

    def on_progress(self, n_texts: int) -> None:
        self.bar.update(n_texts)

    def on_end(self, bad: Sequence[InvalidRecord], n_texts: int, parts_folder: Path | None) -> None:
        self.bar.close()
        for own in bad:
            msg.warn(Warnings.W001.format(path=own.file, line=own.line, reason=own.reason))
        if bad:
            n_lines = n_texts + len(bad)
            msg.warn(Warnings.W002.format(n_bad=len(bad), n_lines=n_lines, path=self.texts))
        if parts_folder is not None:
            msg.warn(Warnings.W005.format(folder=parts_folder))
