"""Tests of the conversion of the address corpus."""

import json
from pathlib import Path

import pytest
import spacy
import typer
from address_xml import read_labelled, read_texts
from convert_addresses import (
    convert,
    deduplicate,
    fold,
    main,
    split_records,
)
from documents import make_doc
from records import DataError, Record, Span, read_records
from spacy.tokens import DocBin
from spacy.training import Example
from typer.testing import CliRunner


def collection(*addresses: str) -> str:
    """Wrap addresses in the elements of a training file."""
    inside = "\n".join(f"  <AddressString>{address}</AddressString>" for address in addresses)
    return f"<AddressCollection>\n{inside}\n</AddressCollection>\n"


def address(number: int, street: str = "Main") -> str:
    """Make a labelled address."""
    return f"<Number>{number}</Number> <Street>{street}</Street> <Type>Ave,</Type>"


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Write 20 distinct labelled addresses and 30 texts for the pool, each with duplicates."""
    labelled = tmp_path / "labelled.xml"
    labelled.write_text(
        collection(
            *(address(number) for number in range(20)),
            address(3),
            address(4, street="MAIN"),
            "<Number>5 Main</Number> <Type>Ave,</Type>",
        ),
        encoding="utf-8",
    )
    pool = tmp_path / "pool.xml"
    pool.write_text(
        collection(
            *(address(number, street="Oak\n") for number in range(30)),
            *(address(number, street="main ") for number in range(20)),
            address(7, street="OAK"),
        ),
        encoding="utf-8",
    )
    return labelled, pool


def run(files: tuple[Path, Path], output: Path, seed: int = 1, n_gold: int = 4) -> dict[str, bytes]:
    """Convert the files and return what was written."""
    convert(*files, output, seed=seed, n_gold=n_gold, n_dev=3, n_test=5, n_pool=10)
    return {path.name: path.read_bytes() for path in output.iterdir()}


def texts_of(path: Path) -> list[str]:
    """Return the texts of a .spacy file."""
    docs = DocBin().from_disk(path).get_docs(spacy.blank("en").vocab)
    return [doc.text for doc in docs]


def test_text_is_tokens_and_tails_and_offsets_fit(tmp_path: Path) -> None:
    path = tmp_path / "labelled.xml"
    path.write_text(
        collection("\n <N>12\n</N> <S>A &amp; B</S> , <S>C</S>\n <P>Paris \n</P>\n"),
        encoding="utf-8",
    )
    (record,) = read_labelled(path)
    assert record.text == "12\n A & B , C\n Paris"
    covered = [(record.text[token.start : token.end], token.label) for token in record.tokens]
    assert covered == [("12\n", "N"), ("A & B", "S"), ("C", "S"), ("Paris", "P")]
    covered = [(record.text[span.start : span.end], span.label) for span in record.spans]
    assert covered == [("12", "N"), ("A & B , C", "S"), ("Paris", "P")]
    assert read_texts(path) == [record.text]


@pytest.mark.parametrize("reader", [read_labelled, read_texts])
def test_truncated_xml_names_file_and_line(reader: object, tmp_path: Path) -> None:
    path = tmp_path / "cut.xml"
    path.write_text(collection(address(1), address(2))[:-40], encoding="utf-8")
    with pytest.raises(DataError, match=r"cut\.xml: line 3, column \d+: .*truncated.*fetch\.py"):
        reader(path)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<AddressCollection/>", "no <AddressString>"),
        (collection(address(1), ""), "address 2 has no text"),
        (collection(address(1), "<N>1</N> <S> </S>"), "address 2 .*<S>"),
        (collection("<N>1<S>Main</S></N>"), "address 1 .*<N>"),
    ],
)
def test_unusable_addresses_are_named(content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "labelled.xml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=rf"labelled\.xml: {message}"):
        read_labelled(path)


def test_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"absent\.xml: cannot be read"):
        read_labelled(tmp_path / "absent.xml")


def test_first_duplicate_wins(files: tuple[Path, Path]) -> None:
    records, duplicates = deduplicate(read_labelled(files[0]))
    assert len(records) == 20
    assert [span.label for span in records[5].spans] == ["Number", "Street", "Type"]
    assert [(duplicate.exact, duplicate.disagrees) for duplicate in duplicates] == [
        (True, False),
        (False, False),
        (True, True),
    ]


def test_splits_are_disjoint_and_complete(files: tuple[Path, Path], tmp_path: Path) -> None:
    output = tmp_path / "corpus"
    run(files, output)
    parts = {name: texts_of(output / f"{name}.spacy") for name in ("gold", "dev", "test")}
    parts["pool"] = (output / "pool.txt").read_text(encoding="utf-8").splitlines()
    assert {name: len(texts) for name, texts in parts.items()} == {
        "gold": 4,
        "dev": 3,
        "test": 5,
        "pool": 8 + 10,
    }
    keys = [fold(text) for texts in parts.values() for text in texts]
    assert len(keys) == len(set(keys))
    labelled = {fold(record.text) for record in read_labelled(files[0])}
    assert labelled <= set(keys)
    assert [record.text for record in read_records(output / "test.jsonl")] == parts["test"]
    assert [record.text for record in read_records(output / "gold.jsonl")] == parts["gold"]


def test_same_seed_same_files_other_seed_other_files(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    one, two, other = (
        run(files, tmp_path / name, seed) for name, seed in [("a", 1), ("b", 1), ("c", 2)]
    )
    assert one == two
    assert one["test.jsonl"] != other["test.jsonl"]
    assert one["pool.txt"] != other["pool.txt"]


def test_more_gold_keeps_test_and_dev(files: tuple[Path, Path], tmp_path: Path) -> None:
    few, many = (run(files, tmp_path / str(n_gold), n_gold=n_gold) for n_gold in (2, 8))
    assert few["test.spacy"] == many["test.spacy"]
    assert few["dev.spacy"] == many["dev.spacy"]
    few_gold, many_gold = (read_records(tmp_path / n / "gold.jsonl") for n in ("2", "8"))
    assert many_gold[:2] == few_gold


def test_splits_json(files: tuple[Path, Path], tmp_path: Path) -> None:
    summary = json.loads(run(files, tmp_path / "corpus")["splits.json"])
    assert summary["seed"] == 1
    assert summary["labelled"]["duplicates_disagreeing"] == 1
    assert summary["pool"] == {"texts": 18, "sampled": 10, "unused_labelled": 8}
    assert summary["gold_labels"] == ["Number", "Street", "Type"]
    assert summary["splits"]["test"]["labels"] == {"Number": 5, "Street": 5, "Type": 5}


@pytest.mark.parametrize("wanted", [{"n_gold": 14}, {"n_pool": 31}, {"n_dev": -1}])
def test_too_many_texts_asked_for(wanted: dict[str, int], files: tuple[Path, Path]) -> None:
    records, _ = deduplicate(read_labelled(files[0]))
    sizes = {"n_gold": 4, "n_dev": 3, "n_test": 4, "n_pool": 10, **wanted}
    with pytest.raises(DataError, match=next(iter(wanted)).replace("_", "-")):
        split_records(records, read_texts(files[1]), seed=1, **sizes)


def test_unaligned_span_is_missing_and_the_rest_is_not() -> None:
    # Blank English has 'Monroe-' as one token.
    record = Record("12 Monroe- Ave", (Span(0, 2, "N"), Span(3, 9, "S")), ())
    nlp = spacy.blank("en")
    doc, unaligned = make_doc(nlp, record)
    assert unaligned == [Span(3, 9, "S")]
    assert [token.text for token in doc] == ["12", "Monroe-", "Ave"]
    (restored,) = (
        DocBin()
        .from_bytes(DocBin(attrs=["ENT_IOB", "ENT_TYPE"], docs=[doc]).to_bytes())
        .get_docs(nlp.vocab)
    )
    for each in (doc, restored):
        assert [token.ent_iob_ for token in each] == ["B", "", "O"]
        example = Example(nlp.make_doc(record.text), each)
        assert example.get_aligned_ner() == ["U-N", None, "O"]


def test_unaligned_spans_which_share_a_token() -> None:
    record = Record("NewYork NY", (Span(0, 3, "A"), Span(3, 7, "B"), Span(8, 10, "C")), ())
    doc, unaligned = make_doc(spacy.blank("en"), record)
    assert len(unaligned) == 2
    assert [token.ent_iob_ for token in doc] == ["", "B"]


def test_unaligned_span_is_listed_and_stays_in_the_records(tmp_path: Path) -> None:
    path = tmp_path / "labelled.xml"
    path.write_text(collection("<N>1</N> <S>Monroe-</S> <T>Ave</T>"), encoding="utf-8")
    summary = convert(
        path, path, tmp_path / "corpus", seed=1, n_gold=0, n_dev=0, n_test=1, n_pool=0
    )
    (entry,) = summary["splits"]["test"]["unaligned"]
    assert entry == {"text": "1 Monroe- Ave", "span": "Monroe", "start": 2, "end": 8, "label": "S"}
    (record,) = read_records(tmp_path / "corpus" / "test.jsonl")
    assert Span(2, 8, "S") in record.spans


def test_command_line(files: tuple[Path, Path], tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(main)
    arguments = [*map(str, files), str(tmp_path / "corpus"), "--n-gold", "4", "--n-dev", "3"]
    arguments += ["--n-test", "5", "--n-pool", "10"]
    outcome = CliRunner().invoke(app, arguments)
    assert outcome.exit_code == 0, outcome.output
    assert "gold: 4 texts" in outcome.output
    files[1].write_text("<AddressCollection>", encoding="utf-8")
    outcome = CliRunner().invoke(app, arguments)
    assert outcome.exit_code == 1
    assert "pool.xml: line 1" in outcome.output
