"""Does confidence mean what it says, after 50 texts have set it right?

    python -m benchmarks.calibration --corpus snips --corpus mit_restaurant

Takes the distilled students of the accuracy tables, fits a temperature on each draw's 50
development texts, as `halfree calibrate` does, and measures on the test split.
"""

from pathlib import Path
from typing import Annotated, Any

import spacy
import typer
from spacy.tokens import DocBin

from benchmarks.accuracy.levers import STUDENT
from benchmarks.accuracy.names import CORPUS_NAMES
from benchmarks.accuracy.running import train_system
from benchmarks.accuracy.workspace import Run
from benchmarks.json_results import read_json, write_json
from spacy_halfree.evaluation.judgement import judge
from spacy_halfree.evaluation.reliability import Reliability, fit_temperature, reliability

RESULTS = Path("benchmarks/results/calibration.json")
TAGGER = "halfree_tagger"


def summarize(curve: Reliability) -> dict[str, float]:
    """What a reader wants to know of a reliability, in points."""
    return {
        "calibration_error": round(100 * curve.expected_calibration_error(), 2),
        "log_loss": round(curve.log_loss(), 4),
        "precision": round(100 * curve.precision_at(1.0), 2),
        "precision_of_surest_half": round(100 * curve.precision_at(0.5), 2),
    }


def measure(run: Run) -> dict[str, Any]:
    """The reliability of a draw's student on the test split, before and after calibration."""
    run.prepare()
    nlp = spacy.load(train_system(run, STUDENT)[0])
    judgements = {
        name: judge(nlp, TAGGER, DocBin().from_disk(path).get_docs(nlp.vocab))
        for name, path in (("dev", run.texts / "dev.spacy"), ("test", run.files["test"]))
    }
    temperature = fit_temperature(judgements["dev"])
    return {
        "corpus": run.corpus,
        "seed": run.seed,
        "temperature": temperature,
        "before": summarize(reliability(judgements["test"], 1.0)),
        "after": summarize(reliability(judgements["test"], temperature)),
    }


def calibration_table(path: Path) -> str:
    """One row a draw."""
    names = ("corpus, seed", "temperature", "calibration error", "after", "precision")
    header = [*names, "of the surest half"]
    lines = [f"| {' | '.join(header)} |", f"| {' | '.join('---' for _ in header)} |"]
    for row in read_json(path, missing=[]):
        before, after = row["before"], row["after"]
        lines.append(
            f"| {CORPUS_NAMES[row['corpus']]}, {row['seed']} | {row['temperature']} "
            f"| {before['calibration_error']:.1f} | {after['calibration_error']:.1f} "
            f"| {after['precision']:.1f} | {after['precision_of_surest_half']:.1f} |"
        )
    return "\n".join(lines) + "\n"


def main(
    corpus: Annotated[list[str], typer.Option(help="Corpora.")] = ["snips", "mit_restaurant"],  # noqa: B006
    seed: Annotated[list[int], typer.Option(help="Seeds of the draws.")] = [1, 2, 3],  # noqa: B006
    results: Annotated[Path, typer.Option(help="Where the figures go.")] = RESULTS,
) -> None:
    """Measure the students of all draws."""
    rows = [measure(Run(name, "100", number)) for name in corpus for number in seed]
    write_json(results, rows)
    typer.echo(calibration_table(results))


if __name__ == "__main__":
    typer.run(main)
