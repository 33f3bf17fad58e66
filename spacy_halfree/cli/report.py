"""`python -m spacy halfree report`."""

from pathlib import Path

import spacy
import typer
from spacy.cli._util import setup_gpu
from tqdm import tqdm
from wasabi import msg

from ..data.gold import read_gold
from ..data.offsets import OffsetUnit
from ..distill.annotate import find_tagger
from ..errors import Warnings
from ..outputs import check_output_file, write_output
from ..report.collect import Figures, System, collect
from ..report.rendering import make_diagrams, render
from .options import OFFSETS, Offsets, unit_of, warn_of_left_out
from .outcome import describe, reports_failures


@reports_failures
def report_cli(
    model: str = typer.Argument(..., help="The pipeline's name or folder"),
    data_path: Path = typer.Argument(
        ...,
        metavar="TEST",
        help="Annotated texts that it has not learned from: .spacy, or an export that `init` reads",
    ),
    offsets: Offsets | None = OFFSETS,
    teacher: str | None = typer.Option(
        None, "--teacher", help="A pipeline to compare it with: where do they differ?"
    ),
    output_path: Path = typer.Option(
        Path("report.html"), "--output", "-o", help="The HTML file to write"
    ),
    component: str | None = typer.Option(
        None, "--component", help="The tagger's name, if a pipeline has several"
    ),
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
        read = [data_path, Path(model), *([Path(teacher)] if teacher else [])]
        check_output_file(output_path, inputs=read, overwrite=overwrite)
        setup_gpu(gpu_id)
        figures = compare_pipelines(
            model, data_path, teacher, component, batch_size, speed, offsets=unit_of(offsets)
        )
        write_report(figures, output_path, overwrite=overwrite)
    except (ValueError, OSError, ImportError) as error:
        msg.fail(f"{output_path} was not written", describe(error), exits=1)
    if figures.n_left_out:
        msg.warn(Warnings.W011.format(n_texts=figures.n_left_out, path=data_path))
    total = figures.model.scores.total
    msg.good(f"{len(figures.texts)} texts, F1 {100 * total.fscore:.1f}: {output_path}")


def compare_pipelines(
    model: str,
    data_path: Path,
    teacher: str | None,
    component: str | None,
    batch_size: int,
    speed: bool,
    *,
    offsets: OffsetUnit | None = None,
) -> Figures:
    """Let pipelines tag the texts; see `report_cli`.

    RAISES: ValueError, OSError (H021, H022, H027, H044, H046, H070) if that cannot be.
    """
    systems = []
    for name in [model] if teacher is None else [model, teacher]:
        nlp = spacy.load(name)
        systems.append(System(name, nlp, find_tagger(nlp, component)))
    gold = read_gold(data_path, systems[0].nlp, offsets=offsets)
    warn_of_left_out(gold, data_path)
    docs = gold.docs
    with tqdm(total=len(docs), unit=" texts") as progress:
        return collect(
            systems[0],
            docs,
            str(data_path),
            teacher=systems[1] if teacher is not None else None,
            batch_size=batch_size,
            with_speed=speed,
            on_progress=progress.update,
        )


def write_report(figures: Figures, output_path: Path, *, overwrite: bool) -> None:
    """Write the page, with diagrams if these can be drawn."""
    try:
        diagrams = make_diagrams(figures)
    except ImportError:
        diagrams = None
        msg.warn(Warnings.W010)
    page = render(figures, diagrams)
    write_output(output_path, page.encode(), overwrite=overwrite)
