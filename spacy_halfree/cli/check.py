"""`python -m spacy halfree check`."""

from collections import Counter
from pathlib import Path

import typer
from wasabi import msg

from ..data.check_files import check_files, write_problems
from ..data.checks import (
    FileReport,
    Problem,
    find_gaps,
)
from ..data.file_formats import ANNOTATED_FILES
from ..data.read_settings import ReadSettings
from ..outputs import check_output_file
from .options import READING, reads_annotated_texts
from .outcome import describe, reports_failures

N_SHOWN = 5


@reports_failures
@reads_annotated_texts()
def check_cli(
    train: Path = typer.Argument(
        ...,
        help=f"Texts to train on: {ANNOTATED_FILES}",
        exists=True,
    ),
    dev: Path | None = typer.Option(None, "--dev", help="Texts to tune on", exists=True),
    test: Path | None = typer.Option(None, "--test", help="Texts to test on", exists=True),
    lang: str = typer.Option("en", "--lang", help="Language, for the tokenizer"),
    reading: ReadSettings = READING,
    output: Path | None = typer.Option(
        None, "--output", help="Where to write all problems, a JSON object a line"
    ),
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace an existing output"),
) -> None:
    """Look for what is wrong with annotated texts before training on them.

    Ends with status 1 if any text or span is wrong, if a text stands in two files (white space
    apart), or if a file has no labelled span. What is scarce is told, and is no error.
    """
    try:
        if output is not None:
            check_output_file(output, inputs=[train, dev, test], overwrite=overwrite)
        reports = check_files(train, dev, test, lang=lang, reading=reading)
    except (ValueError, OSError, ImportError) as error:
        msg.fail("The files were not checked", describe(error), exits=1)
    show_counts(reports)
    for report in reports:
        show_problems(report)
    for gap in find_gaps(reports[0], reports[1:]):
        msg.warn(gap)
    if output is not None:
        write_problems(output, reports, overwrite=overwrite)
    n_problems = sum(len(report.problems) for report in reports)
    if n_problems:
        where = f"; all of them are in {output}" if output is not None else ""
        count = "1 problem" if n_problems == 1 else f"{n_problems} problems"
        msg.fail(f"{count}{where}", exits=1)
    msg.good("No text or span is wrong")


def show_counts(reports: list[FileReport]) -> None:
    """A table of texts, tokens and labels by file."""
    labels = sorted(set().union(*(report.labels for report in reports)))
    rows = [
        ("texts", *(report.n_texts for report in reports)),
        ("tokens", *(report.n_tokens for report in reports)),
        *((label, *(report.labels[label] for report in reports)) for label in labels),
    ]
    header = ("", *(report.name for report in reports))
    msg.table(rows, header=header, divider=True, aligns=("l", *("r" for _ in reports)))


def show_problems(report: FileReport) -> None:
    """What a file leaves out, and how often each kind of problem occurs, with the first few."""
    for reason, count in report.left_out.items():
        msg.info(f"{report.name}: {count} texts are left out: {reason}")
    for kind, count in Counter(problem.kind for problem in report.problems).items():
        msg.warn(f"{report.name}: {kind} ({count})")
        own = [problem for problem in report.problems if problem.kind == kind]
        for problem in own[:N_SHOWN]:
            place = f"{problem.number}: " if problem.number else ""
            msg.text(f"{place}{describe_problem(problem)}")
        if count > N_SHOWN:
            msg.text(f"... and {count - N_SHOWN} more")


def describe_problem(problem: Problem) -> str:
    """A problem in a line."""
    span = problem.span
    place = "" if span is None else f"{span.label} from {span.start} to {span.end}: "
    return f"{place}{problem.reason}" + (f" [{problem.text[:60]!r}]" if problem.text else "")
