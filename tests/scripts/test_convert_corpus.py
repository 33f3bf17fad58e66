"""Tests of the conversion of the public corpora."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import spacy
import typer
from convert_corpus import convert, main, parse_shots, read_corpus
from hypothesis import given
from hypothesis import strategies as st
from records import DataError, read_records
from spacy.tokens import DocBin
from spacy.training import iob_to_biluo
from spacy.training.iob_utils import biluo_tags_to_spans
from tagged_sentences import make_record, read_sentences
from typer.testing import CliRunner

Sentence = tuple[list[str], list[str]]
SIZES = {"train": 40, "valid": 10, "test": 8}


def sentence(number: int, split: str) -> Sentence:
    """A sentence of its own, with a label that only some have."""
    label = "city_name" if number % 3 else "round_trip.type"
    words = ["fly", f"to-{split}", f"o'hare{number}", "at", f"{number % 12}pm"]
    return words, ["O", "O", f"B-{label}", f"I-{label}", "B-time"]


def write_parallel(folder: Path, split: str, sentences: Sequence[Sentence]) -> None:
    """One sentence and its tags a line, with the blanks that the corpora have at line ends."""
    for end, index in (("in", 0), ("out", 1)):
        lines = "".join(" ".join(pair[index]) + " \n" for pair in sentences)
        (folder / f"{split}.seq.{end}").write_text(lines, encoding="utf8")


def write_pairs(folder: Path, split: str, sentences: Sequence[Sentence]) -> None:
    """A word and its tag a line; tabs in some files, blanks in others."""
    between = "\t" if split == "train" else " "
    blocks = [
        "".join(f"{word}{between}{tag}\n" for word, tag in zip(*pair, strict=True))
        for pair in sentences
    ]
    (folder / f"{split}.bio").write_text("\n".join(blocks), encoding="utf8")


@pytest.fixture
def parallel(tmp_path: Path) -> Path:
    folder = tmp_path / "parallel"
    folder.mkdir()
    for split, size in SIZES.items():
        write_parallel(folder, split, [sentence(i, split) for i in range(size)])
    return folder


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    folder = tmp_path / "pairs"
    folder.mkdir()
    for split in ("train", "test"):
        write_pairs(folder, split, [sentence(i, split) for i in range(SIZES[split])])
    return folder


def texts_of(path: Path) -> list[str]:
    docs = DocBin().from_disk(path).get_docs(spacy.blank("en").vocab)
    return [doc.text for doc in docs]


def test_both_forms_say_the_same(parallel: Path, pairs: Path) -> None:
    for split in ("train", "test"):
        assert read_sentences(parallel, split) == read_sentences(pairs, split)


TAGS = st.sampled_from(["O", "B-x", "I-x", "B-y", "I-y"])


@given(st.lists(st.tuples(st.text("ab'.", min_size=1, max_size=3), TAGS), min_size=1, max_size=9))
def test_spans_are_those_of_the_tags(pairs: list[tuple[str, str]]) -> None:
    """Against spaCy's own reading of IOB tags, with repaired beginnings."""
    words, tags = [word for word, _ in pairs], [tag for _, tag in pairs]
    repaired = [
        f"B-{tag[2:]}" if tag[0] == "I" and before[2:] != tag[2:] else tag
        for before, tag in zip(["O", *tags], tags, strict=False)
    ]
    doc = spacy.tokens.Doc(
        spacy.blank("en").vocab, words=words, spaces=[True] * (len(words) - 1) + [False]
    )
    expected = biluo_tags_to_spans(doc, iob_to_biluo(repaired))
    record = make_record(words, tags)
    assert record.text == doc.text
    assert [(span.start, span.end, span.label) for span in record.spans] == [
        (span.start_char, span.end_char, span.label_) for span in expected
    ]
    assert [record.text[token.start : token.end] for token in record.tokens] == words


def test_every_span_aligns(parallel: Path, tmp_path: Path) -> None:
    """Though spaCy splits "o'hare3" and "3pm" in ways of its own."""
    summary = convert(parallel, tmp_path / "out", shots=20, n_dev=5, seed=1)
    for part in summary["splits"].values():
        assert part["unaligned"] == []
    for doc in (
        DocBin().from_disk(tmp_path / "out" / "test.spacy").get_docs(spacy.blank("en").vocab)
    ):
        assert len(doc.ents) == 2


def test_with_all_shots_the_pool_is_what_was_trained_on(parallel: Path, tmp_path: Path) -> None:
    summary = convert(parallel, tmp_path, shots=None, n_dev=5, seed=1)
    train = [record.text for record in read_corpus(parallel).train]
    assert texts_of(tmp_path / "gold.spacy") == train
    assert (tmp_path / "pool.txt").read_text().splitlines() == train
    assert (summary["shots"], summary["pool"]) == ("all", len(train))
    assert texts_of(tmp_path / "dev.spacy") == texts_of(tmp_path / "dev_all.spacy")


def test_the_workflow_of_the_addresses_is_another(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"\[S027\].*run corpus . --vars.corpus"):
        convert(tmp_path / "addresses", tmp_path / "out", shots=5, n_dev=5, seed=1)


def test_the_draw(parallel: Path, tmp_path: Path) -> None:
    summary = convert(parallel, tmp_path / "out", shots=12, n_dev=5, seed=1)
    corpus = read_corpus(parallel)
    train = [record.text for record in corpus.train]
    gold, pool = texts_of(tmp_path / "out/gold.spacy"), (tmp_path / "out/pool.txt").read_text()
    assert len(gold) == 12
    assert sorted([*gold, *pool.splitlines()]) == sorted(train)
    assert (tmp_path / "out/train.txt").read_text().splitlines() == train
    assert set(texts_of(tmp_path / "out/dev.spacy")) < set(texts_of(tmp_path / "out/dev_all.spacy"))
    assert texts_of(tmp_path / "out/dev_all.spacy") == [record.text for record in corpus.dev]
    assert read_records(tmp_path / "out/test.jsonl") == corpus.test
    assert json.loads((tmp_path / "out/splits.json").read_text()) == summary
    assert (summary["shots"], summary["pool"]) == (12, 28)


def test_a_seed_gives_the_same_files_and_fewer_shots_are_among_more(
    parallel: Path, tmp_path: Path
) -> None:
    def run(name: str, shots: int, seed: int) -> Path:
        convert(parallel, tmp_path / name, shots=shots, n_dev=5, seed=seed)
        return tmp_path / name

    first, again, other, few = run("a", 12, 1), run("b", 12, 1), run("c", 12, 2), run("d", 4, 1)
    for path in first.iterdir():
        assert path.read_bytes() == (again / path.name).read_bytes()
    assert texts_of(first / "gold.spacy") != texts_of(other / "gold.spacy")
    assert set(texts_of(few / "gold.spacy")) < set(texts_of(first / "gold.spacy"))
    assert texts_of(few / "dev.spacy") == texts_of(first / "dev.spacy")


def test_a_tenth_of_train_is_dev_where_there_is_none(pairs: Path, tmp_path: Path) -> None:
    for seed in (1, 2):
        convert(pairs, tmp_path / str(seed), shots=10, n_dev=2, seed=seed)
    dev = texts_of(tmp_path / "1/dev_all.spacy")
    train = (tmp_path / "1/train.txt").read_text().splitlines()
    assert (len(dev), len(train)) == (4, 36)
    assert not set(dev) & set(train)
    for name in ("dev_all.spacy", "train.txt"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()


@pytest.mark.parametrize("sizes", [(41, 5), (0, 5), (5, 11), (5, 0)])
def test_more_than_there_is(parallel: Path, tmp_path: Path, sizes: tuple[int, int]) -> None:
    with pytest.raises(DataError, match=r"S026.*40 sentences.*10"):
        convert(parallel, tmp_path, shots=sizes[0], n_dev=sizes[1], seed=1)


def test_missing_and_broken_files(parallel: Path, pairs: Path) -> None:
    (parallel / "test.seq.out").write_text("O O\n", encoding="utf8")
    with pytest.raises(DataError, match=r"S023.*test\.seq\.in has 9 lines"):
        read_sentences(parallel, "test")
    (parallel / "valid.seq.in").write_text("a b\nc\n", encoding="utf8")
    (parallel / "valid.seq.out").write_text("O O\nO O\n", encoding="utf8")
    with pytest.raises(DataError, match=r"S024.*valid\.seq\.in: line 2: 1 words, but 2 tags"):
        read_sentences(parallel, "valid")
    (pairs / "test.bio").write_text("a O\nb\n", encoding="utf8")
    with pytest.raises(DataError, match=r"S025.*test\.bio: line 2: 'b'"):
        read_sentences(pairs, "test")
    (pairs / "test.bio").write_bytes(b"\xff O\n")
    with pytest.raises(DataError, match=r"S022.*test\.bio"):
        read_sentences(pairs, "test")
    (pairs / "test.bio").write_text("\n\n", encoding="utf8")
    with pytest.raises(DataError, match=r"S021.*'test'"):
        read_sentences(pairs, "test")
    with pytest.raises(DataError, match=r"S020.*assets --extra"):
        read_sentences(pairs, "valid")


def test_the_command(parallel: Path, tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(main)
    arguments = [str(parallel), str(tmp_path / "out"), "--n-dev", "5", "--seed", "3"]
    done = CliRunner().invoke(app, [*arguments, "--shots", "7"])
    assert done.exit_code == 0
    assert "gold: 7 texts" in done.output
    assert "pool: 33 texts" in done.output
    assert CliRunner().invoke(app, [*arguments, "--shots", "many"]).exit_code == 2
    failed = CliRunner().invoke(app, [*arguments, "--shots", "1000"])
    assert failed.exit_code == 1
    assert "S026" in failed.output


def test_shots() -> None:
    assert parse_shots("all") is None
    assert parse_shots("50") == 50
