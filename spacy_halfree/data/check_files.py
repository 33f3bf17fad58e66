"""Checking the files of annotated and raw texts that belong together."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from spacy.language import Language

from ..outputs import write_output
from .annotated_texts import (
    AnnotatedFile,
    find_annotated_files,
    tokenize_in_batches,
    tokenize_records,
)
from .checks import check_file, missing_labels
from .file_report import FileReport, Problem
from .merging import Comparison, ReadFile, merge_files
from .progress import Progress, counted
from .raw_pool import read_pool
from .read_settings import ReadSettings
from .sources import find_sources
from .stored_tokens import compare_stored_tokens
from .tokenizers import make_tokenizing_pipeline


@dataclass(frozen=True)
class CheckedFiles:
    """What was found in files of texts.

    train: A report on each file to train on.
    held_out: Reports on the files to tune and to test on.
    comparison: How the files to train on agree in the texts that they share.
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
        texts = counted(tokenize_in_batches(file, nlp), on_progress)
        records = compare_stored_tokens(texts, nlp, file.source.name)
        found.held_out.append(finish(check_file(file.source.name, records, found.reports), file))
    if raw is None:
        return found
    report = FileReport(str(raw))
    labelled = {digest for own in found.reports for digest in own.texts}
    for _ in read_pool(str(raw), labelled, nlp.max_length, report, on_progress):
        pass
    return CheckedFiles(found.train, found.held_out, comparison, report)


def check_training_files(
    files: Sequence[AnnotatedFile], nlp: Language, on_progress: Progress | None = None
) -> tuple[list[FileReport], Comparison]:
    """Check files that are trained on together."""
    if len(files) == 1:
        # a single file needs not be kept
        (file,) = files
        texts = counted(tokenize_in_batches(file, nlp), on_progress)
        records = compare_stored_tokens(texts, nlp, file.source.name)
        report = check_file(file.source.name, records)
        return [finish(report, file)], Comparison()
    read = [ReadFile.of(file, on_progress) for file in files]
    reports = []
    for own, file in zip(read, files, strict=True):
        records = compare_stored_tokens(tokenize_records(own.records, nlp), nlp, own.name)
        reports.append(finish(check_file(own.name, records), file))
    comparison = merge_files(read).comparison
    add_disagreements(reports, comparison)
    return reports, comparison


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


def write_problems(output: Path, reports: list[FileReport], *, overwrite: bool) -> None:
    """Write all problems as JSON lines.

    RAISES: OSError (H024, H100) if the file cannot be written.
    """
    lines = []
    for report in reports:
        for problem in report.problems:
            entry = {
                "file": problem.file or report.name,
                "number": problem.number,
                "kind": problem.kind,
                "reason": problem.reason,
                "text": problem.text,
            }
            if problem.span is not None:
                entry |= vars(problem.span)
            lines.append(json.dumps(entry, ensure_ascii=False) + "\n")
    write_output(output, "".join(lines).encode(), overwrite=overwrite)


def write_summary(output: Path, reports: list[FileReport], *, overwrite: bool) -> None:
    """Write what is in each file, what is left out and what is wrong, as a JSON list.

    RAISES: OSError (H024, H100) if the file cannot be written.
    """
    summary = [report.to_json() for report in reports]
    content = json.dumps(summary, ensure_ascii=False, indent=2) + "\n"
    write_output(output, content.encode(), overwrite=overwrite)
