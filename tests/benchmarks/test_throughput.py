"""The throughput benchmark: what is timed, in which order, and what becomes of the rows."""

import json
import shutil
from functools import partial
from pathlib import Path

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import DocBin

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("spacy_transformers")
pytest.importorskip("matplotlib")

from tiny_encoder import write_encoder

from benchmarks import throughput
from benchmarks.accuracy.results import config_hash
from benchmarks.accuracy.workspace import Run
from benchmarks.speed import memory, tables
from benchmarks.speed.footprint import measure_footprint
from benchmarks.speed.inputs import count_words
from benchmarks.speed.plots import plot_memory
from benchmarks.speed.systems import find_system
from benchmarks.speed.taggers import Inputs, SpacyTagger
from benchmarks.speed.timing import choose_sample, latencies, time_in_turns

ROOT = Path(__file__).resolve().parents[2]
TEXTS = [f"play song{i} now" for i in range(40)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("speed") / "pipeline"
    nlp = spacy.blank("en")
    nlp.add_pipe("halfree_tagger", config={"labels": ["SONG"]})
    nlp.initialize()
    nlp.to_disk(path)
    return path


class Recorder(SpacyTagger):
    """A pipeline that remembers what it was asked for."""

    def __init__(self, folder: Path, calls: list[tuple[str, int, int, type]], name: str) -> None:
        super().__init__(folder)
        self.calls = calls
        self.name = name

    def tag(self, inputs: Inputs, batch_size: int) -> None:
        self.calls.append((self.name, len(inputs), batch_size, type(inputs[0])))
        super().tag(inputs, batch_size)


@pytest.mark.parametrize("tokenised", [True, False])
def test_systems_take_turns(folder: Path, tokenised: bool) -> None:
    calls: list[tuple[str, int, int, type]] = []
    taggers = {name: Recorder(folder, calls, name) for name in ("a", "b")}
    timings = time_in_turns(
        taggers,
        TEXTS,
        count_words,
        batch_size=4,
        tokenised=tokenised,
        rounds=3,
        least_seconds=60.0,
        baseline="b",
    )
    # a call of each to find out how many texts to take, which are all, as 60 seconds are long
    assert [(name, n) for name, n, *_ in calls[:2]] == [("a", 8), ("b", 8)]
    assert [(name, n) for name, n, *_ in calls[2:]] == [("a", 40), ("b", 40)] * 3
    assert {batch_size for _, _, batch_size, _ in calls} == {4}
    assert all((kind is not str) == tokenised for *_, kind in calls[2:])
    assert len(timings["a"].speeds) == len(timings["a"].ratios) == 3
    assert timings["b"].ratios == [1.0, 1.0, 1.0]
    assert timings["a"].ratios[1] == timings["a"].speeds[1] / timings["b"].speeds[1]


def test_those_that_cannot_do_without_tokenising_are_left_out(folder: Path) -> None:
    raw_only = SpacyTagger(folder)
    raw_only.tokenises = False
    settings = {"batch_size": 4, "rounds": 1, "least_seconds": 0.01, "baseline": "raw_only"}
    taggers = {"raw_only": raw_only, "both": SpacyTagger(folder)}
    timings = time_in_turns(taggers, TEXTS, count_words, tokenised=True, **settings)
    assert timings.keys() == {"both"}
    assert timings["both"].median_ratio is None


def test_a_sample_is_as_large_as_needed(folder: Path) -> None:
    tagger = SpacyTagger(folder)
    assert choose_sample(tagger, TEXTS, 16, least_seconds=0.0) == TEXTS[:16]
    assert choose_sample(tagger, TEXTS, 1, least_seconds=0.0) == TEXTS[:8]
    assert choose_sample(tagger, TEXTS, 1, least_seconds=100.0) == TEXTS


def test_latencies(folder: Path) -> None:
    median, high = latencies(SpacyTagger(folder), TEXTS)
    assert 0 < median <= high


def test_a_footprint_is_measured_in_its_own_process(folder: Path) -> None:
    footprint = measure_footprint(partial(SpacyTagger, folder), TEXTS)
    assert footprint.load_seconds > 0
    assert 20 < footprint.peak_megabytes < 2000


def test_words_are_counted_alike() -> None:
    assert count_words(["don't stop", "now"]) == 4


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a tiny corpus, in which spaCy's `ner` is there already."""
    for name in ("configs", "scripts", "benchmarks"):
        shutil.copytree(ROOT / name, tmp_path / name)
    write_encoder(tmp_path / "assets" / "minilm")
    corpus = tmp_path / "assets" / "snips"
    corpus.mkdir()
    for split, size in (("train", 110), ("valid", 60), ("test", 8)):
        texts = [f"play song{i} now" for i in range(size)]
        (corpus / f"{split}.seq.in").write_text("\n".join(texts), encoding="utf8")
        (corpus / f"{split}.seq.out").write_text("\n".join(["O B-song O"] * size), encoding="utf8")
    monkeypatch.chdir(tmp_path)
    system = find_system("spacy_ner_gold")
    folder = Run("snips", "100", 1).training / f"{system.name}-{config_hash(system)}"
    nlp = spacy.blank("en")
    nlp.add_pipe("ner").add_label("song")
    nlp.initialize()
    folder.mkdir(parents=True)
    nlp.to_disk(folder / "model-best")
    (folder / "seconds.txt").write_text("1.0")
    return tmp_path


def test_rows_of_an_input_replace_its_old_ones(project: Path) -> None:
    measure = partial(throughput.main, input=["snips"], threads=[1], rounds=2, least_seconds=0.01)
    results = project / "results" / "rows.jsonl"
    results.parent.mkdir()
    places = [("snips", 1, "spacy_ner_gold"), ("snips", 2, "spacy_ner_gold"), ("snips", 1, "other")]
    old = [dict(zip(("input", "threads", "system"), place, strict=True)) for place in places]
    results.write_text("".join(json.dumps(row) + "\n" for row in old), encoding="utf8")
    measure(system=["spacy_ner_gold"], results=results)
    lines = [json.loads(line) for line in results.read_text(encoding="utf8").splitlines()]
    assert lines[:2] == old[1:]
    rows = lines[2:]
    assert [(row["batch_size"], row["tokenised"]) for row in rows] == [
        (size, tokenised) for size in (1, 32, 256) for tokenised in (True, False)
    ]
    for row in rows:
        assert (row["system"], row["input"], row["threads"]) == ("spacy_ner_gold", "snips", 1)
        assert row["slowest"] <= row["words_per_second"] <= row["fastest"]
        assert row["ratio"] == row["least_ratio"] == row["greatest_ratio"] == 1.0
        assert 0 <= row["f1"] <= 100
        assert (row["latency_ms"] is not None) == (row["batch_size"] == 1)


def test_the_addresses_need_their_workflow(project: Path) -> None:
    from benchmarks.speed.systems import address_systems

    with pytest.raises(FileNotFoundError, match="spacy project run all"):
        next(address_systems(lambda name: True))


def test_only_the_component_asked_for_runs(tmp_path: Path) -> None:
    nlp: Language = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    nlp.add_pipe("halfree_tagger", config={"labels": ["SONG"]})
    nlp.initialize()
    nlp.to_disk(tmp_path / "pipeline")
    assert SpacyTagger(tmp_path / "pipeline", only="sentencizer").nlp.pipe_names == ["sentencizer"]


def make_row(**changes: object) -> dict[str, object]:
    row = {
        **{"system": "spacy_ner_gold", "input": "mit_movie_trivia", "batch_size": 1},
        **{"tokenised": False, "threads": 1, "words_per_second": 12_345, "ratio": 1.5},
        **{"least_ratio": 1.25, "greatest_ratio": 2.0, "f1": 38.05, "latency_ms": [1.234, 5.6]},
        **{"load_seconds": 2.0, "peak_megabytes": 400.4, "megabytes": 3.98},
    }
    return row | changes


def test_tables_show_speed_beside_f1() -> None:
    rows = [
        make_row(batch_size=256),
        make_row(batch_size=32, tokenised=True, ratio=None),
        make_row(threads=2, words_per_second=99),
        make_row(),
    ]
    (line,) = tables.throughput_table(rows, threads=1).splitlines()[2:]
    assert line == (
        "| MIT Movie Trivia: spaCy `ner`, CNN of the same width | 38.0 | - | 12,345 | - | "
        "12,345 (1.50; 1.25 to 2.00) |"
    )
    (line,) = tables.footprint_table(rows, "mit_movie_trivia").splitlines()[2:]
    assert line == "| spaCy `ner`, CNN of the same width | 1.23 | 5.60 | 2.00 | 400 | 4.0 |"
    assert len(tables.throughput_table([], threads=1).splitlines()) == 2


def test_memory_is_measured_and_drawn(folder: Path, tmp_path: Path) -> None:
    nlp = spacy.blank("en")
    DocBin(docs=[nlp.make_doc(text) for text in TEXTS]).to_disk(tmp_path / "texts.spacy")
    results = tmp_path / "results" / "memory.json"
    memory.main(folder, tmp_path / "texts.spacy", words=5_000, results=results)
    found = json.loads(results.read_text(encoding="utf8"))
    assert list(found) == ["inside nlp.memory_zone()", "outside"]
    for points in found.values():
        assert points[-1][0] >= 5_000
        assert all(20 < megabytes < 4000 for _, megabytes in points)
    plot_memory(results, tmp_path / "images" / "memory.svg")
    assert "words tagged so far" in (tmp_path / "images" / "memory.svg").read_text(encoding="utf8")


def test_a_tenth_of_the_words_is_new() -> None:
    texts = memory.endless_texts(["a b c d e f g h i j"])
    words = [word for _ in range(300) for word in next(texts).split()]
    assert len(words) == 3000
    assert 0.08 < sum(len(word) == 9 for word in words) / 3000 < 0.12
