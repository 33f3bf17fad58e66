"""The first lines of a file, split into columns."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ...errors import Errors
from ..read_settings import ColumnSettings
from .column_rows import SPLITTERS, is_blank, split_lines
from .tag_schemes import parse_tag

MOST_ROWS = 2000
"""How many rows are looked at."""
WORD_NAMES = re.compile(r"words?|tokens?|forms?|texts?", flags=re.IGNORECASE)
TAG_NAMES = re.compile(
    r"(.*[ _.-])?(tags?|labels?|ner|ne|iob[12]?|bio|bioes|bilou|entity|entities)|ne-.+",
    flags=re.IGNORECASE,
)
"""Names of columns."""
CONLL_2012, CONLL_2012_COLUMNS, CONLL_2012_WORDS = "#begin document", 11, 3
"""How files of CoNLL-2012 begin, how many columns they have up to the tags, and which has words."""
GLOBAL_COLUMNS = re.compile(r"#\s*global\.columns\s*=\s*(.+)")
"""How CoNLL-U Plus names its columns."""


@dataclass(frozen=True)
class Table:
    """The first lines of a file, split into columns.

    separator: A key of `SPLITTERS`.
    header: The columns' names; empty if the file does not have them.
    rows: The lines that have as many columns as most lines.
    part: Which part of all lines they are.
    has_gaps: Whether empty lines separate sentences.
    is_conll_2012: Whether it is a file of CoNLL-2012, where more columns follow the tags.
    """

    separator: str
    header: tuple[str, ...]
    rows: list[list[str]]
    part: float
    has_gaps: bool
    is_conll_2012: bool

    @property
    def n_columns(self) -> int:
        """How many columns there are, as far as they are used."""
        return len(self.rows[0])

    def column(self, index: int) -> list[str]:
        """The cells of a column."""
        return [row[index] for row in self.rows]

    def is_mostly(self, index: int, pattern: re.Pattern[str]) -> bool:
        """Whether nearly all cells of a column match a pattern."""
        cells = self.column(index)
        return sum(bool(pattern.fullmatch(cell)) for cell in cells) > 0.9 * len(cells)

    def part_of_repeats(self, index: int) -> float:
        """How often a column has the same cell as in the line before."""
        pairs = list(pairwise(self.column(index)))
        return sum(first == second for first, second in pairs) / max(len(pairs), 1)


def find_table(text: str, separator: str, settings: ColumnSettings) -> Table | None:
    """Split the beginning of a file into columns.

    RETURNS: The lines; None if most of them do not have the same number of columns, two at least.
    """
    lines = split_lines(text)[:MOST_ROWS]
    rows: list[list[str]] = []
    has_gaps = is_after_gap = False
    has_comments = any(not own.startswith("#") and not is_blank(own) for own in lines)
    for line in lines:
        cells = SPLITTERS[separator](line)
        if is_blank(line) or not any(cells):
            is_after_gap = bool(rows)
        elif not (has_comments and line.startswith("#")):
            has_gaps |= is_after_gap
            is_after_gap = False
            rows.append(cells)
    # their columns of predicates' arguments come last, as many as a sentence has predicates
    is_conll_2012 = CONLL_2012 in text and any(len(row) > CONLL_2012_COLUMNS for row in rows)
    if is_conll_2012:
        rows = [row[:CONLL_2012_COLUMNS] for row in rows]
    if not rows:
        return None
    ((n_columns, n_rows),) = Counter(map(len, rows)).most_common(1)
    if n_columns < 2 or n_rows < len(rows) / 2:
        return None
    own = [row for row in rows if len(row) == n_columns]
    header = find_header(text, own, settings)
    if tuple(own[0]) == header:
        own = own[1:]
    return (
        Table(separator, header, own, n_rows / len(rows), has_gaps, is_conll_2012) if own else None
    )


def find_header(text: str, rows: Sequence[list[str]], settings: ColumnSettings) -> tuple[str, ...]:
    """The names of columns: the first line, or a comment of CoNLL-U Plus. Empty without names."""
    match = GLOBAL_COLUMNS.search(text)
    if match and len(match[1].split()) == len(rows[0]):
        return tuple(match[1].split())
    first = tuple(rows[0])
    chosen = {settings.words, settings.tags} & set(first)
    has_names = any(TAG_NAMES.fullmatch(cell) for cell in first[1:]) or (
        TAG_NAMES.fullmatch(first[0]) and any(WORD_NAMES.fullmatch(cell) for cell in first)
    )
    if chosen or (has_names and not any(map(parse_tag, first))):
        return first
    return ()


def find_column(name: str | None, table: Table, path: str) -> int | None:
    """Find a column that is chosen.

    name: Its name, or its number from 1 on, or from -1 on from the last one.
    RETURNS: Its index; None if none is chosen.
    RAISES: ValueError (H117) if there is no such column.
    """
    if name is None:
        return None
    if name in table.header:
        return table.header.index(name)
    number = int(name) if re.fullmatch("-?[0-9]{1,9}", name) else 0
    if 1 <= abs(number) <= table.n_columns:
        return number - 1 if number > 0 else table.n_columns + number
    names = f", with the names {', '.join(table.header)}" if table.header else " without names"
    raise ValueError(Errors.H117.format(path=path, name=name, n=table.n_columns, names=names))
