"""From finished cells to the tables of docs/benchmarks.md and README.md."""

import statistics
from collections.abc import Iterable, Mapping, Sequence

from .names import ALL_NAMES, CORPUS_NAMES, PUBLISHED, SYSTEM_NAMES
from .results import Cell
from .short_reading import SHORT_READING
from .workspace import CORPORA

NONE = "-"


class MixedRecipesError(ValueError):
    """Cells of one mean were trained in different ways."""


def select_all(cells: Iterable[Cell], system: str, corpus: str, shots: str) -> list[Cell]:
    """The cells of one place in a table, those of all machines.

    Raises:
        MixedRecipesError: they were not all trained in the same way.
    """
    found = [
        cell
        for cell in cells
        if (cell.system, cell.corpus, str(cell.shots)) == (system, corpus, shots)
    ]
    hashes = {cell.config_hash for cell in found}
    if len(hashes) > 1:
        raise MixedRecipesError(
            f"{system} on {corpus} with {shots} shots has cells of the recipes {sorted(hashes)}; "
            "run the missing seeds with the newest"
        )
    return found


def select(cells: Iterable[Cell], system: str, corpus: str, shots: str) -> list[Cell]:
    """The cells of one place in a table, one a seed: that of the machine that was first."""
    by_seed: dict[int, Cell] = {}
    for cell in select_all(cells, system, corpus, shots):
        by_seed.setdefault(cell.seed, cell)
    return [by_seed[seed] for seed in sorted(by_seed)]


def spread(values: Sequence[float]) -> float:
    """The sample's standard deviation; 0 for a single value, which has none to show."""
    return statistics.stdev(values) if len(values) > 1 else 0.0


def mean_and_spread(values: Sequence[float], digits: int = 1) -> str:
    """The mean and, from two values on, the sample's standard deviation; a dash for none."""
    if not values:
        return NONE
    mean = f"{statistics.mean(values):,.{digits}f}"
    return mean if len(values) < 2 else f"{mean} ± {spread(values):.{digits}f}"


def mean_of_draws(cells: Sequence[Cell]) -> str:
    """Mean F1 and its spread, and how many draws it is of unless that is the usual three."""
    shown = mean_and_spread([cell.f1 for cell in cells])
    return f"{shown} ({len(cells)})" if len(cells) in (1, 2) else shown


def make_row(name: str, values: Iterable[str]) -> str:
    """A row of a Markdown table."""
    return f"| {' | '.join([name, *values])} |"


def make_head(first: str, columns: Sequence[str]) -> list[str]:
    """The first two lines of a Markdown table."""
    return [make_row(first, columns), make_row("---", ["---"] * len(columns))]


def accuracy_table(
    cells: Sequence[Cell], shots: str, systems: Iterable[str] = tuple(SYSTEM_NAMES)
) -> str:
    """F1 of every system on every corpus, with the paper's figures where there are such."""
    lines = make_head("system", [CORPUS_NAMES[corpus] for corpus in CORPORA])
    for system in systems:
        found = [select(cells, system, corpus, shots) for corpus in CORPORA]
        if any(found):
            values = [mean_of_draws(own) for own in found]
            lines.append(make_row(ALL_NAMES[system], values))
    if shots == "100" and "teacher" in systems:
        for name, figures in PUBLISHED.items():
            published = [f"{figures[c]:.1f}" if c in figures else NONE for c in CORPORA]
            lines.append(make_row(f"*published: {name}*", [f"*{value}*" for value in published]))
    return "\n".join(lines) + "\n"


def shots_table(cells: Sequence[Cell], corpora: Sequence[str], shots: Sequence[str]) -> str:
    """F1 of the systems that were run with several numbers of gold texts."""
    lines = make_head(
        "corpus, system", [f"{count} gold" if count != "all" else "all" for count in shots]
    )
    for corpus in corpora:
        for system, name in ALL_NAMES.items():
            found = [select(cells, system, corpus, count) for count in shots]
            if sum(map(bool, found)) > 1:
                values = [mean_of_draws(own) for own in found]
                lines.append(make_row(f"{CORPUS_NAMES[corpus]}: {name}", values))
    return "\n".join(lines) + "\n"


POOL_SYSTEMS = {
    "soft labels": f"student_first_order_soft/{SHORT_READING}",
    "hard pseudo-labels": f"student_first_order_hard/{SHORT_READING}",
}
Curve = list[tuple[int, list[Cell]]]
"""The cells of each point."""


def on_shared_draws(points: Curve) -> Curve:
    """The points of a curve from those draws only that all of them have; as they are if none.

    Draws differ more than what a curve shows.
    """
    seeds = [{cell.seed for cell in cells} for _, cells in points]
    shared = set.intersection(*seeds) if seeds else set()
    return [(x, [cell for cell in own if cell.seed in shared] or own) for x, own in points]


def pool_curves(
    cells: Sequence[Cell], corpus: str, n_training: int, shots: str = "100"
) -> dict[str, Curve]:
    """The cells of students by the number of raw texts that they learn from, smallest first.

    They are those of the draws that all points of a curve share.

    Args:
        cells: all cells.
        corpus: the corpus.
        n_training: the texts of its training split, gold texts and raw ones together.
        shots: the number of gold texts.
    """
    curves = {}
    for label, system in POOL_SYSTEMS.items():
        prefix = f"{system}/pool_"
        names = {cell.system for cell in cells if cell.system.startswith(prefix)}
        sizes = {int(name.removeprefix(prefix)): name for name in names}
        sizes[n_training - int(shots)] = system
        found = [(size, select(cells, sizes[size], corpus, shots)) for size in sorted(sizes)]
        curves[label] = on_shared_draws([(size, own) for size, own in found if own])
    return curves


def pool_table(cells: Sequence[Cell], n_training: Mapping[str, int]) -> str:
    """F1 of the student by the number of raw texts that it learns from, corpus by corpus."""
    lines = make_head("corpus", ["learns from", "F1 by the number of raw texts"])
    for corpus, n_texts in n_training.items():
        for label, curve in pool_curves(cells, corpus, n_texts).items():
            points = [f"{size:,}: {mean_of_draws(own)}" for size, own in curve]
            if len(points) > 1:
                lines.append(make_row(CORPUS_NAMES[corpus], [label, "; ".join(points)]))
    return "\n".join(lines) + "\n"


def machines_table(cells: Sequence[Cell]) -> str:
    """How far off a training of the same draw, recipe and seed is on another machine, in F1 on the
    test split: that of the machine that was first, and that of the other."""
    lines = make_head("system, draw", ["machines", *(CORPUS_NAMES[corpus] for corpus in CORPORA)])
    for system, name in ALL_NAMES.items():
        by_corpus = [on_several_machines(cells, system, corpus) for corpus in CORPORA]
        for draw in sorted({draw for own in by_corpus for draw in own}):
            values = [" → ".join(own[draw]) if draw in own else NONE for own in by_corpus]
            seed, machines = draw
            lines.append(make_row(f"{name}, {seed}", [" → ".join(machines), *values]))
    return "\n".join(lines) + "\n"


def on_several_machines(
    cells: Sequence[Cell], system: str, corpus: str
) -> dict[tuple[int, tuple[str, ...]], list[str]]:
    """F1 of the draws that several machines have, by seed and machines, in the order in which they
    were trained."""
    by_seed: dict[int, list[Cell]] = {}
    for cell in select_all(cells, system, corpus, "100"):
        by_seed.setdefault(cell.seed, []).append(cell)
    return {
        (seed, tuple(maker_of(cell.processor) for cell in own)): [f"{cell.f1:.2f}" for cell in own]
        for seed, own in by_seed.items()
        if len(own) > 1
    }


def maker_of(processor: str) -> str:
    """Who made a processor."""
    return processor.replace("(R)", "").split()[0]
