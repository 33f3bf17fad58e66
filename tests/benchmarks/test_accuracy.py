"""The accuracy benchmark: every kind of system on a tiny corpus, and what is made of the cells."""

import json
import shutil
import statistics
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import spacy
from spacy.tokens import DocBin
from thinc.api import Config

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("spacy_transformers")
pytest.importorskip("matplotlib")

from tiny_encoder import write_encoder

from benchmarks import report
from benchmarks.accuracy import levers, tables
from benchmarks.accuracy.pool import PoolPart
from benchmarks.accuracy.results import Cell, append_cell, config_hash, key_of, read_cells
from benchmarks.accuracy.run import choose_systems, fill
from benchmarks.accuracy.running import annotate_pool, train_system
from benchmarks.accuracy.systems import SYSTEMS, System, with_all_texts
from benchmarks.accuracy.workspace import CORPORA, Run
from spacy_halfree.tagging.soft_labels import KEY

ROOT = Path(__file__).resolve().parents[2]
RUN = Run("snips", "12", 1)
RESULTS = Path("results.jsonl")
STEPS = {"max_steps": 2, "eval_frequency": 1}
ALL_SYSTEMS = {system.name: system for system in [*SYSTEMS, *levers.LEVERS]}


def shorten(system: System) -> System:
    """The same system, trained for next to nothing."""
    if system.config is None:
        short: dict[str, Any] = {"steps": 2, "eval_steps": 1}
    else:
        short = {"training": system.changes.get("training", {}) | STEPS}
    return replace(
        system,
        changes=system.changes | short,
        encoder_steps=min(system.encoder_steps, 2)
        if system.encoder_steps
        else system.encoder_steps,
        teachers=tuple(map(shorten, system.teachers)),
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with a tiny encoder and a tiny corpus."""
    folder = tmp_path_factory.mktemp("accuracy")
    for name in ("configs", "scripts", "benchmarks"):
        shutil.copytree(ROOT / name, folder / name)
    write_encoder(folder / "assets" / "minilm")
    corpus = folder / "assets" / "snips"
    corpus.mkdir()
    for split, size in (("train", 40), ("valid", 50), ("test", 8)):
        words = [f"play song{i} by singer{i} now" for i in range(size)]
        (corpus / f"{split}.seq.in").write_text("\n".join(words), encoding="utf8")
        (corpus / f"{split}.seq.out").write_text(
            "\n".join(["O B-song O B-artist O"] * size), encoding="utf8"
        )
    return folder


@pytest.fixture
def inside(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(place)
    return place


ONE_OF_EACH_KIND = (
    *("teacher", "teacher_ensemble", "token_classification_gold", "trf_ner_gold"),
    *("spacy_ner_hard", "student_first_order_soft", "student_bilstm_soft", "student_aligned_gold"),
)


def test_every_kind_of_system(inside: Path) -> None:
    systems = [shorten(ALL_SYSTEMS[name]) for name in ONE_OF_EACH_KIND]
    assert fill(RUN, systems, RESULTS) == []
    cells = read_cells(RESULTS)
    assert [cell.system for cell in cells] == list(ONE_OF_EACH_KIND)
    for cell in cells:
        assert (cell.corpus, cell.shots, cell.seed) == ("snips", 12, 1)
        assert 0 <= cell.f1 <= 100
        assert 0 <= cell.dev_f1 <= 100
        assert min(cell.words_per_second, cell.train_seconds, cell.megabytes) > 0
    # Hugging Face's own pipeline reads what the labels are called from the model
    (settings,) = RUN.training.glob("token_classification_gold-*/checkpoint-*/config.json")
    names = json.loads(settings.read_text(encoding="utf8"))["id2label"]
    assert sorted(names.values()) == ["B-artist", "B-song", "O"]
    # a second run has nothing to do
    assert fill(RUN, systems, RESULTS) == []
    assert read_cells(RESULTS) == cells


def test_a_failure_is_told_and_the_rest_goes_on(inside: Path) -> None:
    working = shorten(ALL_SYSTEMS["spacy_ner_gold"])
    broken = replace(working, name="broken", changes={"nlp": {"lang": "no_such"}})
    (failure,) = fill(RUN, [broken, working], Path("other.jsonl"))
    assert failure.startswith("snips, 12 shots, seed 1: broken: ")
    assert "no_such" in failure
    unknown = replace(working, name="unknown", changes={"no_section": 1})
    assert "SystemExit" in fill(RUN, [unknown], Path("other.jsonl"))[0]
    assert [cell.system for cell in read_cells(Path("other.jsonl"))] == ["spacy_ner_gold"]


@pytest.mark.parametrize("name", [system.name for system in levers.LEVERS])
def test_levers_change_what_they_say(inside: Path, name: str) -> None:
    """Their configs resolve: a misspelled section would be a lever that does nothing."""
    lever = ALL_SYSTEMS[name]
    base = ALL_SYSTEMS[name.partition("/")[0]]
    assert config_hash(lever) != config_hash(base)
    if lever.changes != base.changes and lever.config is not None:
        plain = Config().from_disk(lever.config, interpolate=False)
        changed = plain.merge(lever.changes)
        assert changed != plain.merge(base.changes)


def test_a_lever_trains_what_it_says(inside: Path) -> None:
    RUN.prepare()
    folder, _ = train_system(
        RUN, shorten(ALL_SYSTEMS["student_first_order_soft/with_gold_10_times"])
    )
    config = spacy.load(folder).config
    assert config["corpora"]["train"]["@readers"] == "halfree.MixedCorpus.v1"
    assert config["corpora"]["train"]["weights"]["gold"] == 10


def test_a_part_of_the_pool(inside: Path) -> None:
    student = ALL_SYSTEMS["student_first_order_soft"]
    part = PoolPart(texts=20, surest=0.5, top_k=2)
    pool = annotate_pool(RUN, shorten(replace(student, pool=part)))
    whole = annotate_pool(RUN, shorten(student))
    vocab = spacy.blank("en").vocab
    docs = {doc.text: doc.user_data[KEY] for doc in DocBin().from_disk(whole).get_docs(vocab)}
    kept = {doc.text: doc.user_data[KEY] for doc in DocBin().from_disk(pool).get_docs(vocab)}
    assert (len(docs), len(kept)) == (28, 10)
    assert kept.keys() <= docs.keys()
    for text, soft in kept.items():
        assert soft["top_probabilities"].shape == (len(docs[text]["tags"]), 2)
    # which 20 were drawn does not show, but ten of any 20 are surer than the ten least sure of all
    by_sureness = sorted(docs, key=lambda text: sureness_of(docs[text]))
    assert not kept.keys() & set(by_sureness[:10])


def sureness_of(soft: dict[str, Any]) -> float:
    rows = zip(soft["probabilities"], soft["tags"], strict=True)
    return min(float(row[tag]) for row, tag in rows)


def test_with_all_texts_there_is_no_pool(inside: Path) -> None:
    run = Run("snips", "all", 1)
    assert fill(run, [ALL_SYSTEMS["student_first_order_soft"]], Path("all.jsonl")) == []
    assert not run.texts.exists()
    for system in SYSTEMS:
        if system.learns_gold_only:
            assert config_hash(with_all_texts(system)) != config_hash(system)
    teacher = with_all_texts(ALL_SYSTEMS["teacher"])
    assert teacher.config is not None
    config = Config().from_disk(teacher.config, interpolate=False).merge(teacher.changes)
    assert config["training"]["max_steps"] == 2000
    assert config["corpora"]["train"]["variants"] == 1
    assert config["corpora"]["train"]["share"] == 0.5


def make_cell(**changes: Any) -> Cell:
    cell = Cell(
        **{"corpus": "snips", "system": "teacher", "shots": 100, "seed": 1},
        **{"precision": 50.0, "recall": 50.0, "f1": 50.0, "dev_f1": 60.0},
        **{"train_seconds": 10.0, "words_per_second": 1000, "megabytes": 3.0, "threads": 1},
        **{"config_hash": "a", "versions": {"spacy": "3.8"}},
    )
    return replace(cell, **changes)


def test_cells_are_kept(tmp_path: Path) -> None:
    cells = [make_cell(), make_cell(shots="all", seed=2)]
    for cell in cells:
        append_cell(tmp_path / "new" / "cells.jsonl", cell)
    assert read_cells(tmp_path / "new" / "cells.jsonl") == cells
    assert read_cells(tmp_path / "none.jsonl") == []


def test_another_recipe_is_another_cell() -> None:
    teacher = ALL_SYSTEMS["teacher"]
    longer = replace(teacher, changes={"training": {"max_steps": 7}})
    assert key_of(RUN, teacher) == key_of(RUN, replace(teacher))
    assert config_hash(longer) != config_hash(teacher)
    student = ALL_SYSTEMS["student_first_order_soft"]
    assert config_hash(replace(student, teachers=(longer,))) != config_hash(student)


def test_means_over_seeds() -> None:
    cells = [make_cell(seed=seed, f1=f1) for seed, f1 in ((1, 40.0), (2, 50.0), (3, 63.0))]
    spread = statistics.stdev([40.0, 50.0, 63.0])
    table = tables.accuracy_table(cells, "100", ["teacher", "spacy_ner_gold"])
    rows = table.splitlines()
    assert rows[2].split(" | ")[1:] == [f"51.0 ± {spread:.1f}", "-", "-", "-", "- |"]
    # no row for a system without cells; the paper's figures are marked
    assert len(rows) == 3 + len(tables.PUBLISHED)
    assert rows[-1].startswith("| *published: distilled BiLSTM* | *57.2*")
    assert "published" not in tables.accuracy_table(cells, "all")


def test_costs_weigh_every_corpus_alike() -> None:
    cells = [
        make_cell(corpus=corpus, seed=seed, train_seconds=seconds)
        for corpus, seeds, seconds in [
            ("snips", (1, 2, 3), 10.0),
            *((c, (1,), 60.0) for c in CORPORA[1:]),
        ]
        for seed in seeds
    ]
    row = tables.cost_table(cells, "100").splitlines()[2]
    assert row.split(" | ")[1:] == ["50", "1,000", "3.0 |"]
    # a system that was not run everywhere cannot be compared
    assert len(tables.cost_table(cells[:3], "100").splitlines()) == 2


def test_the_newest_cell_counts() -> None:
    assert tables.select([make_cell(f1=1.0), make_cell(f1=2.0)], "teacher", "snips", "100") == [
        make_cell(f1=2.0)
    ]


def test_recipes_are_not_mixed() -> None:
    cells = [make_cell(), make_cell(seed=2, config_hash="b")]
    with pytest.raises(tables.MixedRecipesError, match=r"\['a', 'b'\]"):
        tables.select(cells, "teacher", "snips", "100")


def test_levers_are_compared_seed_by_seed_on_dev() -> None:
    cells = [
        *(make_cell(seed=seed, dev_f1=10.0 * seed) for seed in (1, 2)),
        *(make_cell(system="teacher/x", seed=s, dev_f1=10.0 * s + s, f1=0.0) for s in (1, 2)),
    ]
    row = tables.ablation_table(cells, ["snips", "atis"]).splitlines()[2]
    assert row == "| teacher: x | +1.5 ± 0.7 | - | 2 + 0 |"


def test_systems_are_compared_seed_by_seed_on_test() -> None:
    cells = [
        *(make_cell(seed=seed, f1=10.0 * seed) for seed in (1, 2, 3)),
        *(
            make_cell(system="token_classification_gold", seed=s, f1=9.0 * s, dev_f1=0.0)
            for s in (1, 2)
        ),
    ]
    rows = tables.comparison_table(cells).splitlines()
    assert rows[2:] == [
        "| teacher, over per-token classification | +1.5 ± 0.7 | - | - | - | - |",
    ]


POOL_CELLS = [
    *(make_cell(system="student_first_order_soft", seed=seed, f1=60.0 + seed) for seed in (1, 2)),
    make_cell(system="student_first_order_soft/pool_2000", f1=55.0),
    make_cell(system="student_first_order_soft/pool_500", f1=50.0),
    make_cell(system="student_first_order_hard", f1=58.0),
]


def test_pool_sizes() -> None:
    rows = tables.pool_table(POOL_CELLS, ["snips", "atis"]).splitlines()
    # a curve has more than one point
    assert rows[2:] == [
        "| SNIPS | soft labels | 500: 50.0; 2,000: 55.0; 12,984: 61.5 ± 0.7 |",
    ]
    # a curve has its own table
    assert len(tables.ablation_table(POOL_CELLS, ["snips"]).splitlines()) == 2


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
        plot_pool(POOL_CELLS, ["snips"], tmp_path / f"{name}_pool.svg")
    for kind, legend in (("shots", "our teacher"), ("pool", "soft")):
        first = (tmp_path / f"a_{kind}.svg").read_text(encoding="utf8")
        assert legend in first
        assert first == (tmp_path / f"b_{kind}.svg").read_text(encoding="utf8")


def test_systems_by_name() -> None:
    assert choose_systems([]) == SYSTEMS
    names = ["student_first_order_soft", "teacher"]
    assert [system.name for system in choose_systems(names)] == names[::-1]
    with pytest.raises(Exception, match="no system"):
        choose_systems(["no_such"])
