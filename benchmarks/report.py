"""Write the tables into README.md and the pages of docs/, and draw the plots.

    python -m benchmarks.report

A table stands between two comments, `<!-- table: NAME -->` and `<!-- /table -->`; what was between
them is replaced.
"""

import re
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Annotated

import typer

from .accuracy.comparisons import ablation_table, comparison_table
from .accuracy.corpora import RESULTS as CORPORA_RESULTS
from .accuracy.corpora import corpora_table, read_sizes
from .accuracy.coverage import RESULTS as COVERAGE_RESULTS
from .accuracy.coverage import coverage_table
from .accuracy.decoding import RESULTS as DECODING_RESULTS
from .accuracy.decoding import decoding_table
from .accuracy.goals import goals_table as accuracy_goals_table
from .accuracy.leads import leads_table
from .accuracy.levers import TODAYS_LEVERS
from .accuracy.mistakes import RESULTS as MISTAKES_RESULTS
from .accuracy.mistakes import mistakes_table, recall_table
from .accuracy.names import RECIPES, SHORT_NAMES
from .accuracy.plots import plot_pool, plot_shots
from .accuracy.results import read_cells
from .accuracy.run import RESULTS
from .accuracy.selection import SHOTS, TUNED_ON
from .accuracy.short_reading import SHORT_LEVERS, SHORT_SYSTEMS
from .accuracy.tables import (
    accuracy_table,
    machines_table,
    pool_table,
    shots_table,
)
from .calibration import RESULTS as CALIBRATION_RESULTS
from .calibration import calibration_table
from .scaling.costs import RESULTS as SCALING_RESULTS
from .scaling.costs import costs_table, rates_table
from .scaling.engines import RESULTS as ENGINES_RESULTS
from .scaling.engines import engines_table
from .serving.load import RESULTS as SERVING_RESULTS
from .serving.serving_table import (
    serving_batches_table,
    serving_goals_table,
    serving_runs_table,
)
from .speed.contention import RESULTS as CONTENTION_RESULTS
from .speed.contention_table import (
    builds_table,
    commands_table,
    contention_table,
    processes_table,
)
from .speed.goals import goals_table
from .speed.memory import RESULTS as MEMORY_RESULTS
from .speed.memory import memory_table
from .speed.plots import plot_memory, plot_speed
from .speed.precision import RESULTS as PRECISION_RESULTS
from .speed.precision import precision_table
from .speed.previous_build import RESULTS as BUILDS_RESULTS
from .speed.shares import RESULTS as SHARES_RESULTS
from .speed.shares_table import shares_table
from .speed.tables import footprint_table, latency_table, read_rows, throughput_table
from .suggest import RESULTS as SUGGEST_RESULTS
from .suggest import suggest_table
from .throughput import RESULTS as SPEED_RESULTS

PAGES = (
    *(Path("docs/benchmarks.md"), Path("docs/speed.md"), Path("docs/confidence.md")),
    *(Path("docs/scaling.md"), Path("docs/suggest.md"), Path("README.md")),
    Path("docs/recipe_before.md"),
)
IMAGES = Path("docs/images")
HEADLINE = (
    *("spacy_ner_gold", "spacy_ner_hard", "trf_ner_gold", "token_classification_gold"),
    "token_classification_gold/adapted_encoder",
    *("teacher", "teacher_ensemble", "student_first_order_gold", "student_first_order_hard"),
    "student_first_order_soft",
)
TABLE = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- /table -->)", re.DOTALL)


def tuned_on(sizes: Path) -> dict[str, int]:
    """The training texts of the corpora that recipes are chosen on."""
    return {name: own.train for name, own in read_sizes(sizes).items() if name in TUNED_ON}


@dataclass(frozen=True)
class ResultFiles:
    """Where what was measured is kept; of a file that is not there, the table is empty."""

    cells: Path = RESULTS
    speed: Path = SPEED_RESULTS
    shares: Path = SHARES_RESULTS
    precision: Path = PRECISION_RESULTS
    memory: Path = MEMORY_RESULTS
    calibration: Path = CALIBRATION_RESULTS
    scaling: Path = SCALING_RESULTS
    engines: Path = ENGINES_RESULTS
    coverage: Path = COVERAGE_RESULTS
    suggest: Path = SUGGEST_RESULTS
    corpora: Path = CORPORA_RESULTS
    decoding: Path = DECODING_RESULTS
    mistakes: Path = MISTAKES_RESULTS
    contention: Path = CONTENTION_RESULTS
    builds: Path = BUILDS_RESULTS
    serving: Path = SERVING_RESULTS

    def below(self, folder: Path) -> "ResultFiles":
        """The same files in another folder."""
        return ResultFiles(*(folder / path for path in astuple(self)))


def make_tables(files: ResultFiles) -> dict[str, str]:
    """All tables, by name."""
    cells = read_cells(files.cells)
    rows = read_rows(files.speed)
    return {
        "leads": leads_table(cells),
        "headline": accuracy_table(cells, "100", HEADLINE),
        "accuracy_100": accuracy_table(cells, "100"),
        "accuracy_all": accuracy_table(cells, "all"),
        "comparison": comparison_table(cells),
        "recipes": comparison_table(cells, RECIPES),
        "accuracy_goals": accuracy_goals_table(cells),
        "machines": machines_table(cells),
        "shots": shots_table(cells, TUNED_ON, SHOTS),
        "pool": pool_table(cells, tuned_on(files.corpora)),
        "corpora": corpora_table(files.corpora),
        "ablation": ablation_table(cells, TODAYS_LEVERS),
        "ablation_recipe": ablation_table(cells, SHORT_SYSTEMS),
        "ablation_short": ablation_table(cells, SHORT_LEVERS),
        "accuracy_short": accuracy_table(cells, "100", SHORT_NAMES),
        "decoding": decoding_table(files.decoding),
        "mistakes": mistakes_table(files.mistakes),
        "recall": recall_table(files.mistakes),
        "throughput_1": throughput_table(rows, threads=1),
        "throughput_2": throughput_table(rows, threads=2),
        "goals": goals_table(rows, files.shares, files.precision),
        "latency": latency_table(rows),
        "footprint": footprint_table(rows, "snips"),
        "precision": precision_table(files.precision),
        "memory": memory_table(files.memory),
        "calibration": calibration_table(files.calibration),
        "shares": shares_table(files.shares),
        "contention": contention_table(files.contention),
        "processes": processes_table(files.contention),
        "commands": commands_table(files.contention),
        "builds": builds_table(files.builds),
        "serving_goals": serving_goals_table(files.serving),
        "serving_runs": serving_runs_table(files.serving),
        "serving_batches": serving_batches_table(files.serving),
        "scaling_rates": rates_table(files.scaling),
        "scaling_costs": costs_table(files.scaling),
        "engines": engines_table(files.engines),
        "coverage": coverage_table(files.coverage),
        "suggest": suggest_table(files.suggest),
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
    files = ResultFiles(cells=results, speed=speed)
    tables = make_tables(files)
    for page in PAGES:
        page.write_text(fill_page(page.read_text(encoding="utf8"), tables), encoding="utf8")
        typer.echo(f"{page}: tables written")
    cells = read_cells(files.cells)
    plot_speed(read_rows(files.speed), IMAGES / "f1_against_speed.svg")
    plot_shots(cells, TUNED_ON, SHOTS, IMAGES / "f1_against_shots.svg")
    plot_pool(cells, tuned_on(files.corpora), IMAGES / "f1_against_pool.svg")
    plot_memory(files.memory, IMAGES / "memory.svg")


if __name__ == "__main__":
    typer.run(main)
