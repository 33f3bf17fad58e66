"""Calibrating a pipeline on disk: one temperature, fitted on annotated texts."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..data.gold import GoldFile, read_gold
from ..data.read_settings import ReadSettings
from ..outputs import check_output_file
from ..pipeline.pipelines import find_tagger, load_pipeline
from ..pipeline.serialization import read_settings, write_settings
from .judgement import judge
from .reliability import Reliability, check_diagram, draw_reliability, fit_temperature, reliability


@dataclass(frozen=True)
class Calibration:
    """A fitted temperature and its effect.

    temperature: What the tagger's scores are divided by.
    before, after: The reliability of confidence with the former temperature and with this one.
    threshold: The pipeline's threshold, which was chosen for the former confidence.
    """

    temperature: float
    before: Reliability
    after: Reliability
    threshold: float


def calibrate(
    model: str | Path,
    data: str | Path,
    *,
    component: str | None = None,
    reading: ReadSettings | None = None,
    diagram: str | Path | None = None,
    dry_run: bool = False,
    overwrite: bool = False,
    on_gold: Callable[[GoldFile], object] | None = None,
) -> Calibration:
    """Fit a temperature and save it in a pipeline.

    model: The pipeline's folder.
    data: Annotated texts that it was not trained on.
    component: The tagger's name, if the pipeline has several.
    reading: How to read the annotated texts, where they leave a choice.
    diagram: Where to draw a reliability diagram; not drawn if None.
    dry_run: Whether to leave the pipeline as it is.
    overwrite: Whether an existing diagram may be replaced.
    on_gold: Is called with the annotated texts as soon as they are read.
    RAISES: ValueError, OSError, ImportError (H021, H022, H027, H044 to H046) if the pipeline cannot
        be calibrated with these texts, (H013, H024, H065, H098, H105) if the diagram cannot be
        drawn.
    """
    model, data = Path(model), Path(data)
    if diagram is not None:
        diagram = Path(diagram)
        check_output_file(diagram, inputs=[data, model], overwrite=overwrite)
        check_diagram(diagram)
    nlp = load_pipeline(model)
    tagger = find_tagger(nlp, component)
    gold = read_gold(data, nlp, reading)
    if on_gold is not None:
        on_gold(gold)
    judgements = judge(nlp, tagger.name, gold.docs)
    temperature = fit_temperature(judgements)
    before = reliability(judgements, tagger.calibration)
    after = reliability(judgements, temperature)
    if diagram is not None:
        draw_reliability({"before": before, "after": after}, diagram, overwrite=overwrite)
    if not dry_run:
        cfg = model / tagger.name / "cfg"
        write_settings(cfg, read_settings(cfg) | {"calibration": temperature})
    return Calibration(temperature, before, after, tagger.threshold)
