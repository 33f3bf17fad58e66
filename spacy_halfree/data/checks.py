"""What may be wrong with annotated texts, found before they are trained on."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from operator import attrgetter

from spacy.tokens import Doc

from .file_report import FileReport, Problem
from .records import (
    AnnotatedRecord,
    AnnotatedText,
    InvalidRecord,
    LabelledSpan,
    MisplacedSpan,
    Skipped,
    without_white_space,
)
from .similar_labels import FEW_EXAMPLES, find_slips

FEW_TEXTS = 50
"""Fewer texts than these are too few to train a teacher on."""
UNANNOTATED = "not annotated: nothing is said about any word"
FEW_RAW_TEXTS = 500
"""The fewest raw texts that students were measured with."""
MOST_NAMES = 10
"""So many names are told at most."""
DIGEST_SIZE = 16
"""How many bytes stand for a text, so that a report of a large file stays small."""


def check_file(
    name: str, records: Iterable[AnnotatedRecord], others: Sequence[FileReport] = ()
) -> FileReport:
    """Check every text of a file.

    name: The file's name.
    records: What was read from it.
    others: Reports on other files. Texts that are in one of them, too, are problems of this file,
        and follow its other problems.
    """
    report = FileReport(name)
    annotations: dict[bytes, tuple[int, bytes]] = {}
    shared: list[list[Problem]] = [[] for _ in others]
    for record in records:
        if isinstance(record, InvalidRecord):
            report.add_invalid(record)
            continue
        if isinstance(record, Skipped):
            report.leave_out(record.reason, record.number)
            continue
        if is_unannotated(record):
            report.leave_out(UNANNOTATED, record.number)
            continue
        report.n_texts += 1
        report.n_tokens += len(record.doc)
        report.labels.update(span.label for span in record.spans)
        report.problems += check_text(record)
        text, number = record.text, record.number
        key = digest_text(text)
        if key not in report.texts:
            report.texts[key] = number
            for other, problems in zip(others, shared, strict=True):
                if key in other.texts:
                    reason = f"{other.name} has it as number {other.texts[key]}"
                    problems.append(Problem("text of two files", number, reason, text))
        if record.missing:
            # tools that ask about one span at a time write a text several times
            continue
        spans = digest_spans(text, record.spans)
        first, expected = annotations.setdefault(key, (number, spans))
        if spans != expected and first != number:
            reason = f"number {first} has the same text with other spans"
            report.problems.append(Problem("contradicting annotation", number, reason, text))
    report.problems += chain.from_iterable(shared)
    return report


def is_unannotated(text: AnnotatedText) -> bool:
    """Whether nothing is said about any word of a text that has words."""
    if text.spans or not text.missing:
        return False
    missing = set(text.missing)
    words = [token.i for token in text.doc if not token.is_space]
    return bool(words) and missing.issuperset(words)


def digest_text(text: str) -> bytes:
    """What stands for a text in a report: texts that differ in white space alone have the same."""
    return digest(without_white_space(text))


def digest_spans(text: str, spans: Sequence[LabelledSpan]) -> bytes:
    """What stands for the spans of a text, as they would be in it without its white space.

    text: The text.
    spans: Its spans, in any order.
    """
    if not spans:
        return b""
    bounds = {bound for span in spans for bound in (span.start, span.end)}
    places = {}
    last = n_before = 0
    for bound in sorted(bounds):
        place = min(max(bound, 0), len(text))
        n_before += len(without_white_space(text[last:place]))
        places[bound], last = n_before, place
    own = sorted((places[span.start], places[span.end], span.label) for span in spans)
    return digest(repr(own))


def digest(text: str) -> bytes:
    """The BLAKE2 digest of a text."""
    return hashlib.blake2b(text.encode(), digest_size=DIGEST_SIZE).digest()


def check_text(text: AnnotatedText) -> list[Problem]:
    """Check the spans of one text.

    text: The text.
    RETURNS: What is wrong with each span by itself, in the order of the spans, and then what is
        wrong with it beside those that begin before it or with it.
    """
    # joined of the doc's tokens each time
    characters = text.text
    problems = []
    if not characters.strip():
        problems.append(Problem("empty text", text.number, "it has no words", characters))
    inside = []
    for span in text.spans:
        found = check_span(span, characters, text.doc)
        if found is None or found[0] == "white space at the edge":
            inside.append(span)
        if found is not None:
            problems.append(Problem(found[0], text.number, found[1], characters, span))
    problems += [
        Problem(kind, text.number, reason, characters, span)
        for kind, reason, span in find_conflicts(inside, characters)
    ]
    return problems


def check_span(span: LabelledSpan, text: str, doc: Doc) -> tuple[str, str] | None:
    """What is wrong with a span by itself.

    span: The span.
    text: The text of the doc.
    doc: The text with its tokens.
    RETURNS: The kind of problem, and what exactly is wrong; None if nothing is.
    """
    if isinstance(span, MisplacedSpan):
        return span.kind, span.reason
    if span.start >= span.end:
        return "empty span", "it ends where it begins, or before"
    if not 0 <= span.start < span.end <= len(text):
        return "outside of the text", f"the text has {len(text)} characters"
    if not span.label.strip():
        return "no label", "its label is empty"
    if text[span.start].isspace() or text[span.end - 1].isspace():
        content = text[span.start : span.end]
        return "white space at the edge", f"{content!r} begins or ends with white space"
    if doc.char_span(span.start, span.end) is None:
        content = text[span.start : span.end]
        cut = ", ".join(map(repr, cut_tokens(span, doc)))
        return "not aligned with tokens", f"{content!r} cuts the tokens {cut}"
    return None


def cut_tokens(span: LabelledSpan, doc: Doc) -> list[str]:
    """The tokens that a span has only a part of: two at most.

    span: The span, inside of the text, without white space at its edges.
    doc: The text.
    """
    # spaCy searches for the tokens at both edges, and compares no others
    touched = doc.char_span(span.start, span.end, alignment_mode="expand")
    assert touched is not None
    cut = {}
    for token, is_cut in (
        (touched[0], touched.start_char < span.start),
        (touched[-1], span.end < touched.end_char),
    ):
        if is_cut:
            cut[token.i] = token.text
    return list(cut.values())


def find_conflicts(
    spans: Sequence[LabelledSpan], text: str
) -> Iterator[tuple[str, str, LabelledSpan]]:
    """Find spans of which only one can be learned.

    spans: Spans inside of a text.
    text: The text.
    YIELDS: The kind of problem, what exactly is wrong, and the span, from the left to the right.
        Spans with the same place are one with several labels, whatever else they overlap.
    """
    before: LabelledSpan | None = None
    furthest: LabelledSpan | None = None
    overlap = ""
    for span in sorted(spans, key=attrgetter("start", "end", "label")):
        if before is not None and (before.start, before.end) == (span.start, span.end):
            if before.label == span.label:
                yield "repeated span", "the text has it more than once", span
            else:
                yield "span with two labels", f"it also has the label {before.label}", span
        elif furthest is not None and span.start < furthest.end:
            # a long span is quoted once, however many it overlaps
            content = text[furthest.start : furthest.end]
            overlap = overlap or f"it overlaps {content!r} ({furthest.label})"
            yield "overlapping spans", overlap, span
        if furthest is None or span.end > furthest.end:
            furthest, overlap = span, ""
        before = span


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
            f"{train.name} has {train.n_texts} text{'s' * (train.n_texts != 1)}; about 100 make a "
            f"useful teacher, fewer than {FEW_TEXTS} rarely do"
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
        f"({train.labels[other]}): if it is a typo, fix it; otherwise both are learned as separate "
        "labels"
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
                f"{other.name} has labels that {train.name} does not have, so they can never be "
                f"found: {', '.join(unseen)}"
            )
    return gaps


def some_of(names: Sequence[str]) -> str:
    """The first names of many."""
    rest = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + rest
