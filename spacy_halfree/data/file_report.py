"""What is in a file, what is wrong with it, and what is left out."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .records import InvalidRecord, LabelledSpan

N_FIRST = 5
"""So many places are named of each kind."""
UNREADABLE = "unreadable line"


@dataclass(frozen=True)
class Problem:
    """Something that is wrong at one place of a file.

    kind: What it is, in a few words; the same for all of its kind.
    number: The line or the number of the doc, from 1 on; 0 for the file as a whole.
    reason: What exactly is wrong.
    text: The text; empty if it could not be read.
    span: The span, if it is about one.
    file: The file, if the report is on several.
    """

    kind: str
    number: int
    reason: str
    text: str = ""
    span: LabelledSpan | None = None
    file: str = ""


@dataclass
class Places:
    """Places of a file: how many, and the first ones.

    n: The number of places.
    first: The first lines, or numbers of docs.
    """

    n: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, place: str) -> None:
        """Count a place."""
        self.n += 1
        if len(self.first) < N_FIRST:
            self.first.append(place)

    @property
    def named(self) -> str:
        """The first places, in words."""
        more = ", ..." if self.n > len(self.first) else ""
        names = ", ".join(self.first)
        return f"{'number' if self.n == 1 else 'numbers'} {names}{more}"


@dataclass
class FileReport:
    """What is in a file, or in a folder of files.

    name: The name of the file or folder.
    format: The name of its format.
    n_texts: The number of texts.
    n_tokens: The number of tokens of all of them.
    labels: How often each label occurs.
    texts: The number of the first line or doc with each text, by the text's digest; see
        `checks.digest_text`.
    problems: What is wrong.
    left_out: The texts that are of no use, although nothing is wrong with them, by reason.
    """

    name: str
    format: str = ""
    n_texts: int = 0
    n_tokens: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    texts: dict[bytes, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    left_out: dict[str, Places] = field(default_factory=dict)

    def add_invalid(self, record: InvalidRecord, file: str = "") -> None:
        """Note a record that cannot be used. file: Its file, if the report is on several."""
        self.problems.append(Problem(UNREADABLE, record.line, f"it {record.reason}", file=file))

    def leave_out(self, reason: str, number: int, file: str = "") -> None:
        """Count a text that is of no use. file: Its file, if the report is on several."""
        place = f"{file}:{number}" if file else str(number)
        self.left_out.setdefault(reason, Places()).add(place)

    def counted_problems(self) -> dict[str, Places]:
        """The problems by kind; lines that cannot be read by reason."""
        counted: dict[str, Places] = {}
        for problem in self.problems:
            kind = problem.kind
            if kind == UNREADABLE:
                kind = f"{kind}, {general_reason(problem.reason)}"
            place = f"{problem.file}:{problem.number}" if problem.file else str(problem.number)
            counted.setdefault(kind, Places()).add(place)
        return counted

    def to_json(self) -> dict[str, Any]:
        """The report for programs, without the single problems."""
        return {
            "name": self.name,
            "format": self.format,
            "texts": self.n_texts,
            "tokens": self.n_tokens,
            "labels": dict(sorted(self.labels.items())),
            "left_out": {reason: vars(own) for reason, own in self.left_out.items()},
            "problems": {kind: vars(own) for kind, own in self.counted_problems().items()},
        }


def general_reason(reason: str) -> str:
    """A reason without what differs from line to line: details and numbers."""
    return re.sub(r"(?<= )\d+", "N", re.split(r" \(|: |, which", reason)[0])


def combine(reports: Sequence[FileReport]) -> FileReport:
    """The counts of several files as those of one."""
    if len(reports) == 1:
        return reports[0]
    combined = FileReport(", ".join(report.name for report in reports))
    for report in reports:
        combined.n_texts += report.n_texts
        combined.n_tokens += report.n_tokens
        combined.labels += report.labels
    return combined
