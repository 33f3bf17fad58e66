"""What our distilled CNN has over what a user would pick in its place, and what is published."""

import statistics
from collections.abc import Sequence

from .comparisons import paired_differences
from .names import CORPUS_NAMES, PUBLISHED
from .results import Cell
from .tables import NONE, make_head, make_row, select
from .workspace import CORPORA

STUDENT = "student_first_order_soft"
OTHERS = {
    "the same CNN, taught by the 100 alone": "student_first_order_gold",
    "spaCy's `ner`, taught by the 100": "spacy_ner_gold",
    "MiniLM, per-token classification": "token_classification_gold",
    "MiniLM that has read the raw texts, per-token classification": (
        "token_classification_gold/adapted_encoder"
    ),
    "spaCy's `ner`, taught by our teachers": "spacy_ner_hard",
}
PUBLISHED_STUDENT = "distilled BiLSTM"


def published_differences(cells: Sequence[Cell], corpus: str) -> list[float]:
    """What the CNN has over the published student, draw by draw, in points of F1 on the test split;
    nothing where none is published."""
    published = PUBLISHED[PUBLISHED_STUDENT].get(corpus)
    if published is None:
        return []
    return [cell.f1 - published for cell in select(cells, STUDENT, corpus, "100")]


def leads_table(cells: Sequence[Cell]) -> str:
    """Mean differences in F1 on the test split, draw by draw."""
    lines = make_head("our CNN has over", [CORPUS_NAMES[corpus] for corpus in CORPORA])
    rows = {
        name: [paired_differences(cells, STUDENT, other, corpus, "f1") for corpus in CORPORA]
        for name, other in OTHERS.items()
    }
    rows["the published student"] = [published_differences(cells, corpus) for corpus in CORPORA]
    for name, found in rows.items():
        values = [f"{statistics.mean(own):+.1f}" if own else NONE for own in found]
        lines.append(make_row(name, values))
    return "\n".join(lines) + "\n"
