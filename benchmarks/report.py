"""Write the tables into docs/benchmarks.md and README.md, and draw the plots.

    python -m benchmarks.report

A table stands between two comments, `<!-- table: NAME -->` and `<!-- /table -->`; what was between
them is replaced.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from .accuracy.corpora import RESULTS as CORPORA_RESULTS
from .accuracy.corpora import corpora_table, read_sizes
from .accuracy.coverage import RESULTS as COVERAGE_RESULTS
from .accuracy.coverage import coverage_table
from .accuracy.plots import plot_pool, plot_shots, plot_speed
from .accuracy.results import Cell, read_cells
from .accuracy.run import RESULTS
from .accuracy.selection import SHOTS, TUNED_ON
from .accuracy.tables import (
    ablation_table,
    accuracy_table,
    comparison_table,
    pool_table,
    shots_table,
)
from .accuracy.workspace import CORPORA
from .calibration import RESULTS as CALIBRATION_RESULTS
from .calibration import calibration_table
from .scaling.costs import RESULTS as SCALING_RESULTS
from .scaling.costs import costs_table, rates_table
from .scaling.engines import RESULTS as ENGINES_RESULTS
from .scaling.engines import engines_table
from .speed.memory import RESULTS as MEMORY_RESULTS
from .speed.plots import plot_memory
from .speed.shares import RESULTS as SHARES_RESULTS
from .speed.shares import shares_table
from .speed.tables import Row, footprint_table, precision_table, read_rows, throughput_table
from .suggest import RESULTS as SUGGEST_RESULTS
from .suggest import suggest_table
from .throughput import RESULTS as SPEED_RESULTS

PAGES = (
    *(Path("docs/benchmarks.md"), Path("docs/confidence.md"), Path("docs/scaling.md")),
    *(Path("docs/suggest.md"), Path("README.md")),
)
IMAGES = Path("docs/images")
PRECISION_RESULTS = Path("benchmarks/results/precision.json")
HEADLINE = (
    *("spacy_ner_gold", "spacy_ner_hard", "trf_ner_gold", "token_classification_gold"),
    *("teacher", "teacher_ensemble", "student_first_order_gold", "student_first_order_hard"),
    "student_first_order_soft",
)
TABLE = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- /table -->)", re.DOTALL)


def tuned_on(sizes: Path) -> dict[str, int]:
    """The training texts of the corpora that recipes are chosen on."""
    return {corpus: read_sizes(sizes)[corpus].train for corpus in TUNED_ON}


def make_tables(
    cells: list[Cell],
    rows: list[Row],
    precision: Path,
    calibration: Path,
    shares: Path,
    scaling: Path,
    engines: Path,
    coverage: Path,
    suggest: Path,
    sizes: Path,
) -> dict[str, str]:
    """All tables, by name."""
    return {
        "headline": accuracy_table(cells, "100", HEADLINE),
        "accuracy_100": accuracy_table(cells, "100"),
        "accuracy_all": accuracy_table(cells, "all"),
        "comparison": comparison_table(cells),
        "shots": shots_table(cells, TUNED_ON, SHOTS),
        "pool": pool_table(cells, tuned_on(sizes)),
        "corpora": corpora_table(sizes),
        "ablation": ablation_table(cells),
        "throughput_1": throughput_table(rows, threads=1),
        "throughput_2": throughput_table(rows, threads=2),
        "footprint": footprint_table(rows, "snips"),
        "precision": precision_table(precision),
        "calibration": calibration_table(calibration),
        "shares": shares_table(shares),
        "scaling_rates": rates_table(scaling),
        "scaling_costs": costs_table(scaling),
        "engines": engines_table(engines),
        "coverage": coverage_table(coverage),
        "suggest": suggest_table(suggest),
    }


def fill_page(text: str, tables: Mapping[str, str]) -> str:
    """A page with its tables made anew.

    Raises:
        KeyError: the page asks for a table that does not exist.
    """
    return TABLE.sub(lambda match: match[1] + tables[match[2]] + match[3], text)


def main(
    results: Annotated[Path, typer.Option(help="Finished cells.")] = RESULTS,
    speed: Annotated[Path, typer.Option(help="Measured speeds.")] = SPEED_RESULTS,
) -> None:
    """Make tables and plots anew from RESULTS and SPEED."""
    cells = read_cells(results)
    tables = make_tables(
        cells,
        read_rows(speed),
        PRECISION_RESULTS,
        CALIBRATION_RESULTS,
        SHARES_RESULTS,
        SCALING_RESULTS,
        ENGINES_RESULTS,
        COVERAGE_RESULTS,
        SUGGEST_RESULTS,
        CORPORA_RESULTS,
    )
    for page in PAGES:
        page.write_text(fill_page(page.read_text(encoding="utf8"), tables), encoding="utf8")
        typer.echo(f"{page}: tables written")
    plot_speed(cells, CORPORA, IMAGES / "f1_against_speed.svg")
    plot_shots(cells, TUNED_ON, SHOTS, IMAGES / "f1_against_shots.svg")
    plot_pool(cells, tuned_on(CORPORA_RESULTS), IMAGES / "f1_against_pool.svg")
    plot_memory(MEMORY_RESULTS, IMAGES / "memory.svg")


if __name__ == "__main__":
    typer.run(main)
