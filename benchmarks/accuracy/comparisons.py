"""What one system has over another, draw by draw."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from .names import CORPUS_NAMES, LEVER_SYSTEMS
from .results import Cell
from .selection import ALL_SYSTEMS
from .short_reading import SHORT_READING
from .systems import System
from .tables import make_head, make_row, mean_and_spread, select, select_all
from .workspace import CORPORA

Measure = Literal["dev_f1", "f1"]
"""What choices are made by, and what is reported."""

COMPARISONS = {
    "teacher (encoder adapted) over per-token classification (encoder as it is)": (
        "teacher",
        "token_classification_gold",
    ),
    "teacher over per-token classification, encoder as it is for both": (
        "teacher/no_adaptation",
        "token_classification_gold",
    ),
    "teacher over per-token classification, encoder adapted for both": (
        "teacher",
        "token_classification_gold/adapted_encoder",
    ),
    "teacher over per-token classification, encoder adapted and variants read for both": (
        "teacher",
        "token_classification_gold/adapted_encoder_and_mention_replacement",
    ),
    "mean of three teachers over one teacher": ("teacher_ensemble", "teacher"),
    "CNN on soft labels over its teachers' mean": (
        "student_first_order_soft",
        "teacher_ensemble",
    ),
    "CNN on soft labels over per-token classification with the adapted encoder": (
        "student_first_order_soft",
        "token_classification_gold/adapted_encoder",
    ),
    "CNN on soft labels over the CNN on gold": (
        "student_first_order_soft",
        "student_first_order_gold",
    ),
    "CNN on soft labels over the CNN on hard ones": (
        "student_first_order_soft",
        "student_first_order_hard",
    ),
    "CNN on soft labels over spaCy's `ner` on hard ones": (
        "student_first_order_soft",
        "spacy_ner_hard",
    ),
    "BiLSTM over the CNN, soft labels for both": (
        "student_bilstm_soft",
        "student_first_order_soft",
    ),
    "3+1-layer aligned model over the CNN, soft labels for both": (
        "student_aligned_soft",
        "student_first_order_soft",
    ),
    "3+1-layer aligned model on soft labels over itself on hard ones": (
        "student_aligned_soft",
        "student_aligned_hard",
    ),
}
"""What is told apart best on the same draws: a system, and what it is compared with."""


def paired_differences(
    cells: Sequence[Cell],
    system: str,
    base: str,
    corpus: str,
    measure: Measure,
    shots: str = "100",
) -> list[float]:
    """How much better a system is than another, for every seed that a machine has of both; if
    several have, that of the first counts.

    On another machine the same draw and seed are another training, if an encoder is adapted. What
    rests on none comes out nearly the same, and is taken from whichever machine has it.

    Args:
        cells: all cells.
        system: the system.
        base: what it is compared with.
        corpus: the corpus.
        measure: F1 on the development or on the test split.
        shots: the number of gold texts.

    Returns:
        A difference for each seed, in points.
    """
    of_any_machine = not all(rests_on_adaptation(ALL_SYSTEMS[name]) for name in (system, base))
    choose = select if of_any_machine else select_all
    own, other = (
        {
            (cell.seed, None if of_any_machine else cell.processor): getattr(cell, measure)
            for cell in choose(cells, name, corpus, shots)
        }
        for name in (system, base)
    )
    differences: dict[int, float] = {}
    for (seed, machine), value in own.items():
        if (seed, machine) in other:
            differences.setdefault(seed, value - other[seed, machine])
    return list(differences.values())


def rests_on_adaptation(system: System) -> bool:
    """Whether its encoder, or that of what it learns from, has read the raw texts."""
    return bool(system.encoder_steps) or any(map(rests_on_adaptation, system.teachers))


def signed(values: Sequence[float]) -> str:
    """Mean and spread of differences, with a sign."""
    text = mean_and_spread(values)
    return f"+{text}" if values and statistics.mean(values) > 0 else text


def with_number(values: Sequence[float]) -> str:
    """Mean and spread of differences, and how many there are."""
    return f"{signed(values)} ({len(values)})" if values else mean_and_spread(values)


def comparison_table(
    cells: Sequence[Cell], comparisons: Mapping[str, tuple[str, str]] = COMPARISONS
) -> str:
    """Differences in F1 on the test split between two systems, seed by seed."""
    lines = make_head("", [CORPUS_NAMES[corpus] for corpus in CORPORA])
    for name, (system, base) in comparisons.items():
        found = [paired_differences(cells, system, base, corpus, "f1") for corpus in CORPORA]
        if any(found):
            lines.append(make_row(name, map(with_number, found)))
    return "\n".join(lines) + "\n"


def ablation_table(cells: Sequence[Cell], levers: Iterable[System]) -> str:
    """For every lever, what it changes on the whole development split, seed by seed."""
    lines = make_head("lever", [f"{CORPUS_NAMES[corpus]}, dev F1" for corpus in CORPORA])
    for lever in levers:
        base, _, name = lever.name.rpartition("/")
        found = [
            paired_differences(cells, lever.name, base, corpus, "dev_f1") for corpus in CORPORA
        ]
        if not any(found):
            continue
        what = name.replace("_", " ")
        if name == SHORT_READING:
            # a peer has nothing of that recipe but its encoder
            is_peer = ALL_SYSTEMS[base].is_token_classification
            what = "encoder adapted as in the recipe before" if is_peer else "recipe before"
        label = f"{LEVER_SYSTEMS[base.partition('/')[0]]}: {what}"
        lines.append(make_row(label, map(with_number, found)))
    return "\n".join(lines) + "\n"
