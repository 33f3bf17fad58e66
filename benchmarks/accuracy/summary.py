"""What the tables say, in a few sentences."""

import statistics
from collections.abc import Iterable, Sequence

from .comparisons import paired_differences
from .goals import ADAPTED_PEER, PEER, PUBLISHED_STUDENT, STUDENT
from .names import CORPUS_NAMES, PUBLISHED
from .results import Cell
from .tables import NONE, select
from .workspace import CORPORA


def join(values: Iterable[str]) -> str:
    """Values as a sentence has them."""
    *first, last = [*values] or [NONE]
    return f"{', '.join(first)} and {last}" if first else last


def mean_f1(cells: Sequence[Cell], system: str, corpus: str) -> float | None:
    """F1 on the test split; None if the system was not run."""
    found = select(cells, system, corpus, "100")
    return statistics.mean(cell.f1 for cell in found) if found else None


def leads(cells: Sequence[Cell], base: str) -> list[str]:
    """What the CNN on soft labels has over another system, corpus by corpus."""
    found = [paired_differences(cells, STUDENT, base, corpus, "f1") for corpus in CORPORA]
    return [f"{statistics.mean(own):+.1f}" if own else NONE for own in found]


def published_leads(cells: Sequence[Cell]) -> list[str]:
    """What it has over the published student, with the corpus' name."""
    return [
        f"{mean - published:+.1f} on {CORPUS_NAMES[corpus]}"
        for corpus, published in PUBLISHED[PUBLISHED_STUDENT].items()
        if (mean := mean_f1(cells, STUDENT, corpus)) is not None
    ]


def summary(cells: Sequence[Cell]) -> str:
    """Points of a list, in Markdown, corpora in the order of the tables."""
    corpora = join(CORPUS_NAMES[corpus] for corpus in CORPORA)
    means = [mean_f1(cells, STUDENT, corpus) for corpus in CORPORA]
    reached = [NONE if mean is None else f"{mean:.1f}" for mean in means]
    points = [
        f"With 100 labelled sentences and raw text our CNN of 4 MB reaches "
        f"{join(reached)} F1 on {corpora}.",
        "Over the same CNN, taught by the 100 alone, that is "
        f"{join(leads(cells, 'student_first_order_gold'))} points; over spaCy's `ner`, taught by "
        f"them, {join(leads(cells, 'spacy_ner_gold'))}.",
        f"Over per-token classification with MiniLM, {join(leads(cells, PEER))}; where MiniLM has "
        f"read the raw texts, as our teachers' has, {join(leads(cells, ADAPTED_PEER))}.",
        "Over spaCy's `ner`, taught by our teachers' hard labels, "
        f"{join(leads(cells, 'spacy_ner_hard'))}: what teaches is the teachers.",
        f"Over the published student of Farina et al., {join(published_leads(cells))}.",
    ]
    return "".join(f"- {point}\n" for point in points)
