"""Which cells the tables and plots of docs/benchmarks.md are made of."""

from collections.abc import Sequence
from dataclasses import dataclass

from .levers import SAME_ENCODER, TODAYS_LEVERS, WHEREVER
from .short_reading import (
    SHORT_HARD,
    SHORT_LEVERS,
    SHORT_POOL_LEVERS,
    SHORT_STUDENT,
    SHORT_SYSTEMS,
)
from .systems import SYSTEMS, System
from .workspace import ALL, CORPORA

ALL_SYSTEMS = {
    system.name: system
    for system in [
        *(*SYSTEMS, *TODAYS_LEVERS),
        *(*SHORT_SYSTEMS, *SHORT_LEVERS, *SHORT_POOL_LEVERS),
    ]
}
"""Whatever can be run, by name."""
TUNED_ON = ("snips", "mit_restaurant")
"""The corpora on which recipes are chosen."""
SHOTS = ("50", "100", "300", ALL)


@dataclass(frozen=True)
class Selection:
    """The cells of a table: all combinations of these.

    Attributes:
        systems: the systems and levers.
        shots: the numbers of gold texts.
        corpora: the corpora.
    """

    systems: Sequence[System]
    shots: Sequence[str] = ("100",)
    corpora: Sequence[str] = CORPORA


TABLES = {
    "accuracy_100": Selection(SYSTEMS),
    "accuracy_all": Selection([*SYSTEMS, *SAME_ENCODER], shots=(ALL,)),
    "shots": Selection(SYSTEMS, SHOTS, TUNED_ON),
    "ablation": Selection(TODAYS_LEVERS, corpora=TUNED_ON),
    # does what was chosen on two corpora hold on the others?
    "ablation_wherever": Selection(WHEREVER),
    # the recipe before today's
    "accuracy_short": Selection(SHORT_SYSTEMS),
    "ablation_short": Selection(SHORT_LEVERS, corpora=TUNED_ON),
    "pool": Selection([SHORT_STUDENT, SHORT_HARD, *SHORT_POOL_LEVERS], corpora=TUNED_ON),
}
