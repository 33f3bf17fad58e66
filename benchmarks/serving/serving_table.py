"""From benchmarks/results/serving.json to its tables."""

import statistics
from pathlib import Path
from typing import Any

from benchmarks.json_results import read_json
from benchmarks.speed.tables import make_table
from benchmarks.speed.timing import spread

from .goals import judge
from .mix import VALID

TURNS = {
    "server": "the server, 64 texts a request",
    "n_process": "`nlp.pipe(n_process=...)`",
    "side_by_side": "as many processes with `nlp.pipe`, side by side",
}


def serving_goals_table(path: Path) -> str:
    """What is asked for, what was measured, and whether it is met."""
    rows = [
        [goal.name, goal.asked, goal.measured, "met" if goal.met else "not met"]
        for goal in judge(read_json(path, missing={}))
    ]
    return make_table(["", "asked for", "measured", ""], rows)


def serving_runs_table(path: Path) -> str:
    """What happened in each run of the hostile mix, a column for each."""
    runs = read_json(path, missing={}).get("runs", [])
    rows = [
        ["load average before", *(f"{run['load_average_before']:.1f}" for run in runs)],
        ["requests", *(f"{run['generator']['requests']:,}" for run in runs)],
        ["texts tagged a second", *(f"{texts_per_second(run):,.0f}" for run in runs)],
        *(
            [f"`/health`, {name}: ms, median; p99; most", *(show_health(run, key) for run in runs)]
            for key, name in (("unloaded", "unloaded"), ("loaded", "under load"))
        ),
        *(
            [f"{name}: ms, median; p99", *(show_latency(run, name) for run in runs)]
            for name in VALID
        ),
        ["refused with 429", *(f"{count(run, '429'):,}" for run in runs)],
        ["memory: MB, most", *(f"{run['memory']['most']:,.0f}" for run in runs)],
        ["processor time: s, server", *(f"{run['server_processor_seconds']:.1f}" for run in runs)],
        [
            "processor time: s, load generator",
            *(f"{run['generator']['processor_seconds']:.1f}" for run in runs),
        ],
    ]
    head = [f"run {number}" for number in range(1, len(runs) + 1)]
    return make_table(["", *head], rows if runs else [])


def serving_batches_table(path: Path) -> str:
    """Words a second of the server and of `nlp.pipe`."""
    found = read_json(path, missing={}).get("batches")
    rows = []
    for name, title in TURNS.items() if found else ():
        own = spread(found["words_per_second"][name], None)
        shown = f"{own['median']:,} ({own['least']:,} to {own['greatest']:,})"
        seconds = f"{statistics.median(found['seconds'][name]):.1f}"
        spent = found["generator_processor_seconds"] if name == "server" else [0.0]
        rows.append([title, shown, seconds, f"{statistics.median(spent):.2f}"])
    return make_table(["", "words a second", "s a turn", "of these, s of the generator"], rows)


def texts_per_second(run: dict[str, Any]) -> float:
    generator = run["generator"]
    return float(generator["texts"] / generator["seconds"])


def show_health(run: dict[str, Any], state: str) -> str:
    own = run["health"][state]
    return f"{own['median']:.1f}; {own['p99']:.1f}; {own['most']:.1f}"


def show_latency(run: dict[str, Any], kind: str) -> str:
    own = run["generator"]["milliseconds"].get(kind)
    return f"{own['median']:,.0f}; {own['p99']:,.0f}" if own else "-"


def count(run: dict[str, Any], outcome: str) -> int:
    """How many requests ended so."""
    return sum(kind.get(outcome, 0) for kind in run["generator"]["outcomes"].values())
