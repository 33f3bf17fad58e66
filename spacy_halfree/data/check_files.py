"""Checking the files of annotated and raw texts that belong together."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from spacy.language import Language

from .agreement import Comparison, SourcedText
from .annotated_texts import (
    AnnotatedFile,
    find_annotated_files,
    tokenize_in_batches,
    tokenize_records,
)
from .checks import check_file, missing_labels
from .file_report import FileReport, Problem
from .merging import ReadFile, merge_files
from .progress import Progress, counted
from .raw_pool import LABELLED, read_pool
from .read_settings import ReadSettings
from .records import Annotation, NumberedRecord
from .sources import find_sources
from .stored_tokens import compare_stored_tokens
from .tokenizers import make_tokenizing_pipeline


@dataclass(frozen=True)
class CheckedFiles:
    """What was found in files of texts.

    train: A report on each file to train on.
    held_out: Reports on the files to tune and to test on.
    comparison: How annotations agree, in the files to train on, of texts that have several.
    raw: A report on the raw texts, if there are any.
    """

    train: list[FileReport]
    held_out: list[FileReport]
    comparison: Comparison
    raw: FileReport | None = None

    @property
    def reports(self) -> list[FileReport]:
        """All reports."""
        return [*self.train, *self.held_out, *([self.raw] if self.raw else [])]


def check_files(
    train: str | Path | Sequence[str | Path],
    dev: str | Path | None = None,
    test: str | Path | None = None,
    *,
    raw: str | Path | None = None,
    lang: str | None = None,
    tokenizer: str | Path | None = None,
    reading: ReadSettings | None = None,
    on_progress: Progress | None = None,
) -> CheckedFiles:
    """Look for problems in annotated texts: in each file, and between them.

    train: Texts to train on: a file or several, from the oldest to the newest. Texts that several
        of them have are compared.
    dev, test: Texts to tune and to test on.
    raw: A file or folder of raw texts.
    lang: The language of the tokenizer. If None, that of the config or pipeline, or English.
    tokenizer: A config or a pipeline (its folder or name), to take the tokenizer from.
    reading: How to read the files, where they leave a choice.
    on_progress: Is called with the number of records that have been read since the last call.
    RETURNS: A report on each file.
    RAISES: ValueError (H013, H018, H019, H046, H047, H058, H097, H109) if a file cannot be
        read, (H128) if the tokenizer cannot be used; ImportError if it needs a package that is not
        installed.
    """
    nlp = make_tokenizing_pipeline(lang, tokenizer)
    train = [train] if isinstance(train, str | Path) else train
    held_out = [path for path in (dev, test) if path is not None]
    paths = [Path(path) for path in (*train, *held_out)]
    files = find_annotated_files(paths, reading, lang=str(nlp.lang))
    # an archive may be several files
    members = reading.members if reading is not None else ()
    n_train = sum(len(find_sources(Path(path), members)) for path in train)
    own, others = files[:n_train], files[n_train:]
    reports, comparison = check_training_files(own, nlp, on_progress)
    found = CheckedFiles(reports, [], comparison)
    for file in others:
        texts = tokenize_in_batches(counted(file.read(), on_progress), nlp)
        records = compare_stored_tokens(texts, nlp, file.source.name)
        found.held_out.append(finish(check_file(file.source.name, records, found.reports), file))
    if raw is None:
        return found
    report = FileReport(str(raw))
    labelled = dict.fromkeys((digest for own in found.reports for digest in own.texts), LABELLED)
    for _ in read_pool(str(raw), labelled, nlp.max_length, report, on_progress):
        pass
    return CheckedFiles(found.train, found.held_out, comparison, report)


def check_training_files(
    files: Sequence[AnnotatedFile], nlp: Language, on_progress: Progress | None = None
) -> tuple[list[FileReport], Comparison]:
    """Check files that are trained on together."""
    if len(files) > 1:
        read = [ReadFile.of(file, on_progress) for file in files]
        reports, comparison = check_read_files(read, files, nlp), merge_files(read).comparison
    else:
        # a single file is not kept in memory
        (file,) = files
        comparison = Comparison()
        records = compare_annotators(counted(file.read(), on_progress), file, comparison)
        texts = compare_stored_tokens(tokenize_in_batches(records, nlp), nlp, file.source.name)
        reports = [finish(check_file(file.source.name, texts), file)]
    add_disagreements(reports, comparison)
    return reports, comparison


def check_read_files(
    read: Sequence[ReadFile], files: Sequence[AnnotatedFile], nlp: Language
) -> list[FileReport]:
    """Check files that have been read.

    read: Their records.
    files: The files, in the same order.
    nlp: Tokenizes the texts.
    """
    reports = []
    for own, file in zip(read, files, strict=True):
        records = compare_stored_tokens(tokenize_records(own.records, nlp), nlp, own.name)
        reports.append(finish(check_file(own.name, records), file))
    return reports


def compare_annotators(
    records: Iterable[NumberedRecord], file: AnnotatedFile, comparison: Comparison
) -> Iterator[NumberedRecord]:
    """Compare the annotations that several people have made of one text, while a file is read.

    records: The records. Annotations of one text follow each other, under one number.
    file: The file.
    comparison: Is filled.
    YIELDS: The same records.
    """
    texts: list[SourcedText] = []
    for number, record in records:
        if texts and texts[0].number != number:
            if len(texts) > 1:
                comparison.add(texts)
            texts = []
        if isinstance(record, Annotation):
            texts.append(SourcedText(file.source.name, number, record))
        yield number, record
    if len(texts) > 1:
        comparison.add(texts)


def finish(report: FileReport, file: AnnotatedFile) -> FileReport:
    """Add what concerns a file as a whole to its report."""
    report.format = file.format.name
    report.problems += missing_labels(report)
    return report


def add_disagreements(reports: Sequence[FileReport], comparison: Comparison) -> None:
    """Add the texts that files annotate differently to the problems of the later files."""
    report_on = {report.name: report for report in reports}
    for found in comparison.disagreements:
        later = found.later
        problem = Problem("disagreement", later.number, found.reason, later.annotation.text)
        report_on[later.file].problems.append(problem)
