"""What may be wrong with annotated texts, found before they are trained on."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from .entries import BadLine, Entry, LabelledSpan, LabelledText, LeftOut

FEW_TEXTS = 50
"""Fewer texts than these are too few to train a teacher on."""
FEW_EXAMPLES = 5
"""A label with fewer examples than these is hardly learned."""


@dataclass(frozen=True)
class Problem:
    """Something that is wrong at one place of a file.

    kind: What it is, in a few words; the same for all of its kind.
    number: The line or the number of the doc, from 1 on.
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
    texts: The number of the first line or doc with each text.
    problems: What is wrong.
    left_out: How many texts have no annotation to learn from, by reason.
    """

    name: str
    n_texts: int = 0
    n_tokens: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    texts: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


def check_file(name: str, entries: Iterable[Entry]) -> FileReport:
    """Check every text of a file.

    name: The file's name.
    entries: What was read from it.
    """
    report = FileReport(name)
    annotations: dict[str, tuple[LabelledSpan, ...]] = {}
    for entry in entries:
        if isinstance(entry, BadLine):
            report.problems.append(Problem("unreadable line", entry.number, entry.reason))
            continue
        if isinstance(entry, LeftOut):
            report.left_out[entry.reason] += 1
            continue
        report.n_texts += 1
        report.n_tokens += len(entry.doc)
        report.labels.update(span.label for span in entry.spans)
        report.problems += check_text(entry)
        first = report.texts.setdefault(entry.text, entry.number)
        spans = tuple(sorted(entry.spans, key=order_of))
        if annotations.setdefault(entry.text, spans) != spans:
            reason = f"number {first} has the same text with other spans"
            report.problems.append(
                Problem("contradicting annotation", entry.number, reason, entry.text)
            )
    return report


def order_of(span: LabelledSpan) -> tuple[int, int, str]:
    return span.start, span.end, span.label


def check_text(entry: LabelledText) -> list[Problem]:
    """Check the spans of one text."""
    problems = []
    if not entry.text.strip():
        problems.append(Problem("empty text", entry.number, "it has no words", entry.text))
    inside = []
    for span in entry.spans:
        found = check_span(entry, span)
        if found is None or found[0] == "white space at the edge":
            inside.append(span)
        if found is not None:
            problems.append(Problem(found[0], entry.number, found[1], entry.text, span))
    furthest: LabelledSpan | None = None
    for span in sorted(inside, key=order_of):
        if furthest is not None and span.start < furthest.end:
            other = f"{entry.text[furthest.start : furthest.end]!r} ({furthest.label})"
            reason = f"it overlaps {other}"
            problems.append(Problem("overlapping spans", entry.number, reason, entry.text, span))
        if furthest is None or span.end > furthest.end:
            furthest = span
    return problems


def check_span(entry: LabelledText, span: LabelledSpan) -> tuple[str, str] | None:
    """What is wrong with a span by itself: the kind of problem, and what exactly."""
    text = entry.text
    if not 0 <= span.start < span.end <= len(text):
        return "outside of the text", f"the text has {len(text)} characters"
    if not span.label.strip():
        return "no label", "its label is empty"
    content = text[span.start : span.end]
    if content != content.strip():
        return "white space at the edge", f"{content!r} begins or ends with white space"
    if entry.doc.char_span(span.start, span.end) is None:
        cut = [
            token.text
            for token in entry.doc
            if any(token.idx < bound < token.idx + len(token) for bound in (span.start, span.end))
        ]
        return "not aligned with tokens", f"{content!r} cuts the tokens {', '.join(map(repr, cut))}"
    return None


def shared_texts(report: FileReport, other: FileReport) -> list[Problem]:
    """Texts of a file that another one has, too."""
    return [
        Problem(
            "text of two files", number, f"{other.name} has it as number {other.texts[text]}", text
        )
        for text, number in report.texts.items()
        if text in other.texts
    ]


def find_gaps(train: FileReport, others: Sequence[FileReport]) -> list[str]:
    """What is missing or scarce, in sentences."""
    gaps = []
    if train.n_texts < FEW_TEXTS:
        gaps.append(
            f"{train.name} has {train.n_texts} texts; about 100 make a useful teacher, fewer than "
            f"{FEW_TEXTS} rarely do"
        )
    rare = [f"{label} ({n})" for label, n in sorted(train.labels.items()) if n < FEW_EXAMPLES]
    if rare:
        gaps.append(
            f"{train.name} has fewer than {FEW_EXAMPLES} examples of {', '.join(rare)}: they will "
            "hardly be learned"
        )
    for other in others:
        unseen = sorted(set(other.labels) - set(train.labels))
        if unseen:
            gaps.append(
                f"{other.name} has labels that {train.name} has not, which can never be found: "
                f"{', '.join(unseen)}"
            )
    return gaps
