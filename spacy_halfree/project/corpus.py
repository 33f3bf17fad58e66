"""The labelled texts of a project: read, checked, merged and made into docs."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from spacy.language import Language

from ..data.agreement import Comparison
from ..data.annotated_texts import AnnotatedFile, to_annotated_text
from ..data.check_files import add_disagreements, check_read_files
from ..data.checks import is_unannotated
from ..data.file_report import FileReport
from ..data.gold import GoldFile, make_gold_file
from ..data.merging import CONFLICT_CHOICES, OnConflict, ReadFile, merge_files
from ..data.progress import Progress
from ..data.read_settings import ReadSettings
from ..errors import Errors
from ..ranges import check_choice


@dataclass(frozen=True, kw_only=True)
class CorpusSettings:
    """How the labelled texts of a project are read and divided.

    dev, test: How many texts to tune and to test on: a number or a share. By default a fifth each,
        and no texts to test on if there are few.
    on_conflict: What to keep of a text that several files annotate differently: the annotation of
        the "newest" file (the last one given), no annotation of the words that differ
        ("missing"), or nothing ("leave-out").
    reading: How to read the files, where they leave a choice.
    """

    dev: str | float | None = None
    test: str | float | None = None
    on_conflict: OnConflict = "newest"
    reading: ReadSettings = field(default_factory=ReadSettings)

    def __post_init__(self) -> None:
        """RAISES: ValueError (H013) for an unknown choice."""
        check_choice(CONFLICT_CHOICES, on_conflict=self.on_conflict)


@dataclass(frozen=True)
class LabelledTexts:
    """The labelled texts of a project.

    reports: What was found in each file.
    comparison: How the files agree in the texts that they share.
    gold: The docs.
    """

    reports: list[FileReport]
    comparison: Comparison
    gold: GoldFile


def make_labelled_texts(
    files: Sequence[AnnotatedFile],
    nlp: Language,
    on_conflict: OnConflict,
    on_progress: Progress | None = None,
) -> LabelledTexts:
    """Read labelled texts, and keep one annotation of each text that several files have.

    files: The files, from the oldest to the newest.
    nlp: Tokenizes the texts.
    on_conflict: See `CorpusSettings`.
    on_progress: Is called with the number of records that have been read since the last call.
    RAISES: ValueError (H046) if a file cannot be read.
    """
    read = [ReadFile.of(file, on_progress) for file in files]
    reports = check_read_files(read, files, nlp)
    merged = merge_files(read, on_conflict)
    add_disagreements(reports, merged.comparison)
    report_on = {report.name: report for report in reports}
    for dropped, reason in merged.dropped:
        report_on[dropped.file].leave_out(reason, dropped.number)
    texts = [to_annotated_text(text.number, text.annotation, nlp) for text in merged.texts]
    usable = [text for text in texts if text.text.strip() and not is_unannotated(text)]
    return LabelledTexts(reports, merged.comparison, make_gold_file(usable))


def check_has_spans(labelled: LabelledTexts) -> None:
    """RAISES: ValueError (H075) if there is nothing to learn from."""
    if labelled.gold.n_left_out == labelled.gold.n_spans:
        names = ", ".join(report.name for report in labelled.reports)
        raise ValueError(Errors.H075.format(path=names))
