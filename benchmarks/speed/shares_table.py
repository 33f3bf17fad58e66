"""From benchmarks/results/shares.json to its table."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.accuracy.tables import NONE
from benchmarks.json_results import read_json

from .tables import make_table

Spread = dict[str, float]
Show = Callable[[Any], str]


def dig(found: Any, *path: str) -> Any | None:
    """A value in nested dictionaries; None if it was not measured."""
    for name in path:
        if not isinstance(found, dict) or name not in found:
            return None
        found = found[name]
    return found


def show_spread(value: Spread) -> str:
    return f"{value['median']:.2f} ({value['least']:.2f} to {value['greatest']:.2f})"


def show_percent(value: Spread) -> str:
    least, greatest = 100 * value["least"], 100 * value["greatest"]
    return f"{100 * value['median']:.1f} % ({least:.1f} to {greatest:.1f})"


def show_number(value: float) -> str:
    return f"{value:,.0f}"


def show_numbers(value: Spread) -> str:
    least, greatest = show_number(value["least"]), show_number(value["greatest"])
    return f"{show_number(value['median'])} ({least} to {greatest})"


def show_billions(value: Spread) -> str:
    return show_spread({name: own / 1e9 for name, own in value.items()})


ROWS: list[tuple[str, tuple[str, ...], Show]] = [
    ("CNN: F1", ("f1", "student"), str),
    ("aligned teacher: F1", ("f1", "teacher"), str),
    ("CNN: words/s", ("student", "tagged_words_per_second"), show_numbers),
    ("CNN: share of time outside of tok2vec", ("student", "outside_tok2vec"), show_percent),
    *(
        (f"CNN: µs a word, {stage}", ("student", "microseconds_per_word", stage), show_spread)
        for stage in ("attributes", "look-up", "convolutions", "decoding", "writing")
    ),
    ("CNN: multiply-adds per word", ("student", "multiply_adds_per_word"), show_number),
    ("of these, looked up", ("student", "looked_up_per_word"), show_number),
    (
        "numpy's matrix product: 10^9 multiply-adds/s",
        ("student", "numpy_product_per_second"),
        show_billions,
    ),
    ("thinc's (blis)", ("student", "blis_product_per_second"), show_billions),
    *(
        (
            f"aligned teacher: its time by its encoder's, {size}",
            ("teacher", size),
            show_spread,
        )
        for size in ("batches of 64", "batches of 1")
    ),
    ("CNN in training: words/s", ("training", "student"), show_numbers),
    ("spaCy's `ner` in training: words/s", ("training", "ner"), show_numbers),
    ("CNN by spaCy's `ner` in training", ("training", "student_by_ner"), show_spread),
]
LIMITS = [
    ("if all were computed", "reached_if_all_were_computed", False),
    ("without what is looked up", "reached_without_what_is_looked_up", True),
]


def limit_of(student: Any, without_looked_up: bool) -> str:
    """The words per second of a CNN that were nothing but numpy's matrix products."""
    rate = dig(student, "numpy_product_per_second", "median")
    if rate is None:
        return NONE
    left_out = student["looked_up_per_word"] if without_looked_up else 0
    return show_number(rate / (student["multiply_adds_per_word"] - left_out))


def shares_table(path: Path) -> str:
    """One column for each number of threads."""
    found = read_json(path, missing=[])
    lines = []
    for name, place, show in ROWS:
        values = [dig(own, *place) for own in found]
        lines.append([name, *(NONE if value is None else show(value) for value in values)])
        if place[-1] == "numpy_product_per_second":
            for label, key, without in LIMITS:
                limits = [limit_of(own["student"], without) for own in found]
                lines.append([f"CNN: limit in words/s, {label}", *limits])
                shares = [dig(own, "student", key) for own in found]
                cells = [NONE if value is None else show_percent(value) for value in shares]
                lines.append(["share of it reached", *cells])
    heads = [f"threads: {own['threads']}" for own in found]
    return make_table(["median (range)", *heads], lines if found else [])
