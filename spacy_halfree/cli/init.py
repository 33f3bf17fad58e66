"""`python -m spacy halfree init`."""

import shlex
from collections.abc import Sequence
from enum import Enum
from pathlib import Path

import typer
from spacy.tokens import Doc
from wasabi import msg

from ..data.checks import FEW_RAW_TEXTS, FileReport, check_file, find_gaps
from ..data.file_formats import ANNOTATED_FILES, RAW_FILES
from ..data.gold import GoldFile
from ..data.read_settings import ReadSettings
from ..data.records import AnnotatedText, LabelledSpan
from ..data.splitting import Split
from ..errors import Warnings
from ..project.create import create_project
from ..project.project_settings import ProjectSettings, find_unfit_heads
from .check import show_counts, show_problems
from .options import READING, reads_annotated_texts
from .outcome import describe, reports_failures


class TeacherKind(str, Enum):
    """What teachers are made of."""

    ALIGNED = "aligned"
    T5 = "t5"


@reports_failures
@reads_annotated_texts()
def init_cli(
    folder: Path = typer.Argument(..., metavar="DIR", help="Folder for the project: new or empty"),
    labelled: Path = typer.Option(
        ...,
        "--labelled",
        help=f"Labelled texts: {ANNOTATED_FILES}",
        exists=True,
    ),
    raw: str = typer.Option(
        ...,
        "--raw",
        help=f"Raw texts: {RAW_FILES}, or a folder of such files",
    ),
    reading: ReadSettings = READING,
    lang: str = typer.Option("en", "--lang", help="Language, for the tokenizer"),
    teacher: TeacherKind = typer.Option(
        TeacherKind.ALIGNED,
        "--teacher",
        help="'aligned': three teachers on an encoder; 't5': one encoder-decoder, for a GPU",
    ),
    dev: str | None = typer.Option(
        None, "--dev", help="Texts to tune on: a number or a share [default: 0.2]"
    ),
    test: str | None = typer.Option(
        None,
        "--test",
        help="Texts to test on: a number or a share [default: 0.2 of 300 labelled texts or more]",
    ),
    seed: int = typer.Option(0, "--seed", min=0, help="Seed of the split and of training"),
    encoder: str | None = typer.Option(
        None,
        "--encoder",
        help="What teachers start from: a folder, or a name on the Hugging Face hub [default: "
        "sentence-transformers/all-MiniLM-L6-v2; for t5 google-t5/t5-base]",
    ),
    gpu_id: int = typer.Option(-1, "--gpu-id", "-g", help="GPU to train on, or -1 for CPU"),
) -> None:
    """Write a project that makes a small pipeline of your own texts.

    Checks the labelled texts, splits them, takes them out of the raw ones, and writes a folder in
    which `python -m spacy project run all` works at once. Nothing is trained or downloaded yet.
    What is wrong is shown, left out and written to `corpus/problems.jsonl`.
    """
    try:
        settings = ProjectSettings(
            lang=lang,
            teacher=teacher.value,
            encoder=encoder or "",
            seed=seed,
            gpu_id=gpu_id,
        )
        project = create_project(
            folder,
            labelled,
            raw,
            settings=settings,
            dev=dev,
            test=test,
            reading=reading,
            on_report=show_labelled,
        )
    except (ValueError, OSError, ImportError) as error:
        msg.fail(f"{folder} was not written", describe(error), exits=1)
    pool = project.pool
    show_split(project.split)
    show_problems(pool)
    if project.n_problems:
        msg.warn(Warnings.W013.format(n_problems=project.n_problems, path=project.problems))
    if pool.n_texts < FEW_RAW_TEXTS:
        msg.warn(Warnings.W022.format(n=pool.n_texts, least=FEW_RAW_TEXTS))
    unfit = find_unfit_heads(settings)
    if unfit is not None:
        path = folder / "configs" / unfit.config
        warning = Warnings.W025.format(
            width=unfit.width, heads=unfit.heads, path=path, fitting=unfit.fitting
        )
        msg.warn(warning)
    msg.good(f"{pool.n_texts} raw texts to learn from; the project is in {folder}")
    if not settings.encoder_is_folder:
        msg.info(f"The first run downloads {settings.encoder}, unless it is in the cache")
    msg.text(f"Run it: cd {shlex.quote(str(folder))} && python -m spacy project run all")


def show_labelled(report: FileReport, gold: GoldFile) -> None:
    """What is wrong with the labelled texts."""
    show_problems(report)
    if gold.n_left_out:
        msg.warn(Warnings.W012.format(n_spans=gold.n_left_out, n_all=gold.n_spans))


def show_split(split: Split) -> None:
    """A table of what is in each part, and what is scarce."""
    reports = [make_report(name, docs) for name, docs in vars(split).items() if docs]
    show_counts(reports)
    for gap in find_gaps(reports[0], reports[1:]):
        msg.warn(gap)


def make_report(name: str, docs: Sequence[Doc]) -> FileReport:
    """What a part of the labelled texts holds."""
    texts = [
        AnnotatedText(
            number,
            doc,
            tuple(LabelledSpan(ent.start_char, ent.end_char, ent.label_) for ent in doc.ents),
        )
        for number, doc in enumerate(docs, start=1)
    ]
    return check_file(name, texts)
