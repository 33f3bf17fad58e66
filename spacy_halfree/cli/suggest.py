"""`python -m spacy halfree suggest`."""

from enum import Enum
from pathlib import Path

import typer
from tqdm import tqdm

from ..active_learning.suggest import Suggestions, SuggestionSettings, suggest
from ..custom_code import import_code
from ..data.file_formats import ANNOTATED_FILES, RAW_FILES, WRITABLE
from ..data.inputs import find_inputs, local_inputs, local_path
from ..data.read_settings import ReadSettings
from ..data.records import InvalidRecord
from ..data.suggestion_files import check_suffix, check_tool, write_suggestions
from ..errors import Warnings
from ..labelling.worker import TeacherWorker
from ..outputs import check_output_file, write_output
from .options import (
    CODE,
    PRECISION,
    READING,
    Offsets,
    PrecisionName,
    one_of,
    reads_annotated_texts,
    unit_of,
)
from .outcome import describe, reports_failures
from .terminal import msg, print_lines, use_device


class Score(str, Enum):
    """What makes a text worth labelling."""

    ENTROPY = "entropy"
    CONFIDENCE = "confidence"
    DISAGREEMENT = "disagreement"


class Per(str, Enum):
    """What a score is taken of."""

    TEXT = "text"
    WORD = "word"


@reports_failures
@reads_annotated_texts("offsets")
def suggest_cli(
    models: list[str] = typer.Argument(
        ...,
        metavar="MODEL...",
        help="A trained pipeline's name or folder; or several, to ask all of them",
    ),
    raw: str = typer.Option(
        ...,
        "--raw",
        help=f"Raw texts: a file {RAW_FILES}, or a folder of such files; also as a URI",
    ),
    output: Path = typer.Option(..., "--output", "-o", help="The file to write"),
    n: int = typer.Option(50, "--n", "-n", min=1, help="How many texts to suggest"),
    labelled: list[Path] = typer.Option(
        [],
        "--labelled",
        help=f"Texts that are labelled already: {ANNOTATED_FILES}; may be given several times",
        exists=True,
    ),
    reading: ReadSettings = READING,
    tool: str = typer.Option(
        "prodigy",
        "--format",
        metavar=f"[{'|'.join(WRITABLE)}]",
        callback=one_of(WRITABLE),
        help="The tool to write for",
    ),
    offsets: Offsets | None = typer.Option(
        None, "--offsets", help="How doccano will count in the output [default: utf-16]"
    ),
    score: Score = typer.Option(
        Score.ENTROPY,
        "--score",
        help="What makes a text worth labelling; 'disagreement' needs several models",
    ),
    per: Per = typer.Option(
        Per.TEXT, "--per", help="Sum the score over a 'text', or take its mean per 'word'"
    ),
    diversity: float = typer.Option(
        1.0,
        "--diversity",
        min=0.0,
        help="How much similarity to a known text lowers the score; 0: not at all",
    ),
    max_similarity: float = typer.Option(
        0.8,
        "--max-similarity",
        min=0.0,
        max=1.0,
        help="Leave out texts that are at least this similar to a labelled or suggested one",
    ),
    component: str | None = typer.Option(
        None, "--component", help="The tagger's name, if a pipeline has several"
    ),
    code: Path | None = CODE,
    batch_size: int = typer.Option(64, "--batch-size", min=1, help="Texts tagged at a time"),
    precision: PrecisionName = PRECISION,
    gpu_id: int = typer.Option(-1, "--gpu-id", "-g", help="GPU ID or -1 for CPU"),
    seed: int = typer.Option(0, "--seed", help="Decides between texts of equal worth"),
    max_bad: int = typer.Option(
        1000, "--max-bad", min=0, help="Stop when more texts than this cannot be used"
    ),
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace an existing output"),
) -> None:
    """Choose the raw texts that are most worth labelling next.

    These are texts of which the models are unsure, or in which they differ, and which are like
    neither each other nor what is labelled already. They are written with the models' annotation,
    to be corrected, in a form that the annotation tool imports. Texts that cannot be used are named
    and left out.
    """
    try:
        check_tool(tool, unit_of(offsets))
        check_suffix(output, tool)
        read = [local_path(raw), *local_inputs(find_inputs(raw)), *labelled, *map(Path, models)]
        check_output_file(output, inputs=[*read, code], overwrite=overwrite)
        import_code(code)
        use_device(gpu_id)
        worker = TeacherWorker(
            tuple(models),
            component=component,
            batch_size=batch_size,
            precision=precision.value,
            gpu_id=gpu_id,
            code=None if code is None else str(code),
        )
        settings = SuggestionSettings(
            n=n,
            measure=score.value,
            unit=per.value,
            diversity=diversity,
            max_similarity=max_similarity,
            seed=seed,
            max_bad=max_bad,
            reading=reading,
        )
        found = run(worker, raw, labelled, settings)
        content = write_suggestions(found.texts, tool, offsets=unit_of(offsets))
        write_output(output, content, overwrite=overwrite)
    except (ValueError, OSError, ImportError) as error:
        msg.fail(f"{output} was not written", describe(error), exits=1)
    if found.n_labelled:
        msg.info(f"{found.n_labelled} of {found.n_read} raw texts are labelled already")
    n_texts = len(found.texts)
    if n_texts < n:
        msg.warn(Warnings.W014.format(n_found=n_texts, n=n, n_texts=found.n_read))
    msg.good(f"Suggested {n_texts} of {found.n_read} texts: {output}")
    describe_setup = WRITABLE[tool].describe_setup
    if describe_setup is not None:
        print_lines(describe_setup(found.labels))


def run(
    worker: TeacherWorker, raw: str, labelled: list[Path], settings: SuggestionSettings
) -> Suggestions:
    """Choose texts with a progress bar, and name what cannot be used."""
    invalid: list[InvalidRecord] = []
    try:
        with tqdm(unit=" texts") as progress:
            return suggest(
                worker,
                raw,
                labelled,
                settings=settings,
                on_progress=progress.update,
                on_invalid=invalid.append,
            )
    finally:
        for record in invalid:
            warning = Warnings.W001.format(path=record.file, line=record.line, reason=record.reason)
            msg.warn(warning)
