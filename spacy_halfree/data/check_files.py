"""Checking the files of annotated texts that belong together."""

import json
from pathlib import Path

import spacy

from ..outputs import write_output
from .annotated_texts import read_annotated_texts
from .checks import FileReport, check_file, missing_labels
from .offsets import OffsetUnit


def check_files(
    train: str | Path,
    dev: str | Path | None = None,
    test: str | Path | None = None,
    *,
    lang: str = "en",
    spans_key: str | None = None,
    offsets: OffsetUnit | None = None,
) -> list[FileReport]:
    """Look for problems in annotated texts: in each file, and between them.

    train: Texts to train on.
    dev, test: Texts to tune and to test on.
    lang: The language of the tokenizer.
    spans_key: The span group to read from `.spacy` files; the entities if None.
    offsets: How exports of doccano count: "utf-16", "code-points" or "graphemes". If None, UTF-16
        units, with a warning where this matters (W023).
    RETURNS: A report on each file.
    RAISES: ValueError (H046, H047) if a file cannot be read.
    """
    nlp = spacy.blank(lang)
    paths = [Path(path) for path in (train, dev, test) if path is not None]
    reports: list[FileReport] = []
    for path in paths:
        records = read_annotated_texts(path, nlp, spans_key, offsets=offsets)
        report = check_file(str(path), records, reports)
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
