"""What is printed commands no terminal, wherever it comes from."""

import unicodedata
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_halfree.errors import Errors, Warnings
from spacy_halfree.printable import printable, printable_lines

HOSTILE = "\x1b[31mred\a\r\b\x9b2J\u202eback\u2066in\u2028next\nline\ud800\0"


@given(st.text(st.characters(exclude_categories=[])))
def test_no_text_commands_a_terminal(text: str) -> None:
    found = printable(text)
    found.encode()
    # Cc: control characters, Cs: halves of pairs, Zl and Zp: ends of lines
    assert not {unicodedata.category(own) for own in found} & {"Cc", "Cs", "Zl", "Zp"}
    bidi = {unicodedata.bidirectional(own) for own in found}
    assert not bidi & {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    assert printable(found) == found
    assert len(found.splitlines()) <= 1
    assert printable_lines(text).count("\n") == text.count("\n")


@given(st.text())
def test_other_characters_stay(text: str) -> None:
    kept = "".join(own for own in text if own.isprintable())
    assert printable(kept) == kept


def test_escapes() -> None:
    assert printable("a\x1b[31m\n\t\x9b\u202e\ud83d") == r"a\x1b[31m\n\t\x9b\u202e\ud83d"
    # a byte of a file's name
    assert printable("caf\udce9.txt") == r"caf\xe9.txt"
    assert printable("Zürich 地点 😀 \u200f") == "Zürich 地点 😀 \u200f"


@pytest.mark.parametrize("holder", [Errors, Warnings])
def test_values_of_messages(holder: type) -> None:
    class Anything(str):
        """A value that fits every place of a message."""

        def __format__(self, spec: str) -> str:
            return self

    for name, text in vars(holder).items():
        if name.startswith("_"):
            continue
        names = {field for _, field, _, _ in Formatter().parse(text) if field}
        found = text.format(**{own: Anything(HOSTILE) for own in names})
        assert found == printable(found), name
        assert found.startswith(f"[{name}] ")


def test_reasons_are_one_line() -> None:
    error = ValueError("first\nsecond\x1b")
    message = Errors.H019.format(path="a", reason=error)
    assert r"a: first second\x1b. Check" in message
