"""`python -m spacy halfree check`."""

from pathlib import Path

import typer

from ..custom_code import import_code
from ..data.check_files import check_files
from ..data.checks import find_gaps
from ..data.file_formats import ANNOTATED_FILES, RAW_FILES
from ..data.file_report import combine
from ..data.inputs import local_path
from ..data.read_settings import ReadSettings
from ..data.report_files import write_problems, write_summary
from ..outputs import check_output_file
from .options import CODE, LANG, READING, TOKENIZER_FROM, reading_bar, reads_annotated_texts
from .outcome import describe, reports_failures
from .show_reports import show_comparison, show_counts, show_problems
from .terminal import msg


@reports_failures
@reads_annotated_texts()
def check_cli(
    train: list[Path] = typer.Argument(
        ...,
        metavar="TRAIN...",
        help=f"Texts to train on: {ANNOTATED_FILES}; several files are compared",
        exists=True,
    ),
    dev: Path | None = typer.Option(None, "--dev", help="Texts to tune on", exists=True),
    test: Path | None = typer.Option(None, "--test", help="Texts to test on", exists=True),
    raw: str | None = typer.Option(
        None, "--raw", help=f"Raw texts: {RAW_FILES}, or a folder of such files"
    ),
    lang: str | None = LANG,
    tokenizer_from: str | None = TOKENIZER_FROM,
    code: Path | None = CODE,
    reading: ReadSettings = READING,
    output: Path | None = typer.Option(
        None, "--output", help="Where to write all problems, as a JSON object on each line"
    ),
    summary: Path | None = typer.Option(
        None, "--summary", help="Where to write the counts of all files as JSON"
    ),
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace existing outputs"),
) -> None:
    """Look for problems in texts before training on them.

    Ends with status 1 if any text or span is wrong, if a text to train on is also in another file
    (ignoring white space), if files to train on annotate a text differently, or if a file has no
    labelled span. Few texts or examples of a label are warned of, but are not errors.
    """
    try:
        inputs = [*train, dev, test, code, *map(local_path, filter(None, (raw, tokenizer_from)))]
        for path in (output, summary):
            if path is not None:
                check_output_file(path, inputs=inputs, overwrite=overwrite)
        import_code(code)
        with reading_bar() as bar:
            found = check_files(
                list(train),
                dev,
                test,
                raw=raw,
                lang=lang,
                tokenizer=tokenizer_from,
                reading=reading,
                on_progress=bar.update,
            )
    except (ValueError, OSError, ImportError) as error:
        msg.fail("The files were not checked", describe(error), exits=1)
    show_counts(found.reports)
    show_comparison(found.comparison)
    for report in found.reports:
        show_problems(report)
    for gap in find_gaps(combine(found.train), found.held_out):
        msg.warn(gap)
    if output is not None:
        write_problems(output, found.reports, overwrite=overwrite)
    if summary is not None:
        write_summary(summary, found.reports, found.comparison, overwrite=overwrite)
    n_problems = sum(len(report.problems) for report in found.reports)
    if n_problems:
        where = f"; all of them are in {output}" if output is not None else ""
        count = "1 problem" if n_problems == 1 else f"{n_problems} problems"
        msg.fail(f"{count}{where}", exits=1)
    msg.good("No text or span is wrong")
