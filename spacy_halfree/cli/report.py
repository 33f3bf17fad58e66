"""`python -m spacy halfree report`."""

from pathlib import Path

import typer
from tqdm import tqdm

from ..custom_code import import_code
from ..data.gold import GoldFile
from ..data.read_settings import ReadSettings
from ..errors import Warnings
from ..outputs import check_place
from ..report.make_report import ReportSettings, make_report
from .options import CODE, READING, reads_annotated_texts
from .outcome import describe, reports_failures
from .show_reports import warn_of_left_out
from .terminal import msg, use_device


@reports_failures
@reads_annotated_texts()
def report_cli(
    model: str = typer.Argument(..., help="The pipeline's name or folder"),
    data_path: Path = typer.Argument(
        ...,
        metavar="TEST",
        help="Annotated texts that it has not learned from: .spacy, or an export that `init` reads",
    ),
    reading: ReadSettings = READING,
    teacher: str | None = typer.Option(
        None, "--teacher", help="A pipeline to compare it with: where do they differ?"
    ),
    output_path: Path = typer.Option(
        Path("report.html"), "--output", "-o", help="The HTML file to write"
    ),
    component: str | None = typer.Option(
        None, "--component", help="The tagger's name, if a pipeline has several"
    ),
    code: Path | None = CODE,
    batch_size: int = typer.Option(64, "--batch-size", min=1, help="Texts tagged at a time"),
    gpu_id: int = typer.Option(-1, "--gpu-id", "-g", help="GPU ID or -1 for CPU"),
    speed: bool = typer.Option(
        True, "--speed/--no-speed", help="Tell words per second, which differ from run to run"
    ),
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace an existing output"),
) -> None:
    """Make a page that shows what a pipeline finds, and where it errs.

    One HTML file that needs neither a network nor any other file: figures, what is taken for what,
    what confidence is worth, and all texts with what was found in them, those with errors first,
    to be filtered by label, kind of error and confidence.
    """
    try:
        settings = ReportSettings(
            component=component,
            reading=reading,
            batch_size=batch_size,
            with_speed=speed,
        )
        check_place(output_path, inputs=[code])
        import_code(code)
        use_device(gpu_id)
        with tqdm(unit=" texts") as progress:

            def start(gold: GoldFile) -> None:
                warn_of_left_out(gold, data_path)
                progress.reset(total=len(gold.docs))

            report = make_report(
                model,
                data_path,
                output_path,
                teacher=teacher,
                settings=settings,
                overwrite=overwrite,
                on_gold=start,
                on_progress=progress.update,
            )
    except (ValueError, OSError, ImportError) as error:
        msg.fail(f"{output_path} was not written", describe(error), exits=1)
    if not report.has_diagrams:
        msg.warn(Warnings.W010)
    figures = report.figures
    if figures.n_left_out:
        msg.warn(Warnings.W011.format(n_texts=figures.n_left_out, path=data_path))
    total = figures.model.scores.total
    msg.good(f"{len(figures.texts)} texts, F1 {100 * total.fscore:.1f}: {output_path}")
