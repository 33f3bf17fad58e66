"""What commands print about files of texts."""

from collections.abc import Sequence
from pathlib import Path

from ..data.agreement import Comparison
from ..data.file_report import N_FIRST, FileReport, Problem
from ..data.gold import GoldFile
from ..errors import Warnings
from .terminal import msg


def show_counts(reports: Sequence[FileReport]) -> None:
    """Print a table of texts, tokens and labels by file."""
    labels = sorted(set().union(*(report.labels for report in reports)))
    rows = [
        ("texts", *(report.n_texts for report in reports)),
        # raw texts are not tokenized
        ("tokens", *(report.n_tokens or "" for report in reports)),
        *(
            (label, *(report.labels[label] if report.n_tokens else "" for report in reports))
            for label in labels
        ),
    ]
    formats = tuple(report.format for report in reports)
    if any(formats):
        rows.insert(0, ("format", *formats))
    header = ("", *(report.name for report in reports))
    msg.table(rows, header=header, divider=True, aligns=("l", *("r" for _ in reports)))


def show_problems(report: FileReport) -> None:
    """Print what a file leaves out, and how often each kind of problem occurs, with the first."""
    for reason, places in report.left_out.items():
        texts = "1 text is" if places.n == 1 else f"{places.n} texts are"
        msg.info(f"{report.name}: {texts} left out: {reason} ({places.named})")
    by_kind: dict[str, list[Problem]] = {}
    for problem in report.problems:
        by_kind.setdefault(problem.kind, []).append(problem)
    for kind, problems in by_kind.items():
        msg.warn(f"{report.name}: {kind} ({len(problems)})")
        for problem in problems[:N_FIRST]:
            msg.text(describe_problem(problem))
        if len(problems) > N_FIRST:
            msg.text(f"... and {len(problems) - N_FIRST} more")


def describe_problem(problem: Problem) -> str:
    """A problem in a line."""
    number = f"{problem.file}:{problem.number}" if problem.file else str(problem.number)
    place = f"{number}: " if problem.number else ""
    span = problem.span
    label = "" if span is None else f"{span.label} from {span.start} to {span.end}: "
    text = f" [{problem.text[:60]!r}]" if problem.text else ""
    return f"{place}{label}{problem.reason}{text}"


def show_comparison(comparison: Comparison) -> None:
    """Print how annotations agree of texts that have several, if there are any."""
    if not comparison.n_shared:
        return
    n, n_equal = comparison.n_shared, comparison.n_equal
    texts = "1 text is" if n == 1 else f"{n} texts are"
    msg.info(f"{texts} annotated several times, {n_equal} of them in the same way")
    rows = [
        (label, own.n_first, own.n_second, own.n_both, f"{100 * own.f1:.1f}")
        for label, own in sorted(comparison.labels.items())
    ]
    if rows:
        header = ("", "first", "second", "both", "agreement (F1)")
        msg.table(rows, header=header, divider=True, aligns=("l", "r", "r", "r", "r"))


def warn_of_left_out(gold: GoldFile, path: Path) -> None:
    """Tell which texts and spans of a file are left out."""
    for reason, n in gold.skipped.items():
        msg.info(f"{path}: {n} left out: {reason}")
    if gold.n_left_out:
        msg.warn(Warnings.W024.format(n_spans=gold.n_left_out, n_all=gold.n_spans, path=path))
