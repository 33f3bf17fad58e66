"""From comparisons with earlier builds to their tables."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.json_results import read_json

from .shares_table import show_spread
from .tables import make_table

INPUTS = {"addresses": "US addresses", "mit_movie_trivia": "MIT Movie Trivia"}
STATES = {
    "idle": "idle",
    "hashes": "next to two threads that compute hashes",
    "matrices": "next to two threads that multiply matrices",
}
RATIOS = ("current_by_ner", "previous_by_ner", "current_by_previous")
PROCESSES = {"student": "our CNN", "ner": "spaCy `ner`"}


def contention_table(path: Path) -> str:
    """Tagging: one row for each input, state of the machine and batch size."""
    found = read_json(path, missing={})
    rows = []
    for name, title in INPUTS.items():
        rows += tagging_rows(title, found.get("tagging", {}).get(name, {}))
    rows += tagging_rows("US addresses, all bound to one core", found.get("one_core", {}))
    head = ["speed of our CNN", "by `ner`", "by `ner`, before", "by the build before"]
    return make_table(head, rows)


def tagging_rows(title: str, found: Mapping[str, Any]) -> list[list[str]]:
    """The rows of one input."""
    rows = []
    for state, ratios in found.items():
        kind, batches = state.split(", ")
        shown = [
            ratios[key] for key in ("current_by_ner", "previous_by_ner", "current_by_previous")
        ]
        rows.append([f"{title}, {STATES[kind]}, {batches}", *map(show_spread, shown)])
    return rows


def processes_table(path: Path) -> str:
    """Two processes by one."""
    found = read_json(path, missing={}).get("processes", {})
    rows = [
        [PROCESSES[name], show_spread(own["n_process_2"]), show_spread(own["two_commands"])]
        for name, own in found.items()
    ]
    return make_table(["speed by that of one process", "`n_process=2`", "two commands"], rows)


def commands_table(path: Path) -> str:
    """Training and labelling: one row for each command."""
    found = read_json(path, missing={}).get("commands", {})
    rows = [
        [
            name,
            show_spread(own["idle_seconds"]),
            show_spread(own["busy_by_idle"]),
            show_spread(own["current_by_previous_when_busy"]),
        ]
        for name, own in found.items()
    ]
    head = ["command", "seconds, idle", "time when busy by idle", "speed when busy by before"]
    return make_table(head, rows)


MEASURES = {
    "tagging": "`nlp.pipe` of our CNN",
    "one_teacher": "`annotate` with one teacher",
    "all_teachers": "`annotate` with three teachers",
}


def builds_table(path: Path) -> str:
    """This build by an earlier one: a row for each thing that was measured."""
    found = read_json(path, missing={})
    rows = [
        [
            title,
            show_spread(found[name]["current_by_previous"]),
            show_spread(found[name]["by_processor_time"]),
            "yes" if found[name]["same_output"] else "no",
        ]
        for name, title in MEASURES.items()
        if name in found
    ]
    return make_table(["", "by time", "by processor time", "same bytes"], rows)
