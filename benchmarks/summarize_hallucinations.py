"""Mean and spread over seeds of what `unconstrained.py` measured.

    for seed in 1 2 3; do python -m spacy project run tiny-t5 . --vars.seed $seed; done
    python -m benchmarks.summarize_hallucinations metrics/tiny_t5/seed*/*.json

Prints a Markdown table, and keeps every seed's figures in benchmarks/results/hallucinations.json.
"""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from .accuracy.tables import mean_and_spread

OUTPUT = Path("benchmarks/results/hallucinations.json")


def make_table(reports: list[dict[str, Any]]) -> str:
    """A row for each label style, loss and decoding; problems in percent of the texts."""
    rows: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for report in reports:
        for result in report["results"]:
            name = (report["label_style"], report["loss"], result["decoding"])
            rows.setdefault(name, []).append(result)
    problems = list(next(iter(rows.values()))[0]["problems"])
    columns = ["label style", "loss", "decoding", "F1", "strict F1", "any problem", *problems]
    lines = [
        f"| {' | '.join(name.replace('_', ' ') for name in columns)} |",
        "|" + " --- |" * len(columns),
    ]
    for names, results in sorted(rows.items()):
        cells = [
            *names,
            *(
                mean_and_spread([result[name] for result in results])
                for name in ("f1", "strict_f1")
            ),
            mean_and_spread([result["any_problem"] for result in results]),
            *(
                mean_and_spread([result["problems"][name] for result in results])
                for name in problems
            ),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main(
    reports: Annotated[list[Path], typer.Argument(help="What unconstrained.py kept.")],
    output: Annotated[Path, typer.Option(help="Where to keep all figures.")] = OUTPUT,
) -> None:
    """Print the table of REPORTS and keep their figures."""
    entries = [json.loads(path.read_text(encoding="utf-8")) for path in reports]
    entries.sort(key=lambda entry: (entry["label_style"], entry["loss"], entry["seed"]))
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")
    typer.echo(make_table(entries), nl=False)


if __name__ == "__main__":
    typer.run(main)
