"""Toy pipelines that make mistakes, and texts to report on, one of them hostile."""

from functools import cache

import spacy
from spacy.tokens import Doc, Span
from toy_pipelines import LABELS, make_examples, make_nlp, train

from spacy_halfree.report.collect import Figures, System, collect

HOSTILE = '</script><img src=x onerror="document.title=1"> &amp; {bg} Zürich <!-- <script>'
HOSTILE_LABEL = "<b onmouseover='x'>&\"{label}"


def unsure(target: str = "ents", steps: int = 8) -> System:
    """A tagger that makes mistakes: it has not seen all labels in all places."""
    nlp, tagger = make_nlp(target=target)
    train(nlp, make_examples(nlp, target)[1:], steps)
    return System("student", nlp, tagger)


@cache
def sure() -> System:
    """A tagger that makes none."""
    nlp, tagger = make_nlp()
    train(nlp, make_examples(nlp))
    return System("teacher", nlp, tagger)


def gold_docs(target: str = "ents") -> list[Doc]:
    nlp, _ = make_nlp(target=target)
    return [example.reference for example in make_examples(nlp, target)]


def hostile_doc() -> Doc:
    doc = spacy.blank("en").make_doc(HOSTILE)
    place = next(token.i for token in doc if token.text == "Zürich")
    doc.set_ents([Span(doc, 0, 2, label=HOSTILE_LABEL), Span(doc, place, place + 1, LABELS[2])])
    return doc


def make_figures(copies: int = 1) -> Figures:
    """Figures of the toy texts and the hostile one."""
    docs = [*gold_docs(), hostile_doc()] * copies
    return collect(unsure(), docs, "test.spacy", teacher=sure(), with_speed=False)
