"""`python -m spacy halfree annotate`."""

import logging
from pathlib import Path

import typer
from spacy.cli._util import setup_gpu
from spacy.util import is_package, logger
from tqdm import tqdm
from wasabi import msg

from ..data.file_formats import RAW_FILES
from ..errors import Errors, Warnings
from ..labelling.engines.local import run_locally
from ..labelling.engines.ray import RayEngine
from ..labelling.job import Engine, LabellingJob
from ..labelling.shard_formats import SHARD_FORMATS
from ..labelling.worker import TeacherWorker
from .outcome import describe, reports_failures


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
    batch_size: int = typer.Option(64, "--batch-size", min=1, help="Texts tagged at a time"),
    precision: str = typer.Option(
        "float32",
        "--precision",
        help="What torch models compute in: float32, bfloat16 or int8 (CPU only)",
    ),
    gpu_id: int = typer.Option(-1, "--gpu-id", "-g", help="GPU ID or -1 for CPU"),
    shard_format: str = typer.Option(
        "spacy",
        "--format",
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
    engine: str = typer.Option(
        "local", "--engine", help="'local': in this process; 'ray': on Ray Data"
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
    It appears only once it is complete, with a manifest (beside a file, in
    OUTPUT.manifest.json) of what it came from. Texts that cannot be used are named and left
    out.

    What is finished is kept beside the output until then, in OUTPUT.parts: after whatever
    stopped it, the same command with --resume goes on, and ends with the same bytes.
    """
    try:
        check_engine(engine, gpu_id, address, num_workers, num_gpus, concurrency)
        worker = TeacherWorker(
            tuple(map(absolute, models)),
            component,
            top_k,
            batch_size,
            # another word is refused before anything is read
            precision,  # type: ignore[arg-type]
            gpu_id,
        )
        job = LabellingJob(
            worker,
            input_location,
            output_path,
            shard_format,
            gpu_id >= 0 or bool(num_gpus),
            max_bad,
        )
        run: Engine = run_locally
        if engine == "ray":
            run = RayEngine(address, num_workers, num_gpus or 0.0, concurrency or 2)
        setup_gpu(gpu_id)
        # as spaCy's own commands do
        logger.setLevel(logging.INFO)
        n_texts = run_job(job, run, resume=resume, overwrite=overwrite)
    except (ValueError, OSError, ImportError) as error:
        msg.fail(f"{output_path} was not written", describe(error), exits=1)
    msg.good(f"Annotated {n_texts} texts: {output_path}")


def check_engine(
    engine: str,
    gpu_id: int,
    address: str | None,
    num_workers: int | None,
    num_gpus: float | None,
    concurrency: int | None,
) -> None:
    """RAISES: ValueError (H013, H068) for another engine, or options that it does not have."""
    if engine not in ("local", "ray"):
        raise ValueError(
            Errors.H013.format(setting="--engine", expected="local or ray", value=engine)
        )
    options = {
        "--address": address,
        "--num-workers": num_workers,
        "--num-gpus": num_gpus,
        "--concurrency": concurrency,
    }
    given = [name for name, value in options.items() if value is not None]
    if engine == "local" and given:
        raise ValueError(Errors.H068.format(options=", ".join(given), engine="local"))
    if engine == "ray" and gpu_id >= 0:
        raise ValueError(Errors.H068.format(options="--gpu-id (use --num-gpus)", engine="ray"))


def absolute(model: str) -> str:
    """A pipeline's folder by its whole path, which other machines understand, or its name."""
    return model if is_package(model) or not Path(model).exists() else str(Path(model).absolute())


def run_job(job: LabellingJob, engine: Engine, *, resume: bool, overwrite: bool) -> int:
    """Run a job with a progress bar, and tell what was left out.

    job: The job.
    engine: What carries parts to workers.
    resume, overwrite: As those of `annotate_cli`.
    RETURNS: How many texts were labelled, earlier runs' included.
    """
    n_known = job.start(resume=resume, overwrite=overwrite)
    for name, n_dropped in job.output.dropped.items():
        msg.warn(Warnings.W008.format(path=name, n=n_dropped))
    if n_known:
        msg.info(f"{n_known} texts are finished already")
    progress = tqdm(unit=" texts", initial=n_known)
    try:
        return job.run(engine, progress.update)
    finally:
        progress.close()
        show_bad_records(job)
        if job.output.leave():
            msg.warn(Warnings.W005.format(folder=job.output.folder))


def show_bad_records(job: LabellingJob) -> None:
    """Name what could not be used."""
    bad = job.bad_records()
    for own in bad:
        msg.warn(Warnings.W001.format(path=own.file, line=own.line, reason=own.reason))
    if bad:
        n_records = job.output.n_texts + len(bad)
        msg.warn(Warnings.W002.format(n_bad=len(bad), n_lines=n_records, path=job.input_location))
