"""From finished cells to tables and plots."""

import statistics
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("matplotlib")

from benchmarks import report
from benchmarks.accuracy import comparisons, goals, names, tables
from benchmarks.accuracy.leads import leads_table
from benchmarks.accuracy.levers import TODAYS_LEVERS
from benchmarks.accuracy.results import Cell, append_cell, read_cells
from benchmarks.accuracy.short_reading import SHORT_LEVERS, SHORT_SYSTEMS
from benchmarks.accuracy.workspace import CORPORA


def make_cell(**changes: Any) -> Cell:
    cell = Cell(
        **{"corpus": "snips", "system": "teacher", "shots": 100, "seed": 1},
        **{"precision": 50.0, "recall": 50.0, "f1": 50.0, "dev_f1": 60.0},
        **{"train_seconds": 10.0, "words_per_second": 1000, "megabytes": 3.0, "threads": 1},
        **{"config_hash": "a", "versions": {"spacy": "3.8"}},
    )
    return replace(cell, **changes)


def test_means_over_seeds() -> None:
    cells = [make_cell(seed=seed, f1=f1) for seed, f1 in ((1, 40.0), (2, 50.0), (3, 63.0))]
    spread = statistics.stdev([40.0, 50.0, 63.0])
    table = tables.accuracy_table(cells, "100", ["teacher", "spacy_ner_gold"])
    rows = table.splitlines()
    assert rows[2].split(" | ")[1:] == [f"51.0 ± {spread:.1f}", "-", "-", "-", "- |"]
    # no row for a system without cells; the paper's figures are marked
    assert len(rows) == 3 + len(names.PUBLISHED)
    assert rows[-1].startswith("| *published: distilled BiLSTM* | *57.2*")
    assert "published" not in tables.accuracy_table(cells, "all")


def test_of_several_machines_the_first_counts() -> None:
    first, other = make_cell(f1=1.0), make_cell(f1=2.0, processor="B")
    assert tables.select([first, other], "teacher", "snips", "100") == [first]


def test_machines_are_not_mixed_in_comparisons() -> None:
    cells = [
        *(make_cell(seed=seed, f1=10.0 * seed) for seed in (1, 2, 3)),
        make_cell(seed=1, f1=5.0, processor="B"),
        *(make_cell(system="teacher_ensemble", seed=s, f1=7.0, processor="B") for s in (1, 2)),
        make_cell(system="teacher_ensemble", seed=3, f1=31.0),
        # a second machine with both: the first counts
        *(
            make_cell(system=name, seed=3, processor="C")
            for name in ("teacher", "teacher_ensemble")
        ),
    ]
    differences = comparisons.paired_differences(
        cells, "teacher_ensemble", "teacher", "snips", "f1"
    )
    # the second seed has no pair: its cells are from different machines
    assert sorted(differences) == [1.0, 2.0]
    # what rests on no adapted encoder is nearly the same everywhere
    peer = [make_cell(system="trf_ner_gold", seed=seed, f1=4.0) for seed in (1, 2)]
    assert comparisons.paired_differences(
        [*cells, *peer], "teacher_ensemble", "trf_ner_gold", "snips", "f1"
    ) == [3.0, 3.0]


def test_what_another_machine_makes_of_it() -> None:
    cells = [
        *(make_cell(seed=seed, f1=50.0 + seed) for seed in (1, 2)),
        make_cell(seed=2, f1=49.0, processor="B"),
        make_cell(system="spacy_ner_gold", corpus="atis"),
    ]
    rows = tables.machines_table(cells).splitlines()
    name = names.SYSTEM_NAMES["teacher"]
    assert rows[2:] == [f"| {name}, 2 | AMD → B | 52.00 → 49.00 | - | - | - | - |"]
    # trained in another order, they have a row of their own
    other_way = [make_cell(corpus="atis", seed=2, processor=name) for name in ("B(R) b", "AMD a")]
    rows = tables.machines_table([*cells, *other_way]).splitlines()
    assert rows[3:] == [f"| {name}, 2 | B → AMD | - | 50.00 → 50.00 | - | - | - |"]


def test_recipes_are_not_mixed() -> None:
    cells = [make_cell(), make_cell(seed=2, config_hash="b")]
    with pytest.raises(tables.MixedRecipesError, match=r"\['a', 'b'\]"):
        tables.select(cells, "teacher", "snips", "100")


def test_levers_are_compared_seed_by_seed_on_dev() -> None:
    first, second = "teacher/hidden_factor_1", "teacher/no_adaptation"
    cells = [
        *(make_cell(seed=seed, dev_f1=10.0 * seed) for seed in (1, 2)),
        *(make_cell(system=first, seed=s, dev_f1=10.0 * s + s, f1=0.0) for s in (1, 2)),
    ]
    cells.append(make_cell(system=second, corpus="atis", dev_f1=0.0))
    rows = comparisons.ablation_table(cells, TODAYS_LEVERS).splitlines()
    # in the order of the levers; differences need the base on the same draw
    assert rows[2:] == [
        "| teacher: hidden factor 1 | +1.5 ± 0.7 (2) | - | - | - | - |",
    ]


def test_what_levers_of_the_recipe_before_are_called() -> None:
    cells = [
        make_cell(system=name, dev_f1=dev_f1)
        for name, dev_f1 in (
            *(("teacher", 60.0), ("teacher/short_reading", 58.0)),
            *(
                ("token_classification_gold", 50.0),
                ("token_classification_gold/short_reading", 54.0),
            ),
        )
    ]
    rows = comparisons.ablation_table(cells, [*SHORT_SYSTEMS, *SHORT_LEVERS]).splitlines()[2:]
    assert [row.split(" | ")[:2] for row in rows] == [
        ["| teacher: recipe before", "-2.0 (1)"],
        ["| per-token classification: encoder adapted as in the recipe before", "+4.0 (1)"],
    ]


def test_systems_are_compared_seed_by_seed_on_test() -> None:
    cells = [
        *(make_cell(seed=seed, f1=10.0 * seed) for seed in (1, 2, 3)),
        *(
            make_cell(system="token_classification_gold", seed=s, f1=9.0 * s, dev_f1=0.0)
            for s in (1, 2)
        ),
    ]
    rows = comparisons.comparison_table(cells).splitlines()
    (row,) = rows[2:]
    assert row.startswith("| teacher (encoder adapted) over per-token classification")
    assert row.endswith(" | +1.5 ± 0.7 (2) | - | - | - | - |")


def test_draws_are_told_where_they_are_not_three() -> None:
    cells = [make_cell(seed=seed, f1=50.0 + seed) for seed in (1, 2, 3)]
    assert tables.mean_of_draws(cells) == "52.0 ± 1.0"
    assert tables.mean_of_draws(cells[:2]) == "51.5 ± 0.7 (2)"
    assert tables.mean_of_draws(cells[:1]) == "51.0 (1)"
    assert tables.mean_of_draws([]) == tables.NONE


def test_leads_are_of_the_cells() -> None:
    student = "student_first_order_soft"
    cells = [
        *(make_cell(system=student, seed=seed, f1=60.0 + seed) for seed in (1, 2)),
        make_cell(system=student, corpus="atis", f1=80.0),
        make_cell(system="student_first_order_gold", seed=1, f1=40.0),
    ]
    rows = leads_table(cells).splitlines()[2:]
    # the only draw that both have
    assert rows[0].endswith("alone | +21.0 | - | - | - | - |")
    assert rows[1].endswith(" | - | - | - | - | - |")
    published = names.PUBLISHED["distilled BiLSTM"]
    snips, atis = 61.5 - published["snips"], 80 - published["atis"]
    assert rows[-1] == f"| the published student | {snips:+.1f} | {atis:+.1f} | - | - | - |"


def test_goals_say_by_how_much_they_are_missed() -> None:
    student, peer = "student_first_order_soft", "token_classification_gold"
    cells = [
        *(make_cell(system=student, seed=seed, f1=f1) for seed, f1 in ((1, 64.0), (2, 65.8))),
        make_cell(system=student, corpus="mit_movie", f1=75.0),
        make_cell(system=student, corpus="mit_movie_trivia", f1=58.0),
        make_cell(system=peer, corpus="mit_movie_trivia", f1=51.0),
        # teachers and a peer with the same encoder: 4 points on one corpus, 1 on the other
        *(make_cell(corpus=corpus, f1=60.0) for corpus in ("snips", "atis")),
        make_cell(system=goals.ADAPTED_PEER, f1=56.0),
        make_cell(system=goals.ADAPTED_PEER, corpus="atis", f1=59.0),
        make_cell(shots="all", f1=79.0),
        make_cell(system=peer, shots="all", f1=80.2),
    ]
    rows = [row.strip("| ").split(" | ") for row in goals.goals_table(cells).splitlines()[2:]]
    assert [row[1:] for row in rows] == [
        ["65", "64.9 ± 1.3", "2", "missed by 0.1"],
        ["75", "75.0", "1", "met"],
        ["0", "+7.7 ± 1.3", "2", "met"],
        ["0", "+4.5", "1", "met"],
        ["5", "+7.0", "1", "met"],
        ["3", "+2.5", "1", "missed by 0.5"],
        ["0", "-1.2", "1", "missed by 1.2"],
    ]
    assert rows[5][0].startswith("SNIPS, ATIS alone: teacher over per-token classification")
    assert rows[6][0].startswith("SNIPS, all labels")


def test_goals_are_judged_by_what_is_shown() -> None:
    reached = goals.Reached("", 65.0, 64.96, "65.0", 3)
    assert reached.row == "|  | 65 | 65.0 | 3 | met |"
    missed = goals.Reached("", 65.0, 64.94, "64.9", 3)
    assert missed.row == "|  | 65 | 64.9 | 3 | missed by 0.1 |"


def test_a_goal_over_all_corpora_says_so() -> None:
    cells = [
        make_cell(corpus=corpus, system=system, f1=f1)
        for corpus in CORPORA
        for system, f1 in (("teacher", 60.0), (goals.ADAPTED_PEER, 56.0))
    ]
    (row,) = goals.goals_table(cells).splitlines()[2:]
    assert row.startswith("| mean of 5 corpora: teacher over per-token classification, encoder ad")
    assert row.endswith("| 3 | +4.0 | 1 | met |")


POOL_SOFT, POOL_HARD = tables.POOL_SYSTEMS.values()
POOL_CELLS = [
    *(make_cell(system=POOL_SOFT, seed=seed, f1=60.0 + seed) for seed in (1, 2)),
    make_cell(system=f"{POOL_SOFT}/pool_2000", f1=55.0),
    make_cell(system=f"{POOL_SOFT}/pool_500", f1=50.0),
    make_cell(system=POOL_HARD, f1=58.0),
]


def test_pool_sizes() -> None:
    rows = tables.pool_table(POOL_CELLS, {"snips": 13_084, "atis": 4_478}).splitlines()
    # a curve has its own table
    assert (
        len(comparisons.ablation_table(POOL_CELLS, [*TODAYS_LEVERS, *SHORT_LEVERS]).splitlines())
        == 2
    )
    # and more than one point
    assert rows[2:] == [
        "| SNIPS | soft labels | 500: 50.0 (1); 2,000: 55.0 (1); 12,984: 61.0 (1) |",
    ]


def test_curves_are_of_the_draws_that_all_points_share() -> None:
    one, two, three = (make_cell(seed=seed) for seed in (1, 2, 3))
    assert tables.on_shared_draws([(5, [one]), (9, [one, two])]) == [(5, [one]), (9, [one])]
    # nothing is shared: all there is
    apart = [(5, [one, two]), (9, [three])]
    assert tables.on_shared_draws(apart) == apart
    assert tables.on_shared_draws([]) == []


def test_every_table_stands_on_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    shown = {
        match[2] for page in report.PAGES for match in report.TABLE.finditer(page.read_text("utf8"))
    }
    assert shown == set(report.make_tables(report.ResultFiles()))


def test_no_table_of_a_page_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    for page in report.PAGES:
        for match in report.TABLE.finditer(page.read_text("utf8")):
            assert len(match[0].splitlines()) > 4, f"{match[2]} of {page}"


def test_pages_are_filled(tmp_path: Path) -> None:
    page = "before\n<!-- table: a -->\nold\n<!-- /table -->\nafter\n"
    filled = report.fill_page(page, {"a": "new\n"})
    assert filled == "before\n<!-- table: a -->\nnew\n<!-- /table -->\nafter\n"
    assert report.fill_page(filled, {"a": "new\n"}) == filled
    with pytest.raises(KeyError):
        report.fill_page(page, {})


def test_plots_are_the_same_every_time(tmp_path: Path) -> None:
    from benchmarks.accuracy.plots import plot_pool, plot_shots

    cells = [
        make_cell(corpus=corpus, shots=shots, seed=seed, f1=40.0 + seed)
        for corpus in CORPORA
        for shots in (100, 300)
        for seed in (1, 2)
    ]
    for name in ("a", "b"):
        plot_shots(cells, ["snips"], ["100", "300"], tmp_path / f"{name}_shots.svg")
        plot_pool(POOL_CELLS, {"snips": 13_084}, tmp_path / f"{name}_pool.svg")
    for kind, legend in (("shots", "our teacher"), ("pool", "soft")):
        first = (tmp_path / f"a_{kind}.svg").read_text(encoding="utf8")
        assert legend in first
        assert first == (tmp_path / f"b_{kind}.svg").read_text(encoding="utf8")


def test_cells_are_kept(tmp_path: Path) -> None:
    cells = [make_cell(), make_cell(shots="all", seed=2)]
    cells.append(make_cell(f1=52.0, processor="of another machine"))
    # one that is there already is not added again
    for cell in (*cells, replace(cells[0], f1=51.0)):
        append_cell(tmp_path / "new" / "cells.jsonl", cell)
    assert read_cells(tmp_path / "new" / "cells.jsonl") == cells
    assert read_cells(tmp_path / "none.jsonl") == []
