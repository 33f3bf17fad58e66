"""What the recipe before today's reached: 300 steps of adaptation, the best of all checkpoints."""

from collections.abc import Sequence
from pathlib import Path

from .results import Cell
from .systems import SYSTEMS
from .tables import (
    CORPUS_NAMES,
    SYSTEM_NAMES,
    make_head,
    make_row,
    reported_f1,
    select,
    signed,
)
from .workspace import CORPORA

UNCHANGED = frozenset(
    system.name
    for system in SYSTEMS
    if system.trained and not system.needs_pool and not system.encoder_steps
)
"""Systems without an adapted encoder, a teacher or a pool."""
RESULTS = Path("benchmarks/results/accuracy_former_recipe.jsonl")


def with_unchanged(former: Sequence[Cell], cells: Sequence[Cell]) -> list[Cell]:
    """The former recipe's cells, and those of today's systems that the change did not concern."""
    return [*former, *(cell for cell in cells if cell.system in UNCHANGED)]


def recipes_table(cells: Sequence[Cell], former: Sequence[Cell], shots: str = "100") -> str:
    """What today's recipe brings over the former one in F1 on the test split, seed by seed.

    Args:
        cells: finished cells of today's recipe.
        former: those of the former one.
        shots: the number of gold texts.

    Returns:
        A Markdown table of the systems that both have cells of.
    """
    lines = make_head("", [CORPUS_NAMES[corpus] for corpus in CORPORA])
    for system, name in SYSTEM_NAMES.items():
        found = [gains(cells, former, system, corpus, shots) for corpus in CORPORA]
        if any(found):
            lines.append(make_row(name, map(signed, found)))
    return "\n".join(lines) + "\n"


def gains(
    cells: Sequence[Cell], former: Sequence[Cell], system: str, corpus: str, shots: str
) -> list[float]:
    """How much better a system is than it was, seed by seed."""
    before = {cell.seed: reported_f1(cell) for cell in select(former, system, corpus, shots)}
    return [
        reported_f1(cell) - before[cell.seed]
        for cell in select(cells, system, corpus, shots)
        if cell.seed in before
    ]
