"""How the cells of a column hold tags."""

import re
from collections import Counter
from collections.abc import Callable, Sequence

from .tag_schemes import BEGIN, INSIDE, NO_TAG, UNKNOWN, Tag, parse_tag

TagReader = Callable[[Sequence[str]], list[Tag | None]]
"""Reads the cells of a sentence. What is no tag becomes None."""
MISC = re.compile(
    r"(?:(?:name|ne|ner|ner_?tag|tag|entity|iob2?|bio)=)?([BIMELSUW][-_:][^|]+|O)",
    flags=re.IGNORECASE,
)
"""A tag among the miscellaneous entries of CoNLL-U."""
BRACKETS = re.compile(r"(\((?P<label>[^()*\s]+))?(?P<word>\*?)(?P<close>\)?)")


def read_tags(cells: Sequence[str]) -> list[Tag | None]:
    """Read cells that are tags."""
    return [parse_tag(cell) for cell in cells]


def read_tags_with_zero(cells: Sequence[str]) -> list[Tag | None]:
    """Read cells that are tags, where 0 stands for O."""
    return [NO_TAG if cell == "0" else parse_tag(cell) for cell in cells]


def read_misc(cells: Sequence[str]) -> list[Tag | None]:
    """Read cells of CoNLL-U's last column, such as `NER=B-CITY|SpaceAfter=No`."""
    return [read_entries(cell) for cell in cells]


def read_entries(cell: str) -> Tag:
    """Read entries of CoNLL-U's last column; without a tag, the word is outside of entities."""
    found = (MISC.fullmatch(entry) for entry in cell.split("|"))
    return next((parse_tag(match[1]) or NO_TAG for match in found if match), NO_TAG)


def read_brackets(cells: Sequence[str]) -> list[Tag | None]:
    """Read cells with brackets around entities, such as `(CITY*`, `*` and `*)`."""
    tags: list[Tag | None] = []
    label = ""
    for cell in cells:
        match = BRACKETS.fullmatch(cell)
        if match is None or (match["label"] and label) or not (match["word"] or match["label"]):
            tags.append(None)
            continue
        if match["label"]:
            tags.append(Tag(BEGIN, match["label"]))
            label = match["label"]
        else:
            tags.append(Tag(INSIDE, label) if label else NO_TAG)
        if match["close"]:
            label = ""
    return tags


def find_tag_reader(cells: Counter[str]) -> tuple[TagReader, float] | None:
    """Find how the cells of a column hold tags.

    cells: The column's cells, with their numbers.
    RETURNS: How to read them, and the part of them that are tags; None if none is one. Cells that
        say that a word is not annotated do not count.
    """
    tags = {cell: parse_tag(cell) for cell in cells}
    known = {cell: n for cell, n in cells.items() if tags[cell] != Tag(UNKNOWN) and cell}
    n_tags = sum(n for cell, n in known.items() if tags[cell])
    if not n_tags:
        return None
    n_labelled = sum(n for cell, n in known.items() if (tag := tags[cell]) and tag.label)
    if n_labelled and cells["0"] and not cells["O"] and not cells["o"]:
        return read_tags_with_zero, (n_tags + cells["0"]) / sum(known.values())
    # most words have no label: those that have one tell whether it is a tag
    n_others = sum(known.values()) - n_tags
    return read_tags, min(
        n_tags / sum(known.values()), (n_labelled + 1) / (n_labelled + n_others + 1)
    )
