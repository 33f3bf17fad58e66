"""Code blocks of README and docs."""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(
    r"^(?: *<!-- not run by a test: (?P<reason>[^>]+) -->\n)?"
    r" *```(?P<language>\w+)\n(?P<code>.*?)^ *```",
    re.MULTILINE | re.DOTALL,
)
"""A block, and the comment just above it that says why it cannot be run."""


@dataclass(frozen=True)
class Block:
    """A code block.

    place: Its page and line.
    code: What stands in it.
    reason: Why no test runs it, or None if one does.
    """

    place: str
    code: str
    reason: str | None


def page_name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path, language: str) -> Iterator[Block]:
    """The blocks of a page in a language."""
    text = page.read_text(encoding="utf8")
    for match in BLOCK.finditer(text):
        if match["language"] == language:
            line = text[: match.start("code")].count("\n")
            place = f"{page_name(page)}:{line}"
            yield Block(place, textwrap.dedent(match["code"]), match["reason"])


def parameters(language: str) -> list:
    """The blocks of all pages in a language, each a parameter of a test."""
    return [
        pytest.param(block.code, id=block.place)
        for page in PAGES
        for block in blocks(page, language)
    ]
