"""`python -m spacy halfree calibrate`."""

from pathlib import Path

import typer

from ..custom_code import import_code
from ..data.read_settings import ReadSettings
from ..errors import Warnings
from ..evaluation.calibrate import Calibration, calibrate
from ..outputs import check_place
from .options import CODE, READING, reads_annotated_texts
from .outcome import describe, reports_failures
from .show_reports import warn_of_left_out
from .terminal import msg


@reports_failures
@reads_annotated_texts()
def calibrate_cli(
    model: Path = typer.Argument(..., help="The pipeline's folder", exists=True, file_okay=False),
    data_path: Path = typer.Argument(
        ...,
        help="Annotated texts that it has not learned from: .spacy, or an export that `init` reads",
        exists=True,
    ),
    reading: ReadSettings = READING,
    component: str | None = typer.Option(
        None, "--component", help="The tagger's name, if the pipeline has several"
    ),
    code: Path | None = CODE,
    diagram: Path | None = typer.Option(
        None, "--diagram", help="Where to draw a reliability diagram (.png or .svg)"
    ),
    dry_run: bool = typer.Option(False, "--dry-run", help="Leave the pipeline as it is"),
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace an existing diagram"),
) -> None:
    """Make a pipeline's confidence mean what it says.

    Fits one temperature on annotated texts and keeps it in the pipeline. What is found does not
    change; `span._.confidence` and `token._.tag_probs` do, and with them what passes a threshold:
    choose that afterwards. Texts by which the checkpoint was chosen are rather too easy.
    """
    try:
        if diagram is not None:
            check_place(diagram, inputs=[code])
        import_code(code)
        found = calibrate(
            model,
            data_path,
            component=component,
            reading=reading,
            diagram=diagram,
            dry_run=dry_run,
            overwrite=overwrite,
            on_gold=lambda gold: warn_of_left_out(gold, data_path),
        )
    except (ValueError, OSError, ImportError) as error:
        msg.fail("The pipeline was not changed", describe(error), exits=1)
    show_curves(found)
    if dry_run:
        msg.info(f"Temperature {found.temperature}; {model} is as it was")
        return
    if found.threshold > 0:
        msg.warn(Warnings.W004.format(path=model, threshold=found.threshold))
    msg.good(f"Temperature {found.temperature} in {model}")


def show_curves(found: Calibration) -> None:
    """Print how reliable confidence was and is."""
    curves = {"before": found.before, "after": found.after}
    errors = {name: curve.expected_calibration_error() for name, curve in curves.items()}
    rows = [
        (
            name,
            f"{errors[name]:.4f}",
            f"{curve.log_loss():.4f}",
            f"{100 * curve.precision_at(0.5):.1f}",
        )
        for name, curve in curves.items()
    ]
    header = ("", "calibration error", "log loss", "precision of the surest half")
    msg.table(rows, header=header, divider=True)
    if errors["after"] > errors["before"]:
        msg.warn(Warnings.W015.format(**errors, n=len(found.after.is_right)))
