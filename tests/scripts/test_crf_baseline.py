"""Tests of the CRF baseline."""

import json
from pathlib import Path

import pytest
import typer
from address_spans import spans_from_tokens
from records import DataError, Record, Span, score_spans, write_records
from typer.testing import CliRunner

usaddress = pytest.importorskip("usaddress")

from crf_baseline import locate_words, main, train  # noqa: E402
from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402


def record(number: int) -> Record:
    """Make a labelled address with simple labels."""
    text = f"{number} Main St., Paris"
    size = len(str(number))
    tokens = (
        Span(0, size, "N"),
        Span(size + 1, size + 5, "S"),
        Span(size + 6, size + 10, "T"),
        Span(size + 11, size + 16, "P"),
    )
    return Record(text, spans_from_tokens(text, tokens), tokens)


def test_learns_the_training_texts_and_reports_them(tmp_path: Path) -> None:
    gold, test, output = (tmp_path / name for name in ("gold.jsonl", "test.jsonl", "crf.json"))
    write_records(gold, [record(number) for number in range(100, 110)])
    write_records(test, [record(200), record(300)])
    app = typer.Typer()
    app.command()(main)
    arguments = [*map(str, (gold, test, output)), "--model", str(tmp_path / "crf.crfsuite")]
    outcome = CliRunner().invoke(app, arguments)
    assert outcome.exit_code == 0, outcome.output
    result = json.loads(output.read_text(encoding="utf-8"))
    assert (result["precision"], result["recall"], result["f1"]) == (1.0, 1.0, 1.0)
    assert result["words"] == 2 * 5  # '200', 'Main', 'St.', ',', 'Paris'
    assert len(result["seconds"]) == 5
    assert result["predictions"][0]["spans"][2] == {"start": 9, "end": 12, "label": "T"}
    gold.write_text("{\n", encoding="utf-8")
    outcome = CliRunner().invoke(app, arguments)
    assert outcome.exit_code == 1
    assert "gold.jsonl: line 1" in outcome.output


def test_model_in_an_absent_folder(tmp_path: Path) -> None:
    model = tmp_path / "absent" / "crf.crfsuite"
    with pytest.raises((DataError, OSError), match="absent"):
        train([record(100)], model)


def test_nothing_to_train_on(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="S016"):
        train([Record("Paris", (), ())], tmp_path / "crf.crfsuite")


@given(st.lists(st.sampled_from(["5th", "&", "&amp;", "&#38;", "#", "amp", "38;", "a.,", "(b)"])))
def test_words_are_where_they_are_found(pieces: list[str]) -> None:
    text = " ".join(pieces)
    words = usaddress.tokenize(text)
    offsets = locate_words(text, words)
    assert len(offsets) == len(words)
    position = 0
    for word, (start, end) in zip(words, offsets, strict=True):
        assert position <= start < end
        assert text[start:end] == word or (word == "&" and text[start:end] in ("&amp;", "&#38;"))
        position = end


def test_ampersand_entity_is_one_word() -> None:
    text = "A&amp;amp Main"
    assert locate_words(text, usaddress.tokenize(text)) == [(0, 1), (1, 6), (6, 9), (10, 14)]


def test_score() -> None:
    expected = [[Span(0, 1, "A"), Span(2, 3, "B")], [Span(0, 1, "A")]]
    predicted = [[Span(0, 1, "A"), Span(2, 3, "C")], []]
    score = score_spans(expected, predicted)
    assert [score.precision, score.recall, score.f1] == pytest.approx([1 / 2, 1 / 3, 2 / 5])
    nothing = score_spans([[]], [[]])
    assert (nothing.precision, nothing.recall, nothing.f1) == (0.0, 0.0, 0.0)
