"""The accuracy benchmark: every kind of system on a tiny corpus, and what is made of the cells."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
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

from tiny_projects import ROOT, copy_project, write_split

from benchmarks.accuracy import levers
from benchmarks.accuracy.finished import FILE, FinishedTraining, write_finished
from benchmarks.accuracy.pool import PoolPart
from benchmarks.accuracy.results import (
    config_hash,
    folder_of,
    key_of,
    read_cells,
)
from benchmarks.accuracy.run import choose_systems, choose_with_all_texts, fill, fill_all
from benchmarks.accuracy.running import annotate_pool, run_cell, train_system
from benchmarks.accuracy.selection import ALL_SYSTEMS, TABLES
from benchmarks.accuracy.systems import (
    SHORT_ADAPTATION_STEPS,
    SHORT_MASKED_SHARE,
    SYSTEMS,
    System,
    with_all_texts,
)
from benchmarks.accuracy.token_classification import read_docs, with_variants
from benchmarks.accuracy.workspace import CORPORA, Run, locked
from spacy_halfree.tagging.soft_labels import KEY

RUN = Run("snips", "12", 1)
RESULTS = Path("results.jsonl")
PATHS = {"train": "train", "dev": "dev", "gold": "gold", "encoder": "assets/minilm"}
STEPS = {"max_steps": 2, "eval_frequency": 1}


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
    copy_project(folder, "configs", "scripts", "benchmarks")
    for split, size in (("train", 40), ("valid", 50), ("test", 8)):
        texts = [f"play song{i} by singer{i} now" for i in range(size)]
        write_split(folder / "assets" / "snips", split, texts, "O B-song O B-artist O")
    return folder


@pytest.fixture
def inside(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(place)
    return place


ONE_OF_EACH_KIND = (
    *("teacher", "teacher_ensemble", "token_classification_gold", "trf_ner_gold"),
    *("spacy_ner_hard", "student_first_order_soft", "student_bilstm_soft", "student_aligned_gold"),
    "token_classification_gold/mention_replacement",
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


def test_an_ensemble_is_where_its_teachers_were_trained(inside: Path) -> None:
    RUN.prepare()
    teacher, ensemble = (shorten(ALL_SYSTEMS[name]) for name in ("teacher", "teacher_ensemble"))
    folder = train_system(RUN, teacher)[0].parent
    write_finished(folder, FinishedTraining(5.0, "a commit", "a processor"))
    cell = run_cell(RUN, ensemble)
    assert (cell.commit, cell.processor) == ("a commit", "a processor")
    assert cell.train_seconds > 5


def test_the_peer_is_trained_once(inside: Path) -> None:
    peer = shorten(ALL_SYSTEMS["token_classification_gold"])
    cell = run_cell(RUN, peer)
    folder = folder_of(RUN, peer)
    (checkpoint,) = folder.glob("checkpoint-*")
    before = (checkpoint / "model.safetensors").stat().st_mtime_ns
    again = run_cell(RUN, peer)
    assert (again.f1, again.train_seconds) == (cell.f1, cell.train_seconds)
    assert (checkpoint / "model.safetensors").stat().st_mtime_ns == before
    # killed while it was trained
    (folder / FILE).unlink()
    (folder / "checkpoint-7").mkdir()
    assert run_cell(RUN, peer).f1 == cell.f1
    assert not (folder / "checkpoint-7").exists()


def test_the_peer_reads_variants_of_the_gold_texts(inside: Path) -> None:
    RUN.prepare()
    path = RUN.texts / "gold.spacy"
    gold = [doc.text for doc in read_docs(path)]
    docs = with_variants(path, 10, seed=1)
    assert len(docs) == 11 * len(gold)
    assert [doc.text for doc in docs[::11]] == gold
    assert {doc.text for doc in docs} > set(gold)
    assert {ent.label_ for doc in docs for ent in doc.ents} == {"song", "artist"}


def test_what_two_want_is_made_once(tmp_path: Path) -> None:
    made = tmp_path / "folder" / "model"
    times: list[int] = []

    def make(number: int) -> None:
        with locked(made):
            if not made.exists():
                # long enough for the others to come
                time.sleep(0.1)
                made.write_text("model")
                times.append(number)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(make, range(4)))
    assert len(times) == 1


def test_a_failure_is_told_and_the_rest_goes_on(inside: Path) -> None:
    working = shorten(ALL_SYSTEMS["spacy_ner_gold"])
    broken = replace(working, name="broken", changes={"nlp": {"lang": "no_such"}})
    (failure,) = fill(RUN, [broken, working], Path("other.jsonl"))
    assert failure.startswith("snips, 12 shots, seed 1: broken: ")
    assert "no_such" in failure
    unknown = replace(working, name="unknown", changes={"no_section": 1})
    assert "SystemExit" in fill(RUN, [unknown], Path("other.jsonl"))[0]
    assert [cell.system for cell in read_cells(Path("other.jsonl"))] == ["spacy_ner_gold"]


def paths_of(changes: dict[str, Any], base: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """What changes set, down to the blocks that they put in another one's place."""
    for key, value in changes.items():
        if not isinstance(value, dict) or any(name.startswith("@") for name in value):
            yield (key,)
        else:
            for path in paths_of(value, base.get(key, {})):
                yield (key, *path)


@pytest.mark.parametrize(
    "name",
    [name for name, system in ALL_SYSTEMS.items() if "/" in name and system.config is not None],
)
def test_levers_change_what_they_say(inside: Path, name: str) -> None:
    """A misspelled section or setting would be a lever that does nothing."""
    lever = ALL_SYSTEMS[name]
    base = ALL_SYSTEMS[name.partition("/")[0]]
    assert config_hash(lever) != config_hash(base)
    assert lever.config is not None
    plain = Config().from_disk(lever.config, interpolate=False)
    plain = plain.merge({"paths": PATHS})
    filled = spacy.util.load_model_from_config(plain.interpolate(), auto_fill=True).config
    for path in paths_of(lever.changes, filled):
        section = filled
        for key in path[:-1]:
            section = section[key]
        assert path[-1] in section, f"{'.'.join(path)} is no setting"
    if lever.changes != base.changes:
        changed = plain.merge(lever.changes)
        assert changed != plain.merge(base.changes)
        config = spacy.util.load_model_from_config(changed.interpolate(), auto_fill=True).config
        resolved = spacy.util.registry.resolve(
            config["training"], schema=spacy.schemas.ConfigSchemaTraining
        )
        assert resolved["max_steps"] > 0
        spacy.util.registry.resolve(config["corpora"])


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


def test_with_all_texts_there_is_no_pool(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = Run("snips", "all", 1)
    skipped = [ALL_SYSTEMS["student_first_order_soft"], ALL_SYSTEMS["teacher/steps_400"]]
    assert fill(run, skipped, Path("all.jsonl")) == []
    assert not run.texts.exists()
    told = capsys.readouterr().err
    assert all(f"{system.name} is skipped: " in told for system in skipped)
    kept = [ALL_SYSTEMS["teacher"], *levers.SAME_ENCODER]
    assert choose_with_all_texts(kept) == list(map(with_all_texts, kept))
    for system in [*SYSTEMS, *levers.SAME_ENCODER]:
        if not system.needs_pool:
            assert config_hash(with_all_texts(system)) != config_hash(system)
    ensemble = with_all_texts(ALL_SYSTEMS["teacher_ensemble"])
    assert ensemble.teachers[0] == with_all_texts(ALL_SYSTEMS["teacher"])
    teacher = with_all_texts(ALL_SYSTEMS["teacher"])
    assert teacher.config is not None
    config = Config().from_disk(teacher.config, interpolate=False).merge(teacher.changes)
    assert config["training"]["max_steps"] == 2000
    assert config["corpora"]["train"]["variants"] == 1
    assert config["corpora"]["train"]["share"] == 0.5
    reading = (teacher.encoder_steps, teacher.masked_share)
    assert reading == (SHORT_ADAPTATION_STEPS, SHORT_MASKED_SHARE)


def test_the_recipe_before_is_todays_but_for_reading_and_checkpoints() -> None:
    def choice(system: System) -> Any:
        return system.changes["training"]["eval_frequency"]

    student = ALL_SYSTEMS["student_first_order_soft/short_reading"]
    assert [teacher.encoder_steps for teacher in student.teachers] == [300, 300, 300]
    assert {teacher.masked_share for teacher in student.teachers} == {0.15}
    assert [choice(system) for system in (student, *student.teachers)] == [100, 50, 50, 50]
    assert ALL_SYSTEMS["teacher/short_reading"] in student.teachers
    assert ALL_SYSTEMS["teacher_ensemble/short_reading"].teachers == student.teachers
    # levers of then are what they are today
    lever = ALL_SYSTEMS["student_first_order_soft/short_reading/temperature_2"]
    assert (
        lever.changes["components"]
        == (ALL_SYSTEMS["student_first_order_soft/temperature_2"].changes["components"])
    )
    assert (choice(lever), lever.teachers) == (100, student.teachers)
    aligned = ALL_SYSTEMS["student_aligned_soft/short_reading"]
    assert (aligned.encoder_steps, aligned.masked_share) == (300, 0.15)


def test_another_recipe_is_another_cell() -> None:
    teacher = ALL_SYSTEMS["teacher"]
    longer = replace(teacher, changes={"training": {"max_steps": 7}})
    assert key_of(RUN, teacher) == key_of(RUN, replace(teacher))
    assert config_hash(longer) != config_hash(teacher)
    student = ALL_SYSTEMS["student_first_order_soft"]
    assert config_hash(replace(student, teachers=(longer,))) != config_hash(student)


def test_kept_cells_are_of_the_recipes_of_today(monkeypatch: pytest.MonkeyPatch) -> None:
    """A recipe that has changed needs its cells anew."""
    monkeypatch.chdir(ROOT)
    for cell in read_cells(ROOT / "benchmarks" / "results" / "accuracy.jsonl"):
        system = ALL_SYSTEMS[cell.system]
        system = with_all_texts(system) if cell.shots == "all" else system
        assert cell.config_hash == config_hash(system), f"{cell.system} on {cell.corpus}"


def test_a_lever_keeps_what_its_system_changes() -> None:
    changes = {"training": {"max_steps": 7}, "nlp": {"batch_size": 3}}
    base = replace(ALL_SYSTEMS["student_first_order_gold"], changes=changes)
    lever = levers.vary(base, "longer", {"training": {"dropout": 0.3}})
    assert lever.changes == changes | {"training": {"max_steps": 7, "dropout": 0.3}}


def test_systems_by_name() -> None:
    names = ["student_first_order_soft", "teacher"]
    assert [system.name for system in choose_systems(names)] == names[::-1]
    with pytest.raises(Exception, match=r"no system .*student_first_order_soft"):
        choose_systems(["no_such"])


def test_every_table_has_its_cells() -> None:
    assert {system.name for own in TABLES.values() for system in own.systems} == set(ALL_SYSTEMS)
    assert set(TABLES["pool"].corpora) < set(TABLES["accuracy_100"].corpora) == set(CORPORA)


def start_run(place: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.accuracy.run", "--seed", "1", *arguments],
        cwd=place,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def is_alive(session: int) -> bool:
    """Whether any process of a session is left."""
    try:
        os.killpg(session, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_run_that_is_told_to_stop_leaves_nothing_behind(place: Path) -> None:
    """Neither processes that go on training, nor draws that begin only then."""
    results = place / "stopped.jsonl"
    system = ("--system", "spacy_ner_gold", "--shots", "12", "--jobs", "1")
    run = start_run(
        place, *system, "--corpus", "snips", "--corpus", "atis", "--results", results.name
    )
    log = place / "training" / "benchmarks" / "snips" / "12" / "seed1"
    pattern = f"spacy_ner_gold-{config_hash(ALL_SYSTEMS['spacy_ner_gold'])}/train.log"
    while not (log / pattern).exists():
        assert run.poll() is None, run.stderr and run.stderr.read()
        time.sleep(0.1)
    run.terminate()
    assert run.wait(timeout=60) == 143
    while is_alive(run.pid):
        time.sleep(0.1)
    assert read_cells(results) == []


def test_a_job_that_is_killed_is_told(inside: Path) -> None:
    killer = replace(ALL_SYSTEMS["teacher"], name="killer", config=KillsWhoeverReads("config"))
    (failure,) = fill_all([RUN], [killer], Path("killed.jsonl"), jobs=1)
    assert failure == (
        "snips, 12 shots, seed 1: the process ended before it was done (out of memory?)"
    )


class KillsWhoeverReads(type(Path())):  # type: ignore[misc]
    """A path whose reader is killed, as by a system that is out of memory."""

    def read_text(self, *_: Any, **__: Any) -> str:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError
