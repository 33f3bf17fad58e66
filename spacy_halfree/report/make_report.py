"""From pipelines and annotated texts to a page on disk."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ..data.gold import GoldFile, read_gold
from ..data.read_settings import ReadSettings
from ..outputs import check_output_file, write_output
from ..pipeline.pipelines import find_tagger, load_pipeline
from ..ranges import check_count
from .collect import Figures, System, collect
from .rendering import make_diagrams, render


@dataclass(frozen=True, kw_only=True)
class ReportSettings:
    """How a report is made.

    component: The tagger's name, if a pipeline has several.
    reading: How to read the annotated texts, where they leave a choice.
    batch_size: How many texts are tagged at a time.
    with_speed: Whether to include words per second, which differ from run to run.
    """

    component: str | None = None
    reading: ReadSettings = field(default_factory=ReadSettings)
    batch_size: int = 64
    with_speed: bool = True

    def __post_init__(self) -> None:
        """RAISES: ValueError (H013) for a batch size out of range."""
        check_count(batch_size=self.batch_size)


@dataclass(frozen=True)
class Report:
    """A report that was written.

    figures: What it shows.
    has_diagrams: Whether it has diagrams, which need matplotlib.
    """

    figures: Figures
    has_diagrams: bool


def make_report(
    model: str | Path,
    data: str | Path,
    output: str | Path,
    *,
    teacher: str | Path | None = None,
    settings: ReportSettings | None = None,
    overwrite: bool = False,
    on_gold: Callable[[GoldFile], object] | None = None,
    on_progress: Callable[[int], object] | None = None,
) -> Report:
    """Write a page that shows what a pipeline finds and where it errs.

    model: The pipeline's name or folder.
    data: Annotated texts that it was not trained on.
    output: The HTML file.
    teacher: A pipeline to compare it with.
    settings: How the report is made.
    overwrite: Whether an existing file may be replaced.
    on_gold: Is called with the annotated texts as soon as they are read.
    on_progress: Is called with the number of texts that have been tagged since the last call.
    RAISES: ValueError, OSError (H021, H022, H027, H044, H046, H070) if the pipelines cannot be
        compared on these texts, (H024, H065, H098) if the file cannot be written.
    """
    settings = settings or ReportSettings()
    data, output = Path(data), Path(output)
    names = [str(model)] if teacher is None else [str(model), str(teacher)]
    check_output_file(output, inputs=[data, *map(Path, names)], overwrite=overwrite)
    pipelines = [load_pipeline(name) for name in names]
    systems = [
        System(name, nlp, find_tagger(nlp, settings.component))
        for name, nlp in zip(names, pipelines, strict=True)
    ]
    gold = read_gold(data, pipelines[0], settings.reading)
    if on_gold is not None:
        on_gold(gold)
    figures = collect(
        systems[0],
        gold.docs,
        str(data),
        teacher=systems[1] if teacher is not None else None,
        batch_size=settings.batch_size,
        with_speed=settings.with_speed,
        on_progress=on_progress,
    )
    try:
        diagrams = make_diagrams(figures)
    except ImportError:
        diagrams = None
    # names of files need not be UTF-8
    page = render(figures, diagrams).encode("utf8", "backslashreplace")
    write_output(output, page, overwrite=overwrite)
    return Report(figures, has_diagrams=diagrams is not None)
