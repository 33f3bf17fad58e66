"""Texts with what is annotated and what was found marked in them, drawn by displaCy."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from spacy.displacy.render import EntityRenderer

from ..tagging.layers import Annotation
from .collect import Figures, TextResult

NOTES: dict[str, str] = {
    "missed": "missed",
    "invented": "invented",
    "label": "wrong label",
    "bounds": "wrong bounds",
    "unknown": "not annotated here",
    "differs": "differs",
}
"""What is written at a mark; nothing at what is right."""
MARK = (
    '<mark class="{kind}" style="--hue: {bg}">{text} <span class="label">{label}</span>'
    "{confidence}{note}</mark>"
)
GOLDEN_ANGLE = 137.508
"""In degrees: hues of labels that stand one after another are far apart."""

Mark = tuple[Annotation, str, str, float | None]
"""What is marked, its kind, what is written at it, and how sure the tagger is."""


class Highlighter:
    """Marks texts.

    labels: All labels, in the order of their hues.
    language, direction: Of the texts.
    """

    def __init__(self, labels: Iterable[str], language: str, direction: str) -> None:
        colors = {label: f"{i * GOLDEN_ANGLE % 360:.0f}" for i, label in enumerate(labels)}
        self._renderer = EntityRenderer({"template": MARK, "colors": colors})
        self._settings = {"lang": language, "direction": direction}

    def __call__(self, text: str, marks: Sequence[Mark]) -> list[str]:
        """Mark a text: HTML, once for each layer of marks that do not overlap."""
        return [self._render(text, layer) for layer in layers(marks)]

    def _render(self, text: str, marks: Sequence[Mark]) -> str:
        entities = [
            {
                "start": start,
                "end": end,
                "label": label,
                # displaCy escapes the text, but not these
                "params": {
                    "label": escape(label),
                    "kind": kind,
                    "confidence": as_span("confidence", percent(confidence)),
                    "note": as_span("note", note),
                },
            }
            for (start, end, label), kind, note, confidence in marks
        ]
        parsed: dict[str, Any] = {"text": text, "ents": entities, "settings": self._settings}
        markup: str = self._renderer.render([parsed])
        return markup.strip()


def layers(marks: Sequence[Mark]) -> list[list[Mark]]:
    """Share marks out so that none overlaps another one of its layer; one layer at least."""
    shared: list[list[Mark]] = [[]]
    for mark in sorted(marks, key=lambda own: own[0]):
        for layer in shared:
            if not layer or layer[-1][0][1] <= mark[0][0]:
                layer.append(mark)
                break
        else:
            shared.append([mark])
    return shared


def percent(confidence: float | None) -> str:
    """A confidence in whole percent, cut off: what is not quite sure is never 100 %."""
    return "" if confidence is None else f"{int(100 * confidence)} %"


def as_span(name: str, content: str) -> str:
    """An element with a class, if there is anything in it."""
    return f' <span class="{name}">{escape(content)}</span>' if content else ""


def highlight(figures: Figures, labels: Iterable[str]) -> list[dict[str, list[str]]]:
    """Mark all texts.

    figures: What to tell.
    labels: All labels.
    RETURNS: For each text, in order, HTML under the names "found", "gold" (if it differs from
        that) and "teacher" (if that differs).
    """
    highlighter = Highlighter(labels, figures.language, figures.direction)
    return [highlight_text(highlighter, result) for result in figures.texts]


def highlight_text(highlighter: Highlighter, result: TextResult) -> dict[str, list[str]]:
    """Mark one text; see `highlight`."""
    text = result.text
    found = [
        (pair.found, pair.kind, NOTES.get(pair.kind, ""), result.found[pair.found])
        for pair in result.pairs
        if pair.found is not None
    ]
    shown = {"found": highlighter(text, found)}
    if result.n_errors:
        gold = [
            (pair.gold, pair.kind, NOTES["missed"] if pair.kind == "missed" else "", None)
            for pair in result.pairs
            if pair.gold is not None
        ]
        shown["gold"] = highlighter(text, gold)
    if result.disagreements and result.teacher_found is not None:
        teacher = [
            (own, *(("", "") if own in result.found else ("differs", NOTES["differs"])), confidence)
            for own, confidence in result.teacher_found.items()
        ]
        shown["teacher"] = highlighter(text, teacher)
    return shown
