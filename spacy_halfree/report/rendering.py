"""From figures to a page: one HTML file that asks for nothing else."""

import base64
import hashlib
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from spacy.scorer import PRFScore

from ..about import __version__
from ..evaluation.reliability import Reliability
from .collect import Figures, SystemFigures, TextResult
from .comparison import ERRORS, Pair
from .highlights import NOTES, highlight
from .plots import draw_diagrams

MOST_LABELS = 60
"""With more labels than these, a table of all against all cannot be read."""
COVERAGES = (0.25, 0.5, 0.75, 0.9, 1.0)
NOTHING = "\u2013"
"""A dash, where there is nothing to tell."""
KINDS = ("correct", *ERRORS, "unknown", "disagreement")
"""In the page's data, kinds are numbers: places in this list."""
KIND_NAMES: dict[str, str] = {
    "wrong": "any error",
    **{kind: NOTES[kind] for kind in ERRORS},
    "correct": "correct",
    "unknown": NOTES["unknown"],
    "disagreement": "teacher and model differ",
}


def render(figures: Figures, diagrams: dict[str, str] | None) -> str:
    """Make the page.

    figures: What it tells.
    diagrams: SVG elements, as `draw_diagrams` makes them; None to have tables alone.
    RETURNS: HTML, the same for the same figures.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("spacy_halfree", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {
        "ensure_ascii": False,
        "separators": (",", ":"),
    }
    environment.filters.update(percent=percent, ratio=ratio, megabytes=megabytes)
    script, style = (
        (files("spacy_halfree.report") / name).read_text(encoding="utf8")
        for name in ("report.js", "report.css")
    )
    labels = all_labels(figures)
    systems = [figures.model, *([figures.teacher] if figures.teacher else [])]
    return environment.get_template("report.html.jinja").render(
        figures=figures,
        systems=systems,
        labels=labels,
        version=__version__,
        # written by us or by matplotlib; all else is escaped
        script=Markup(script),
        style=Markup(style),
        script_hash=hash_for_policy(script),
        diagrams={name: Markup(svg) for name, svg in (diagrams or {}).items()},
        calibrations=[(own.name, calibration_rows(own.reliability)) for own in systems],
        coverages=[(own.name, coverage_rows(own.reliability)) for own in systems],
        mistakes=figures.model.confusion.mistakes(),
        matrix=matrix_of(figures.model),
        most_labels=MOST_LABELS,
        kinds=present_kinds(figures),
        data=make_data(figures, labels),
    )


def make_diagrams(figures: Figures) -> dict[str, str]:
    """Draw what can be drawn: nothing, if nothing was found with a confidence.

    RAISES: ImportError (H045) if matplotlib is not there.
    """
    systems = {"model": figures.model, "teacher": figures.teacher}
    curves = {
        name: system.reliability
        for name, system in systems.items()
        if system is not None and system.reliability is not None
    }
    return draw_diagrams(curves) if curves else {}


def hash_for_policy(script: str) -> str:
    """What the page's content security policy calls its one script."""
    digest = hashlib.sha256(script.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def all_labels(figures: Figures) -> list[str]:
    """Every label that is annotated or found anywhere, in the order of their names."""
    found = set(figures.model.scores.by_label)
    for text in figures.texts:
        found |= {own[2] for own in (*text.found, *(text.teacher_found or ()))}
    return sorted(found)


def present_kinds(figures: Figures) -> list[tuple[str, str]]:
    """The kinds that can be filtered by, with their names; without those that cannot occur."""
    left_out = set()
    if figures.teacher is None:
        left_out.add("disagreement")
    if all(pair.kind != "unknown" for text in figures.texts for pair in text.pairs):
        left_out.add("unknown")
    return [(kind, name) for kind, name in KIND_NAMES.items() if kind not in left_out]


def make_data(figures: Figures, labels: Sequence[str]) -> dict[str, Any]:
    """What the page's script shows and filters: plain lists, dicts, strings and numbers."""
    numbers = {label: i for i, label in enumerate(labels)}
    return {
        "labels": labels,
        "kinds": KINDS,
        "language": figures.language,
        "texts": [
            {
                "number": result.number,
                "errors": result.n_errors,
                "items": [
                    *(item_of(pair.kind, pair, result, numbers) for pair in result.pairs),
                    *(
                        item_of("disagreement", pair, result, numbers)
                        for pair in result.disagreements
                    ),
                ],
                **shown,
            }
            for result, shown in zip(figures.texts, highlight(figures, labels), strict=True)
        ],
    }


def item_of(kind: str, pair: Pair, result: TextResult, numbers: dict[str, int]) -> list[Any]:
    """What a text can be found by: kind, gold label, found label, and confidence in percent.

    Labels are numbers; -1 stands for what there is not.
    """
    gold, found = (-1 if own is None else numbers[own[2]] for own in (pair.gold, pair.found))
    confidence = None if pair.found is None else result.found[pair.found]
    return [
        KINDS.index(kind),
        gold,
        found,
        -1 if confidence is None else round(100 * confidence, 2),
    ]


def matrix_of(system: SystemFigures) -> list[tuple[str, list[int]]] | None:
    """The rows of the table of all labels against all, with their names; None if too many."""
    labels = list(system.scores.by_label)
    if len(labels) > MOST_LABELS:
        return None
    rows = system.confusion.matrix(labels)
    return list(zip([*labels, "(nothing annotated)"], rows, strict=True))


def calibration_rows(reliability: Reliability | None) -> list[tuple[int, float, float]]:
    """Of each bin how many are in it, their mean confidence and the share that is right."""
    return [] if reliability is None else reliability.bins()


def coverage_rows(reliability: Reliability | None) -> list[tuple[float, float]]:
    """Shares that are kept, the surest first, and the precision of these."""
    if reliability is None:
        return []
    return [(share, reliability.precision_at(share)) for share in COVERAGES]


def percent(share: float | None) -> str:
    """A share in percent."""
    return NOTHING if share is None else f"{100 * share:.1f}"


def ratio(score: PRFScore, name: str) -> str:
    """Precision, recall or F1 in percent; a dash where there is nothing to divide by."""
    divisors = {
        "precision": score.tp + score.fp,
        "recall": score.tp + score.fn,
        "fscore": score.tp + score.fp + score.fn,
    }
    return percent(getattr(score, name) if divisors[name] else None)


def megabytes(size: int | None) -> str:
    """Bytes in millions."""
    return NOTHING if size is None else f"{size / 1e6:.1f}"
