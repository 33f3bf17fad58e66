"""Soft labels from folders of shards: streamed, shuffled and mixed."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from manifests import DAMAGES, changed_values, output_values, write_manifest
from spacy.cli.train import train as spacy_train
from spacy.language import Language
from spacy.tokens import DocBin
from spacy.training import Example
from toy_pipelines import TEXTS, predictions, training_config, write_corpus

from spacy_halfree.data.docbin import write_docs
from spacy_halfree.distill.mixed_corpus import create_mixed_corpus
from spacy_halfree.distill.sharded_corpus import ShardedCorpus, create_sharded_corpus, shuffled
from spacy_halfree.distill.teachers import annotate
from spacy_halfree.tagging.soft_labels import KEY


@pytest.fixture(scope="module")
def shards(teacher: Language, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five shards of four texts, and what says so."""
    folder = tmp_path_factory.mktemp("shards")
    for number in range(5):
        texts = [f"{text} {number}" for text in TEXTS]
        write_docs(annotate(teacher, texts), folder / f"00000-{number:06}.spacy")
    write_manifest(folder, 5, 20)
    return folder


def texts_of(reader: Callable[[Language], Iterator[Example]], nlp: Language) -> list[str]:
    return [example.reference.text for example in reader(nlp)]


@given(st.integers(0, 60), st.integers(1, 70), st.integers(0, 3))
def test_shuffling_loses_and_doubles_nothing(n_items: int, buffer_size: int, seed: int) -> None:
    found = list(shuffled(range(n_items), buffer_size, random.Random(seed)))
    assert sorted(found) == list(range(n_items))
    # nothing comes before it could have been read
    assert all(item <= place + buffer_size for place, item in enumerate(found))


def test_shuffling_is_fair() -> None:
    """With a buffer for all, every item is as likely to be first."""
    firsts = Counter(next(shuffled(range(4), 10, random.Random(seed))) for seed in range(800))
    assert set(firsts) == {0, 1, 2, 3}
    assert min(firsts.values()) > 140


def test_order(shards: Path, nlp: Language) -> None:
    in_order = [f"{text} {number}" for number in range(5) for text in TEXTS]
    plain = create_sharded_corpus(shards)
    assert texts_of(plain, nlp) == texts_of(plain, nlp) == in_order
    reader = create_sharded_corpus(shards, shuffle_buffer=6, seed=3)
    first, second = texts_of(reader, nlp), texts_of(reader, nlp)
    assert sorted(first) == sorted(second) == sorted(in_order)
    assert len({tuple(first), tuple(second), tuple(in_order)}) == 3
    again = create_sharded_corpus(shards, shuffle_buffer=6, seed=3)
    assert [texts_of(again, nlp), texts_of(again, nlp)] == [first, second]
    assert texts_of(create_sharded_corpus(shards, 6, seed=4), nlp) != first


def test_single_file(shards: Path, nlp: Language) -> None:
    reader = create_sharded_corpus(shards / "00000-000003.spacy")
    assert texts_of(reader, nlp) == [f"{text} 3" for text in TEXTS]
    assert reader.n_examples() == 4
    assert create_sharded_corpus(shards).n_examples() == 20


def test_one_shard_is_read_at_a_time(
    shards: Path, nlp: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []
    from_disk = DocBin.from_disk

    def noted(self: DocBin, path: Path) -> DocBin:
        opened.append(path)
        return from_disk(self, path)

    monkeypatch.setattr(DocBin, "from_disk", noted)
    examples = create_sharded_corpus(shards)(nlp)
    for _ in range(4):
        next(examples)
    assert len(opened) == 1
    next(examples)
    assert len(opened) == 2


def test_incomplete_folder(shards: Path, nlp: Language, tmp_path: Path) -> None:
    write_manifest(tmp_path, 2, 8)
    name = "00000-000000.spacy"
    (tmp_path / name).write_bytes((shards / name).read_bytes())
    with pytest.raises(ValueError, match=r"\[H056\].*shards \(1\).*\(2\)\."):
        texts_of(create_sharded_corpus(tmp_path), nlp)
    with pytest.raises(FileNotFoundError, match=r"\[H019\]"):
        texts_of(create_sharded_corpus(tmp_path / "nowhere"), nlp)
    with pytest.raises(ValueError, match="E913"):
        create_sharded_corpus(None)
    with pytest.raises(ValueError, match=r"\[H013\].*shuffle_buffer"):
        create_sharded_corpus(shards, shuffle_buffer=-1)


def test_a_copy_without_some_shards(shards: Path, tmp_path: Path) -> None:
    """Where the manifest is beside the folder, as well as in it."""
    name = "00000-000000.spacy"
    output = tmp_path / "out"
    output.mkdir()
    (output / name).write_bytes((shards / name).read_bytes())
    manifest = write_manifest(output, 1, 4)
    reader = create_sharded_corpus(output)
    assert reader.shards() == [output / name]
    assert reader.n_examples() == 4
    for place in (manifest, output / "_manifest.json"):
        place.write_text(json.dumps(output_values(2, 8)), encoding="utf8")
        with pytest.raises(ValueError, match=rf"\[H056\].*{re.escape(str(place))} says \(2\)"):
            reader.shards()
        assert reader.n_examples() == 8
    (output / "_manifest.json").unlink()
    manifest.unlink()
    assert reader.shards() == [output / name]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("place", ["inside", "beside"])
def test_a_damaged_manifest_is_named(
    shards: Path, nlp: Language, tmp_path: Path, damage: str, place: str
) -> None:
    output = tmp_path / "out"
    output.mkdir()
    name = "00000-000000.spacy"
    (output / name).write_bytes((shards / name).read_bytes())
    path = output / "_manifest.json" if place == "inside" else tmp_path / "out.manifest.json"
    path.write_bytes(DAMAGES[damage])
    for read in (lambda own: texts_of(own, nlp), ShardedCorpus.n_examples):
        with pytest.raises(ValueError, match=r"^\[H15[56]\]") as raised:
            read(create_sharded_corpus(output))
        assert str(path) in str(raised.value)
    path.unlink()
    path.mkdir()
    with pytest.raises(OSError, match=r"^\[H155\].*it is not a file"):
        texts_of(create_sharded_corpus(output), nlp)


@given(st.data())
def test_any_value_in_any_place_of_a_manifest(
    shards: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    _, _, values = data.draw(changed_values(output_values()))
    output = tmp_path_factory.mktemp("any") / "out"
    output.mkdir()
    name = "00000-000000.spacy"
    (output / name).write_bytes((shards / name).read_bytes())
    write_manifest(output, 1, 4).write_text(json.dumps(values), encoding="utf8")
    reader, problem = create_sharded_corpus(output), ""
    try:
        found = reader.shards()
        assert found == [output / name]
        assert reader.n_examples() == values["counts"]["texts"]
    except ValueError as error:
        problem = str(error)
    assert problem[:6] in ("", "[H155]", "[H156]", "[H056]", "[H062]")


@pytest.mark.parametrize("damage", ["version", "width", "cut off"])
def test_messages_name_the_file(
    teacher: Language, nlp: Language, tmp_path: Path, damage: str
) -> None:
    docs = list(annotate(teacher, TEXTS))
    payload = docs[2].user_data[KEY]
    if damage == "version":
        payload["version"] = 99
    elif damage == "width":
        payload["probabilities"] = np.ascontiguousarray(payload["probabilities"][:, 1:])
    path = tmp_path / "soft.spacy"
    write_docs(docs, path)
    if damage == "cut off":
        path.write_bytes(path.read_bytes()[:-20])
    number = {"version": "H007", "width": "H008", "cut off": "H062"}[damage]
    with pytest.raises(ValueError, match=r"\[H062\] .*soft\.spacy.*") as raised:
        texts_of(create_sharded_corpus(path), nlp)
    assert f"[{number}]" in str(raised.value)


def gold(nlp: Language, n: int) -> Callable[[Language], Iterator[Example]]:
    def read(_: Language) -> Iterator[Example]:
        for i in range(n):
            doc = nlp.make_doc(f"gold {i}")
            yield Example(doc, doc.copy())

    return read


@pytest.mark.parametrize("weight", [1.0, 3.0, 0.5])
def test_sources_are_taken_in_turn(shards: Path, nlp: Language, weight: float) -> None:
    sources = {"gold": gold(nlp, 40), "soft": ShardedCorpus(shards, 6)}
    reader = create_mixed_corpus(sources, {"gold": weight, "soft": 5.0}, interleave=True)
    plain = create_mixed_corpus(sources, {"gold": weight, "soft": 5.0})
    first, second = texts_of(reader, nlp), texts_of(reader, nlp)
    assert sorted(first) == sorted(second) == sorted(texts_of(plain, nlp))
    assert first != second
    # gold comes all along, about as often in each half
    halves = [[text.startswith("gold") for text in part] for part in (first[:60], first[60:])]
    n_gold = sum(map(sum, halves))
    assert n_gold == sum(text.startswith("gold") for text in texts_of(plain, nlp))
    share = n_gold / len(first)
    assert sum(halves[0]) / 60 == pytest.approx(share, abs=0.2)


def test_without_a_buffer_it_reads_as_spacy_does(
    shards: Path, teacher: Language, nlp: Language, tmp_path: Path
) -> None:
    """The same examples in the same order, so that training ends with the same weights."""
    dev = write_corpus(tmp_path / "dev.spacy", nlp)
    weights = []
    for reader in ("spacy.Corpus.v1", "halfree.ShardedCorpus.v1"):
        config = training_config("first_order", "ents", shards, dev, max_steps=10)
        config["corpora"]["train"] = {"@readers": reader, "path": str(shards)}
        config.to_disk(tmp_path / "config.cfg")
        spacy_train(tmp_path / "config.cfg", tmp_path / "out")
        model = tmp_path / "out" / "model-last" / "halfree_tagger" / "model"
        weights.append(model.read_bytes())
    assert weights[0] == weights[1]


def test_training_on_a_stream(shards: Path, teacher: Language, tmp_path: Path) -> None:
    """`spacy train` with `max_epochs = -1`, from a folder, without ever shuffling by itself."""
    dev = write_corpus(tmp_path / "dev.spacy", spacy.blank("en"))
    config = training_config("first_order", "ents", shards, dev)
    config["corpora"]["train"] = {
        "@readers": "halfree.ShardedCorpus.v1",
        "path": str(shards),
        "shuffle_buffer": 8,
        "seed": 1,
    }
    config["training"]["max_epochs"] = -1
    config.to_disk(tmp_path / "config.cfg")
    spacy_train(tmp_path / "config.cfg", tmp_path / "out")
    student = spacy.load(tmp_path / "out" / "model-last")
    assert predictions(student, "ents", TEXTS) == predictions(teacher, "ents", TEXTS)


def test_a_file_of_another_kind_is_refused(nlp: Language, tmp_path: Path) -> None:
    path = tmp_path / "export.jsonl"
    path.write_text('{"text": "Rome", "spans": []}\n', encoding="utf8")
    with pytest.raises(ValueError, match=r"\[H062\].*export\.jsonl.*halfree init"):
        next(create_sharded_corpus(path)(nlp))
