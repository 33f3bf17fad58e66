"""`python -m spacy halfree calibrate`."""

from pathlib import Path

import spacy
import typer
from wasabi import msg

from ..data.gold import read_gold
from ..data.offsets import OffsetUnit
from ..distill.annotate import find_tagger
from ..errors import Warnings
from ..evaluation.judgement import judge
from ..evaluation.reliability import check_diagram, draw_reliability, fit_temperature, reliability
from ..outputs import check_output_file
from ..pipeline.settings_file import read_settings, write_settings
from .options import OFFSETS, Offsets, unit_of, warn_of_left_out
from .outcome import describe, reports_failures


@reports_failures
def calibrate_cli(
    model: Path = typer.Argument(..., help="The pipeline's folder", exists=True, file_okay=False),
    data_path: Path = typer.Argument(
        ...,
        help="Annotated texts that it has not learned from: .spacy, or an export that `init` reads",
        exists=True,
    ),
    offsets: Offsets | None = OFFSETS,
    component: str | None = typer.Option(
        None, "--component", help="The tagger's name, if the pipeline has several"
    ),
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
            check_output_file(diagram, inputs=[data_path, model], overwrite=overwrite)
            check_diagram(diagram)
        calibrate_pipeline(
            model,
            data_path,
            component,
            diagram,
            dry_run,
            offsets=unit_of(offsets),
            overwrite=overwrite,
        )
    except (ValueError, OSError, ImportError) as error:
        msg.fail("The pipeline was not changed", describe(error), exits=1)


def calibrate_pipeline(
    model: Path,
    data_path: Path,
    component: str | None,
    diagram: Path | None,
    dry_run: bool,
    *,
    offsets: OffsetUnit | None = None,
    overwrite: bool = False,
) -> None:
    """Calibrate a pipeline on disk; see `calibrate_cli`.

    RAISES: ValueError, OSError, ImportError (H021, H022, H027, H044 to H046) if that cannot be.
    """
    nlp = spacy.load(model)
    tagger = find_tagger(nlp, component)
    gold = read_gold(data_path, nlp, offsets=offsets)
    warn_of_left_out(gold, data_path)
    judgements = judge(nlp, tagger.name, gold.docs)
    temperature = fit_temperature(judgements)
    curves = {
        "before": reliability(judgements, tagger.calibration),
        "after": reliability(judgements, temperature),
    }
    if diagram is not None:
        draw_reliability(curves, diagram, overwrite=overwrite)
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
        n_judged = sum(len(judgement.is_right) for judgement in judgements)
        msg.warn(Warnings.W015.format(**errors, n=n_judged))
    if dry_run:
        msg.info(f"Temperature {temperature}; {model} is as it was")
        return
    store_calibration(model / tagger.name / "cfg", temperature)
    if tagger.threshold > 0:
        msg.warn(Warnings.W004.format(path=model, threshold=tagger.threshold))
    msg.good(f"Temperature {temperature} in {model}")


def store_calibration(cfg: Path, temperature: float) -> None:
    """Write a temperature into a saved component."""
    write_settings(cfg, read_settings(cfg) | {"calibration": temperature})
