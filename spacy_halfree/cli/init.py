"""`python -m spacy halfree init`."""

import shlex
from collections.abc import Sequence
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any

import typer
from spacy.tokens import Doc
from tqdm import tqdm
from wasabi import msg

from ..custom_code import import_code
from ..data.checks import FEW_RAW_TEXTS, check_file, find_gaps
from ..data.file_formats import ANNOTATED_FILES, RAW_FILES
from ..data.file_report import FileReport
from ..data.read_settings import ReadSettings
from ..data.records import AnnotatedText, LabelledSpan
from ..data.splitting import Split
from ..errors import Errors, Warnings
from ..project.corpus import CorpusSettings, LabelledTexts
from ..project.create import create_project
from ..project.project_files import PROBLEMS
from ..project.project_settings import ProjectSettings, find_unfit_heads
from ..project.update import HELD_OUT, update_project
from .options import CODE, LANG, READING, TOKENIZER_FROM, reading_bar, reads_annotated_texts
from .outcome import describe, reports_failures
from .show_reports import show_comparison, show_counts, show_problems

FOR_NEW_PROJECTS = (
    *("lang", "tokenizer_from", "teacher", "dev", "test", "seed", "encoder", "gpu_id"),
)
"""The options that have no effect on existing projects."""


class TeacherKind(str, Enum):
    """What teachers are made of."""

    ALIGNED = "aligned"
    T5 = "t5"


class Conflict(str, Enum):
    """What to keep of a text that several files annotate differently."""

    NEWEST = "newest"
    MISSING = "missing"
    LEAVE_OUT = "leave-out"


@reports_failures
@reads_annotated_texts()
def init_cli(
    context: typer.Context,
    folder: Path = typer.Argument(..., metavar="DIR", help="Folder for the project: new or empty"),
    labelled: list[Path] = typer.Option(
        ...,
        "--labelled",
        help=f"Labelled texts: {ANNOTATED_FILES}; may be given several times, the newest file last",
        exists=True,
    ),
    raw: str | None = typer.Option(
        None,
        "--raw",
        help=f"Raw texts: {RAW_FILES}, or a folder of such files; needed for a new project",
    ),
    update: bool = typer.Option(
        False,
        "--update",
        help="Add texts to an existing project. Its texts to tune and to test on do not change",
    ),
    on_conflict: Conflict = typer.Option(
        Conflict.NEWEST,
        "--on-conflict",
        help="What to keep of a text that files annotate differently: the annotation of the "
        "'newest' file, only what the files agree on ('missing'), or nothing ('leave-out')",
    ),
    reading: ReadSettings = READING,
    lang: str | None = LANG,
    tokenizer_from: str | None = TOKENIZER_FROM,
    code: Path | None = CODE,
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
    """Write a project that makes a small pipeline from your own texts.

    Checks the labelled texts, splits them, removes them from the raw ones, and writes a folder in
    which `python -m spacy project run all` works at once. Nothing is trained or downloaded yet.
    What is left out is counted in `corpus/summary.json`, and what is wrong is written to
    `corpus/problems.jsonl`.

    With --update, adds labelled texts to an existing project, such as corrected suggestions.
    """
    corpus = CorpusSettings(dev=dev, test=test, on_conflict=on_conflict.value, reading=reading)
    try:
        import_code(code)
        if update:
            given = [
                f"--{name.replace('_', '-')}"
                for name in FOR_NEW_PROJECTS
                if was_given(context, name)
            ]
            if given:
                raise ValueError(Errors.H136.format(options=", ".join(given)))
            update_existing(folder, labelled, raw, corpus)
            return
        if raw is None:
            raise ValueError(Errors.H137)
        settings = ProjectSettings(
            lang=lang or "",
            tokenizer=tokenizer_from or "",
            code="" if code is None else str(code),
            teacher=teacher.value,
            encoder=encoder or "",
            seed=seed,
            gpu_id=gpu_id,
        )
        create_new(folder, labelled, raw, settings, corpus)
    except (ValueError, OSError, ImportError) as error:
        failed = "changed" if update else "written"
        msg.fail(f"{folder} was not {failed}", describe(error), exits=1)


def was_given(context: typer.Context, name: str) -> bool:
    """Whether an option was given, and not left at its default."""
    source = context.get_parameter_source(name)
    # by its name, because releases of typer bring their own class
    return source is not None and source.name == "COMMANDLINE"


def create_new(
    folder: Path,
    labelled: Sequence[Path],
    raw: str,
    settings: ProjectSettings,
    corpus: CorpusSettings,
) -> None:
    """Write a project, and print what went into it."""
    with reading_bar() as bar:
        project = create_project(
            folder,
            labelled,
            raw,
            settings=settings,
            corpus=corpus,
            on_report=partial(show_labelled, bar),
            on_progress=bar.update,
        )
    pool = project.pool
    show_split(project.split)
    show_problems(pool)
    warn_of_problems(project.reports, project.problems)
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
    msg.text(f"Run it: {change_to(folder)} && python -m spacy project run all")


def update_existing(
    folder: Path, labelled: Sequence[Path], raw: str | None, corpus: CorpusSettings
) -> None:
    """Add texts to a project, and print what went into it."""
    with reading_bar() as bar:
        project = update_project(
            folder,
            labelled,
            raw,
            corpus=corpus,
            on_report=partial(show_labelled, bar),
            on_progress=bar.update,
        )
    for report in project.raw:
        show_problems(report)
    warn_of_problems(project.reports, folder / "corpus" / f"update.{PROBLEMS}")
    if project.n_held_out:
        msg.info(f"Labelled texts that are not used ({project.n_held_out}): {HELD_OUT}")
    if project.previous.exists():
        msg.info(
            f"The texts to train on, as they were before the last change, are in {project.previous}"
        )
    msg.good(
        f"{project.n_gold} texts to train on ({project.n_new} new), {project.n_raw} raw "
        "texts to learn from"
    )
    msg.text(f"Train again: {change_to(folder)} && python -m spacy project run all")


def change_to(folder: Path) -> str:
    """The command of a shell that changes to a folder."""
    # it would take "-" for the folder before, and "-x" for an option
    path = f"./{folder}" if str(folder).startswith("-") else str(folder)
    return f"cd {shlex.quote(path)}"


def warn_of_problems(reports: Sequence[FileReport], path: Path) -> None:
    """Name the file with all problems, if there are any."""
    n_problems = sum(len(report.problems) for report in reports)
    if n_problems:
        msg.warn(Warnings.W013.format(n_problems=n_problems, path=path))


def show_labelled(bar: "tqdm[Any]", labelled: LabelledTexts) -> None:
    """Print what is wrong with the labelled texts and how files agree, in place of a bar."""
    bar.clear()
    show_comparison(labelled.comparison)
    for report in labelled.reports:
        show_problems(report)
    gold = labelled.gold
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
