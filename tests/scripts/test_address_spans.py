"""Tests of how labelled tokens become spans, and of the record files."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
from address_spans import spans_from_tokens, strip_span
from hypothesis import given
from hypothesis import strategies as st
from records import DataError, Record, Span, read_records, write_records

# Few distinct characters, so that brackets, stops and letters meet often.
texts = st.text(alphabet="aB1 .,;#&()[]-'\n\u2014\u00bd", max_size=20)


def tokenise(labelled: str) -> tuple[str, list[Span]]:
    """Read 'Main/STREET Ave,/TYPE' as a text and its labelled tokens."""
    text, tokens = "", []
    for item in labelled.split(" "):
        word, label = item.rsplit("/", 1)
        text += " " if text else ""
        tokens.append(Span(len(text), len(text) + len(word), label))
        text += word
    return text, tokens


@pytest.mark.parametrize(
    ("labelled", "expected"),
    [
        ("12/N MARTIN/S KING/S Drive/T", [("12", "N"), ("MARTIN KING", "S"), ("Drive", "T")]),
        ("Main/S Ave,/T Creston,/P", [("Main", "S"), ("Ave", "T"), ("Creston", "P")]),
        ("W./D St.,/T", [("W.", "D"), ("St.", "T")]),
        ("P.O./B 11201./Z", [("P.O.", "B"), ("11201", "Z")]),
        ("#/O 5,/O", [("# 5", "O")]),
        ("#5/O", [("#5", "O")]),
        ("5th/S &/X Main/S", [("5th", "S"), ("&", "X"), ("Main", "S")]),
        ("(mc/T 525)/I", [("mc", "T"), ("525", "I")]),
        ("(east/N side),/N", [("east side", "N")]),
        ("York/P (Old/P Town),/P", [("York (Old Town)", "P")]),
        ("(Old/P Town)/P York/P", [("(Old Town) York", "P")]),
        ("(a)/P (b)/P", [("(a) (b)", "P")]),
        ("attn:/R B-/N 35968\u201d/Z", [("attn", "R"), ("B", "N"), ("35968", "Z")]),
        ("Jr./S ,/S Ave/T", [("Jr.", "S"), ("Ave", "T")]),
    ],
)
def test_spans(labelled: str, expected: list[tuple[str, str]]) -> None:
    text, tokens = tokenise(labelled)
    spans = spans_from_tokens(text, tokens)
    assert [(text[span.start : span.end], span.label) for span in spans] == expected


def test_part_of_only_punctuation_is_dropped() -> None:
    text, tokens = tokenise("Main/S -,./T Creston/P")
    assert [span.label for span in spans_from_tokens(text, tokens)] == ["S", "P"]


def test_same_label_on_both_sides_of_another_gives_two_spans() -> None:
    text, tokens = tokenise("5th/S and/X Main/S")
    assert [span.label for span in spans_from_tokens(text, tokens)] == ["S", "X", "S"]


@given(texts, st.data())
def test_strip_span_shrinks_and_has_nothing_left_to_strip(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    new_start, new_end = strip_span(text, start, end)
    assert start <= new_start <= new_end <= end
    assert strip_span(text, new_start, new_end) == (new_start, new_end)


@given(texts)
def test_strip_span_never_strips_a_word_character(text: str) -> None:
    start, end = strip_span(text, 0, len(text))
    stripped = text[:start] + text[end:]
    assert not any(character.isalnum() or character in "#&" for character in stripped)


@given(st.lists(st.tuples(texts.filter(bool), st.sampled_from("AB")), max_size=8))
def test_spans_are_ordered_disjoint_and_cover_the_words(parts: list[tuple[str, str]]) -> None:
    text, tokens = "", []
    for word, label in parts:
        tokens.append(Span(len(text), len(text) + len(word), label))
        text += word + " "
    spans = spans_from_tokens(text, tokens)
    assert all(span.start < span.end for span in spans)
    assert all(one.end <= two.start for one, two in pairwise(spans))
    # What a token has of letters and digits is in a span of the label of the token.
    for token in tokens:
        for position in range(token.start, token.end):
            if text[position].isalnum():
                assert any(
                    span.start <= position < span.end and span.label == token.label
                    for span in spans
                )


def test_records_survive_a_file(tmp_path: Path) -> None:
    text, tokens = tokenise("Caf\u00e9\u2028Zo\u00eb,/R 5/N")
    record = Record(text, spans_from_tokens(text, tokens), tuple(tokens))
    path = tmp_path / "records.jsonl"
    write_records(path, [record, record])
    assert read_records(path) == [record, record]
    entry = json.loads(path.read_bytes().split(b"\n")[0])
    assert entry["tokens"][0] == {
        "text": "Caf\u00e9\u2028Zo\u00eb,",
        "start": 0,
        "end": 9,
        "label": "R",
    }


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        '{"text": "a", "spans": []}',
        '{"text": "a", "spans": [{"start": 0, "end": 2, "label": "A"}], "tokens": []}',
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "records.jsonl"
    path.write_text('{"text": "a", "spans": [], "tokens": []}\n' + line + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"records\.jsonl: line 2: .*converter"):
        read_records(path)


def test_a_file_without_records_is_named(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    with pytest.raises(DataError, match=r"records\.jsonl: cannot be read"):
        read_records(path)
    path.write_text("\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"records\.jsonl: no records"):
        read_records(path)
