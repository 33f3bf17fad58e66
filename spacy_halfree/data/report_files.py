"""Reports on files of texts as files for programs."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..outputs import write_output
from .agreement import Comparison
from .file_report import FileReport, Problem

MOST_CHARACTERS = 1_000
"""Of a longer text, only what is around a span is written with each problem."""


def write_problems(output: Path, reports: Sequence[FileReport], *, overwrite: bool) -> None:
    """Write all problems as JSON lines.

    Of a text with more than 1,000 characters, an entry has an excerpt, which begins at
    `text_start`.

    RAISES: OSError (H024, H100) if the file cannot be written.
    """
    lines = [
        json.dumps(to_entry(report, problem), ensure_ascii=False) + "\n"
        for report in reports
        for problem in report.problems
    ]
    write_output(output, "".join(lines).encode(), overwrite=overwrite)


def to_entry(report: FileReport, problem: Problem) -> dict[str, Any]:
    """A problem as an object of JSON."""
    entry: dict[str, Any] = {
        "file": problem.file or report.name,
        "number": problem.number,
        "kind": problem.kind,
        "reason": problem.reason,
        "text": problem.text,
    }
    span = problem.span
    if span is not None:
        entry |= vars(span)
    if len(problem.text) > MOST_CHARACTERS:
        middle = 0 if span is None else min(max(span.start, 0), len(problem.text))
        start = max(middle - MOST_CHARACTERS // 2, 0)
        entry["text"] = problem.text[start : start + MOST_CHARACTERS]
        entry["text_start"] = start
    return entry


def write_summary(
    output: Path, reports: Sequence[FileReport], comparison: Comparison, *, overwrite: bool
) -> None:
    """Write what is in each file, what is left out and what is wrong, and how annotations agree.

    RAISES: OSError (H024, H100) if the file cannot be written.
    """
    summary = {
        "files": [report.to_json() for report in reports],
        "agreement": comparison.to_json(),
    }
    content = json.dumps(summary, ensure_ascii=False, indent=2) + "\n"
    write_output(output, content.encode(), overwrite=overwrite)
