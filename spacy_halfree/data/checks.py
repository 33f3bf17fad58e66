"""What may be wrong with annotated texts, found before they are trained on."""

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

import numpy as np

from .records import (
    AnnotatedRecord,
    AnnotatedText,
    InvalidRecord,
    LabelledSpan,
    MisplacedSpan,
    Skipped,
    without_white_space,
)

FEW_TEXTS = 50
"""Fewer texts than these are too few to train a teacher on."""
FEW_EXAMPLES = 5
"""A label with fewer examples than these is hardly learned."""
FEW_RAW_TEXTS = 500
"""The fewest raw texts that students were measured with."""
MOST_NAMES = 10
"""So many names are told at most."""
ALIKE = 0.8
"""How alike the names of two labels are that may be meant to be one, from 0 to 1."""


@dataclass(frozen=True)
class Problem:
    """Something that is wrong at one place of a file.

    kind: What it is, in a few words; the same for all of its kind.
    number: The line or the number of the doc, from 1 on; 0 for the file as a whole.
    reason: What exactly is wrong.
    text: The text; empty if it could not be read.
    span: The span, if it is about one.
    """

    kind: str
    number: int
    reason: str
    text: str = ""
    span: LabelledSpan | None = None


@dataclass
class FileReport:
    """What stands in a file.

    name: The file's name.
    n_texts: The number of texts.
    n_tokens: The number of tokens of all of them.
    labels: How often each label occurs.
    texts: By each text, white space apart, the number of the first line or doc that has it, and
        how it stands there.
    problems: What is wrong.
    left_out: How many texts have no annotation to learn from, by reason.
    """

    name: str
    n_texts: int = 0
    n_tokens: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    texts: dict[str, tuple[int, str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    def add_invalid(self, record: InvalidRecord) -> None:
        """Note a record that cannot be used, and its file if that is one of several."""
        file = "" if record.file == self.name else f"{record.file}: "
        self.problems.append(Problem("unreadable line", record.line, f"{file}it {record.reason}"))


def check_file(name: str, records: Iterable[AnnotatedRecord]) -> FileReport:
    """Check every text of a file.

    name: The file's name.
    records: What was read from it.
    """
    report = FileReport(name)
    annotations: dict[str, list[tuple[int, int, str]]] = {}
    for record in records:
        if isinstance(record, InvalidRecord):
            report.add_invalid(record)
            continue
        if isinstance(record, Skipped):
            report.left_out[record.reason] += 1
            continue
        report.n_texts += 1
        report.n_tokens += len(record.doc)
        report.labels.update(span.label for span in record.spans)
        report.problems += check_text(record)
        if is_unannotated(record):
            report.left_out["they are not annotated"] += 1
        text = without_white_space(record.text)
        first, _ = report.texts.setdefault(text, (record.number, record.text))
        spans = spans_without_white_space(record)
        if annotations.setdefault(text, spans) != spans:
            reason = f"number {first} has the same text with other spans"
            report.problems.append(
                Problem("contradicting annotation", record.number, reason, record.text)
            )
    return report


def is_unannotated(text: AnnotatedText) -> bool:
    """Whether nothing is said about any word of a text that has words."""
    words = {token.i for token in text.doc if not token.is_space}
    return bool(words) and not text.spans and words <= set(text.missing)


def spans_without_white_space(text: AnnotatedText) -> list[tuple[int, int, str]]:
    """The spans of a text, in order, as they would stand in it without its white space."""
    before = [0, *np.cumsum([not character.isspace() for character in text.text]).tolist()]
    last = len(text.text)
    return sorted(
        (before[min(max(span.start, 0), last)], before[min(max(span.end, 0), last)], span.label)
        for span in text.spans
    )


def check_text(text: AnnotatedText) -> list[Problem]:
    """Check the spans of one text."""
    problems = []
    if not text.text.strip():
        problems.append(Problem("empty text", text.number, "it has no words", text.text))
    inside = []
    for span in text.spans:
        found = check_span(text, span)
        if found is None or found[0] == "white space at the edge":
            inside.append(span)
        if found is not None:
            problems.append(Problem(found[0], text.number, found[1], text.text, span))
    furthest: LabelledSpan | None = None
    for span in sorted(inside, key=attrgetter("start", "end", "label")):
        if furthest is not None and span.start < furthest.end:
            other = f"{text.text[furthest.start : furthest.end]!r} ({furthest.label})"
            reason = f"it overlaps {other}"
            problems.append(Problem("overlapping spans", text.number, reason, text.text, span))
        if furthest is None or span.end > furthest.end:
            furthest = span
    return problems


def check_span(text: AnnotatedText, span: LabelledSpan) -> tuple[str, str] | None:
    """What is wrong with a span by itself: the kind of problem, and what exactly."""
    characters = text.text
    if isinstance(span, MisplacedSpan):
        return span.kind, span.reason
    if span.start >= span.end:
        return "empty span", "it ends where it begins, or before"
    if not 0 <= span.start < span.end <= len(characters):
        return "outside of the text", f"the text has {len(characters)} characters"
    if not span.label.strip():
        return "no label", "its label is empty"
    content = characters[span.start : span.end]
    if content != content.strip():
        return "white space at the edge", f"{content!r} begins or ends with white space"
    if text.doc.char_span(span.start, span.end) is None:
        cut = [
            token.text
            for token in text.doc
            if any(token.idx < bound < token.idx + len(token) for bound in (span.start, span.end))
        ]
        return "not aligned with tokens", f"{content!r} cuts the tokens {', '.join(map(repr, cut))}"
    return None


def shared_texts(report: FileReport, other: FileReport) -> list[Problem]:
    """Texts of a file that another one has, too, white space apart."""
    return [
        Problem(
            "text of two files",
            number,
            f"{other.name} has it as number {other.texts[key][0]}",
            text,
        )
        for key, (number, text) in report.texts.items()
        if key in other.texts
    ]


def missing_labels(report: FileReport) -> list[Problem]:
    """That a file has nothing to learn from or to score with, if that is so."""
    if report.labels:
        return []
    return [Problem("no labelled span", 0, f"there is none in its {report.n_texts} texts")]


def find_gaps(train: FileReport, others: Sequence[FileReport]) -> list[str]:
    """What is missing or scarce, in sentences."""
    gaps = []
    if train.n_texts < FEW_TEXTS:
        gaps.append(
            f"{train.name} has {train.n_texts} texts; about 100 make a useful teacher, fewer than "
            f"{FEW_TEXTS} rarely do"
        )
    rare = sorted(label for label, n in train.labels.items() if n < FEW_EXAMPLES)
    if rare:
        counted = ", ".join(f"{label} ({train.labels[label]})" for label in rare)
        gaps.append(
            f"{train.name} has fewer than {FEW_EXAMPLES} examples of {counted}: they will "
            "hardly be learned"
        )
    gaps += [
        f"{train.name} has '{label}' ({train.labels[label]}), which looks like '{other}' "
        f"({train.labels[other]}): if it is a slip, mend it, or both are learned as they stand"
        for label, other in find_slips(train.labels)
    ]
    for other in others:
        untried = sorted(set(train.labels) - set(other.labels) - set(rare))
        if untried and other.labels:
            gaps.append(
                f"{other.name} has no example of {some_of(untried)}: nothing tells how well they "
                "are found"
            )
        unseen = sorted(set(other.labels) - set(train.labels))
        if unseen:
            gaps.append(
                f"{other.name} has labels that {train.name} has not, which can never be found: "
                f"{', '.join(unseen)}"
            )
    return gaps


def some_of(names: Sequence[str]) -> str:
    """The first names of many."""
    rest = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + rest


def find_slips(labels: Counter[str]) -> list[tuple[str, str]]:
    """Labels that may be meant to be another, more frequent one.

    labels: How often each label occurs.
    RETURNS: Pairs of a label and the more frequent one: those that differ in case and punctuation
        alone, and rare ones that are written almost as one that is much more frequent is. A word of
        a name that other labels have, too (`depart_time` beside `arrive_time` and `arrive_date`),
        is no slip.
    """
    slips = []
    for label in sorted(labels):
        others = sorted(
            (other for other in labels if (labels[other], other) > (labels[label], label)),
            key=lambda other: -labels[other],
        )
        same = [other for other in others if letters_of(other) == letters_of(label)]
        if same:
            slips.append((label, same[0]))
        elif labels[label] < FEW_EXAMPLES:
            frequent = [other for other in others if labels[other] >= 10 * labels[label]]
            close = difflib.get_close_matches(label, frequent, n=1, cutoff=ALIKE)
            slips += [(label, other) for other in close if not is_variant(label, other, labels)]
    return slips


def is_variant(label: str, other: str, labels: Iterable[str]) -> bool:
    """Whether what a label's name has and another's has not stands in a third one, too."""
    own = words_of(label) - words_of(other)
    return any(own & words_of(third) for third in labels if third not in (label, other))


def letters_of(label: str) -> str:
    """A label without case and punctuation."""
    return "".join(re.findall(r"[^\W_]+", label)).casefold()


def words_of(label: str) -> set[str]:
    """The words of a label's name."""
    return {word.casefold() for word in re.findall(r"[^\W_]+", label)}
