"""What was asked for, in F1 on the test split, and what is reached."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .names import CORPUS_NAMES
from .results import Cell
from .short_reading import SHORT_READING
from .tables import make_head, make_row, paired_differences, reported_f1, select, signed
from .workspace import ALL, CORPORA

STUDENT, TEACHER = "student_first_order_soft", "teacher"
PEER = "token_classification_gold"
ADAPTED_PEER = f"{PEER}/adapted_encoder"
STUDENT_F1 = {"snips": 65.0, "atis": 90.0, "mit_restaurant": 65.0, "mit_movie": 75.0}
STUDENT_LEAD = ("mit_movie_trivia", 5.0)
TEACHER_LEAD = 3.0
SAME_ENCODERS = {
    "adapted for both": (TEACHER, ADAPTED_PEER),
    "as it is for both, recipe before": (f"{TEACHER}/{SHORT_READING}/no_adaptation", PEER),
}


@dataclass(frozen=True)
class Reached:
    """What a goal asks for, and what there is.

    Attributes:
        name: what is measured.
        target: the least that it has to be, in points.
        value: what it is.
        text: what it is, with its spread.
    """

    name: str
    target: float
    value: float
    text: str

    @property
    def row(self) -> str:
        """A row of the table. What is missed is told in the digit that is shown."""
        missing = round(self.target, 1) - round(self.value, 1)
        verdict = "met" if self.value >= self.target else f"missed by {missing:.1f}"
        return make_row(self.name, [f"{self.target:g}", self.text, verdict])


def goals_of_students(cells: Sequence[Cell]) -> Iterator[Reached]:
    """F1 of the distilled CNN, and what it has over peers that learn from the same gold texts."""
    for corpus, target in STUDENT_F1.items():
        scores = [cell.f1 for cell in select(cells, STUDENT, corpus, "100")]
        if scores:
            mean = statistics.mean(scores)
            name = f"{CORPUS_NAMES[corpus]}: CNN on soft labels"
            yield Reached(name, target, mean, f"{mean:.1f}")
    corpus, target = STUDENT_LEAD
    for peer, encoder in ((PEER, "as it is"), (ADAPTED_PEER, "adapted")):
        found = paired_differences(cells, STUDENT, peer, corpus, measure=reported_f1)
        if found:
            name = (
                f"{CORPUS_NAMES[corpus]}: CNN on soft labels over per-token classification, "
                f"encoder {encoder}"
            )
            yield Reached(name, target, statistics.mean(found), signed(found))


def goals_of_teachers(cells: Sequence[Cell]) -> Iterator[Reached]:
    """What a teacher has over per-token classification with the same encoder."""
    for encoder, (system, peer) in SAME_ENCODERS.items():
        found = [
            statistics.mean(own)
            for corpus in CORPORA
            if (own := paired_differences(cells, system, peer, corpus, measure=reported_f1))
        ]
        if found:
            name = (
                f"mean of {len(found)} corpora: teacher over per-token classification, encoder "
                f"{encoder}"
            )
            mean = statistics.mean(found)
            yield Reached(name, TEACHER_LEAD, mean, signed([mean]))
    for corpus in CORPORA:
        found = paired_differences(cells, TEACHER, PEER, corpus, ALL, reported_f1)
        if found:
            name = (
                f"{CORPUS_NAMES[corpus]}, all labels: teacher over per-token classification, "
                "encoder as it is"
            )
            yield Reached(name, 0.0, statistics.mean(found), signed(found))


def goals_table(cells: Sequence[Cell]) -> str:
    """A row for each goal."""
    lines = make_head("goal", ["at least", "reached", ""])
    lines += [reached.row for reached in (*goals_of_students(cells), *goals_of_teachers(cells))]
    return "\n".join(lines) + "\n"
