"""Checking the files of annotated texts that belong together."""

import json
from pathlib import Path

import spacy

from ..outputs import write_output
from .annotated_texts import find_annotated_files, tokenize_in_batches
from .checks import FileReport, check_file, missing_labels
from .read_settings import ReadSettings


def check_files(
    train: str | Path,
    dev: str | Path | None = None,
    test: str | Path | None = None,
    *,
    lang: str = "en",
    reading: ReadSettings | None = None,
) -> list[FileReport]:
    """Look for problems in annotated texts: in each file, and between them.

    train: Texts to train on.
    dev, test: Texts to tune and to test on.
    lang: The language of the tokenizer.
    reading: How to read the files, where they leave a choice.
    RETURNS: A report on each file.
    RAISES: ValueError (H013, H046, H047, H097, H109) if a file cannot be read.
    """
    nlp = spacy.blank(lang)
    paths = [Path(path) for path in (train, dev, test) if path is not None]
    reports: list[FileReport] = []
    for file in find_annotated_files(paths, reading, lang=lang):
        report = check_file(file.source.name, tokenize_in_batches(file, nlp), reports)
        report.problems += missing_labels(report)
        reports.append(report)
    return reports


def write_problems(output: Path, reports: list[FileReport], *, overwrite: bool) -> None:
    """Write all problems as JSON lines.

    RAISES: OSError (H024, H100) if the file cannot be written.
    """
    lines = []
    for report in reports:
        for problem in report.problems:
            entry = {
                "file": report.name,
                "number": problem.number,
                "kind": problem.kind,
                "reason": problem.reason,
                "text": problem.text,
            }
            if problem.span is not None:
                entry |= vars(problem.span)
            lines.append(json.dumps(entry, ensure_ascii=False) + "\n")
    write_output(output, "".join(lines).encode(), overwrite=overwrite)
