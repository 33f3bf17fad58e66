"""What was asked for, in F1 on the test split, and what is reached."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .comparisons import paired_differences, signed
from .leads import STUDENT, published_differences
from .names import CORPUS_NAMES
from .results import Cell
from .tables import make_head, make_row, mean_and_spread, select
from .workspace import ALL, CORPORA

TEACHER = "teacher"
PEER = "token_classification_gold"
ADAPTED_PEER = f"{PEER}/adapted_encoder"
STUDENT_F1 = {"snips": 65.0, "atis": 90.0, "mit_restaurant": 65.0, "mit_movie": 75.0}
STUDENT_LEAD = ("mit_movie_trivia", 5.0)
TEACHER_LEAD = 3.0
SAME_ENCODERS = {
    "encoder adapted for both": (TEACHER, ADAPTED_PEER),
    "encoder as it is for both": (f"{TEACHER}/no_adaptation", PEER),
    "encoder adapted and variants read for both": (
        TEACHER,
        f"{PEER}/adapted_encoder_and_mention_replacement",
    ),
}


@dataclass(frozen=True)
class Reached:
    """What a goal asks for, and what there is.

    Attributes:
        name: what is measured.
        target: the least that it has to be, in points.
        value: what it is.
        text: what it is, with its spread.
        draws: how many draws it is the mean of; of several corpora, the fewest of one.
    """

    name: str
    target: float
    value: float
    text: str
    draws: int

    @property
    def row(self) -> str:
        """A row of the table. Whether it is met is told by the digit that is shown."""
        missing = round(round(self.target, 1) - round(self.value, 1), 1)
        verdict = f"missed by {missing:.1f}" if missing > 0 else "met"
        return make_row(self.name, [f"{self.target:g}", self.text, str(self.draws), verdict])


def goals_of_students(cells: Sequence[Cell]) -> Iterator[Reached]:
    """F1 of the distilled CNN, what it has over the published student, and over peers that learn
    from the same gold texts."""
    for corpus, target in STUDENT_F1.items():
        if found := [cell.f1 for cell in select(cells, STUDENT, corpus, "100")]:
            name = f"{CORPUS_NAMES[corpus]}: CNN on soft labels"
            yield Reached(name, target, statistics.mean(found), mean_and_spread(found), len(found))
    for corpus in CORPORA:
        if found := published_differences(cells, corpus):
            name = f"{CORPUS_NAMES[corpus]}: CNN on soft labels over the published student"
            yield Reached(name, 0.0, statistics.mean(found), signed(found), len(found))
    corpus, target = STUDENT_LEAD
    for peer, encoder in ((PEER, "as it is"), (ADAPTED_PEER, "adapted")):
        if found := paired_differences(cells, STUDENT, peer, corpus, "f1"):
            name = (
                f"{CORPUS_NAMES[corpus]}: CNN on soft labels over per-token classification, "
                f"encoder {encoder}"
            )
            yield Reached(name, target, statistics.mean(found), signed(found), len(found))


def goals_of_teachers(cells: Sequence[Cell]) -> Iterator[Reached]:
    """What a teacher has over per-token classification."""
    for alike, (system, peer) in SAME_ENCODERS.items():
        by_corpus = {
            corpus: own
            for corpus in CORPORA
            if (own := paired_differences(cells, system, peer, corpus, "f1"))
        }
        if by_corpus:
            where = f"mean of {len(CORPORA)} corpora"
            if len(by_corpus) < len(CORPORA):
                where = f"{', '.join(CORPUS_NAMES[corpus] for corpus in by_corpus)} alone"
            name = f"{where}: teacher over per-token classification, {alike}"
            mean = statistics.mean(map(statistics.mean, by_corpus.values()))
            fewest = min(map(len, by_corpus.values()))
            yield Reached(name, TEACHER_LEAD, mean, signed([mean]), fewest)
    for corpus in CORPORA:
        if found := paired_differences(cells, TEACHER, PEER, corpus, "f1", ALL):
            name = (
                f"{CORPUS_NAMES[corpus]}, all labels: teacher (encoder adapted) over per-token "
                "classification (encoder as it is)"
            )
            yield Reached(name, 0.0, statistics.mean(found), signed(found), len(found))


def goals_table(cells: Sequence[Cell]) -> str:
    """A row for each goal."""
    lines = make_head("goal", ["at least", "reached", "draws", ""])
    lines += [reached.row for reached in (*goals_of_students(cells), *goals_of_teachers(cells))]
    return "\n".join(lines) + "\n"
