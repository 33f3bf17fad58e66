"""Docstrings in spaCy's style become the sections that griffe knows."""

from __future__ import annotations

from textwrap import dedent

import pytest

griffe = pytest.importorskip("griffe")

from spacy_docstrings import SpacyDocstrings, read_docstring, read_raises  # noqa: E402

MODULE = '''
"""A module: it has no arguments.

name: This is no argument either.
"""
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass
class Worker:
    """Works.

    It has settings:

    models: Where the models are,
        and how many.
    size (n, int64): How much.
    other: Not an attribute.
    """

    models: tuple[str, ...]
    size: int = 3

    @property
    def doubled(self) -> int:
        """Twice as much.

        RAISES: ValueError (H001) if it is too much.
        """

    def work(self, first, last, rest: list[int] | None = None, *, quick: bool = True) -> int:
        """Do it.

        Note: this is text, because nothing is called so.

        first, last (n_spans): The first and the last
            word: both.
        quick: Whether to hurry.
        RETURNS (n_words x n_tags, float32): What came of it.
        RAISES: ValueError (H013, E109) if it is `{}`, (H029 to H031) if not; OSError or KeyError
            if it cannot be, ImportError, TypeError (W001) otherwise.

        And this is text again.
        """


class Kept:
    """Keeps.

    words: What is kept.
    """

    def __init__(self, words: list[str]) -> None:
        self.words = tuple(words)


def shape() -> list:
    """A shape.

    RETURNS (n x m, int64).
    """


def words(text: str) -> Iterator[str]:
    """YIELDS: Each word."""


def check() -> None:
    """RAISES: NotImplementedError (H005), always: there is no such thing."""


async def nothing(): ...
'''


@pytest.fixture(scope="module")
def module(tmp_path_factory):
    folder = tmp_path_factory.mktemp("package")
    (folder / "toy.py").write_text(dedent(MODULE), encoding="utf8")
    extensions = griffe.load_extensions(SpacyDocstrings)
    return griffe.load("toy", search_paths=[folder], extensions=extensions)


def sections(obj):
    """Sections by their kinds: texts, or names, types, defaults and descriptions."""
    found = {}
    for section in obj.docstring.parsed:
        value = section.value
        if not isinstance(value, str):
            value = [
                (
                    getattr(item, "name", ""),
                    None if item.annotation is None else str(item.annotation),
                    getattr(item, "value", None),
                    item.description,
                )
                for item in value
            ]
        found[section.kind.value] = value
    return found


def test_a_function(module):
    found = sections(module["Worker.work"])
    assert list(found) == ["text", "parameters", "returns", "raises"]
    assert found["text"].startswith("Do it.\n\nNote: this is text")
    assert found["text"].endswith("And this is text again.")
    both = "`(n_spans)` The first and the last word: both."
    assert found["parameters"] == [
        ("first", None, None, both),
        ("last", None, None, both),
        ("quick", "bool", "True", "Whether to hurry."),
    ]
    assert found["returns"] == [
        ("", "int", None, "`(n_words x n_tags, float32)` What came of it."),
    ]
    assert [(item[1], item[3]) for item in found["raises"]] == [
        ("ValueError", "([H013][], E109) if it is `{}`, ([H029][] to [H031][]) if not"),
        ("OSError", "if it cannot be"),
        ("KeyError", "if it cannot be"),
        ("ImportError", "([W001][]) otherwise"),
        ("TypeError", "([W001][]) otherwise"),
    ]


def test_classes(module):
    found = sections(module["Worker"])
    assert found["attributes"] == [
        ("models", "tuple[str, ...]", None, "Where the models are, and how many."),
        ("size", "int", None, "`(n, int64)` How much."),
    ]
    # a name that is none of the class' stays what it is
    assert found["text"].endswith("other: Not an attribute.")
    assert sections(module["Kept"])["parameters"] == [
        ("words", "list[str]", None, "What is kept."),
    ]


def test_docstrings_of_one_section(module):
    assert sections(module["words"]) == {"yields": [("", "str", None, "Each word.")]}
    assert sections(module["check"]) == {
        "raises": [
            ("", "NotImplementedError", None, "([H005][]), always: there is no such thing"),
        ]
    }
    assert sections(module["shape"])["returns"] == [("", "list", None, "`(n x m, int64)`")]
    assert list(sections(module["Worker.doubled"])) == ["text", "raises"]


def test_a_module_has_text_alone(module):
    assert list(sections(module)) == ["text"]
    assert "name: This is no argument" in sections(module)["text"]
    assert module["nothing"].docstring is None


def test_what_is_not_an_entry_is_text():
    text = "Summary: short.\n\nwords: Kept.\n    more: of it\nlast line"
    assert read_docstring(text, {"words"}) == (
        ["Summary: short.", "", "last line"],
        [("words", "", "Kept. more: of it")],
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ValueError.", [("ValueError", "")]),
        ("typer.Exit, always", [("typer.Exit", "always")]),
        (
            "Whatever is raised, ValueError say.",
            [("Exception", "Whatever is raised, ValueError say")],
        ),
        (
            "ValueError if a ValueError is raised, OSError else",
            [("ValueError", "if a ValueError is raised"), ("OSError", "else")],
        ),
    ],
)
def test_exceptions(text, expected):
    assert list(read_raises(text)) == expected


def test_the_package_itself_says_nothing_that_is_lost():
    """Whatever stands in a docstring of ours stands in a section of it."""
    extensions = griffe.load_extensions(SpacyDocstrings)
    package = griffe.load("spacy_halfree", allow_inspection=False, extensions=extensions)
    from spacy_docstrings import walk

    n_entries = 0
    for obj in walk(package):
        if obj.docstring is None:
            continue
        found = sections(obj)
        shown = " ".join(
            value
            if isinstance(value, str)
            else " ".join(" ".join(map(str, item)) for item in value)
            for value in found.values()
        )
        n_entries += len(found) - 1
        for keyword in ("RETURNS", "YIELDS", "RAISES"):
            assert f"\n{keyword}" not in found.get("text", ""), obj.path
        for word in obj.docstring.value.replace("(", " ").replace(")", " ").split():
            plain = word.strip(":;,.")
            if plain not in ("RETURNS", "YIELDS", "RAISES", "or", "and") and plain.isalnum():
                assert plain in shown, (obj.path, plain)
    assert n_entries > 300
