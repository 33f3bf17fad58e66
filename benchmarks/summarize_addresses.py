"""Mean and spread over seeds of the address workflow's results.

    for seed in 1 2 3; do python -m spacy project run all . --vars.seed $seed; done
    python -m benchmarks.summarize_addresses metrics/addresses/100/seed*/results.json

Prints a Markdown table; `--output benchmarks/results/addresses.json` keeps every seed's figures.
"""

import json
import statistics
from pathlib import Path
from typing import Annotated, Any

import typer

from .accuracy.tables import mean_and_spread

NAMES = {
    "teacher": "teacher: MiniLM, aligned seq2seq decoder",
    "student_gold": "student on the 100 alone",
    "student_hard": "student distilled, hard pseudo-labels",
    "student_soft": "**student distilled, soft labels**",
    "crf_gold": "usaddress's CRF features on the 100",
}


def make_table(reports: list[dict[str, Any]]) -> str:
    """One row a system, in the order of the first report."""
    by_system: dict[str, list[dict[str, Any]]] = {}
    for report in reports:
        for result in report["results"]:
            by_system.setdefault(result["system"], []).append(result)
    lines = ["| system | F1 | words/s | MB on disk |", "| --- | --- | --- | --- |"]
    for system, results in by_system.items():
        f1 = mean_and_spread([result["f1"] for result in results])
        speed = f"{statistics.mean(result['words_per_second'] for result in results):,.0f}"
        megabytes = statistics.mean(result["megabytes"] for result in results)
        size = f"{megabytes:.1f}" if megabytes >= 0.05 else "< 0.1"
        lines.append(f"| {NAMES.get(system, system)} | {f1} | {speed} | {size} |")
    return "\n".join(lines) + "\n"


def main(
    reports: Annotated[list[Path], typer.Argument(help="results.json of each seed.")],
    output: Annotated[Path | None, typer.Option(help="Where to keep all figures.")] = None,
) -> None:
    """Print the table of REPORTS, and keep their figures if that is asked for."""
    entries = [json.loads(path.read_text(encoding="utf-8")) for path in reports]
    entries.sort(key=lambda entry: entry["seed"])
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")
    typer.echo(make_table(entries), nl=False)


if __name__ == "__main__":
    typer.run(main)
