"""Which columns of a file hold words, tags and numbers: found in its first lines."""

import logging
import re
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from itertools import pairwise

from ...errors import Errors, Warnings
from ..read_settings import ColumnSettings
from .column_rows import SPLITTERS, is_number, split_table
from .column_table import CONLL_2012_WORDS, WORD_NAMES, Table, find_column, find_table
from .tag_cells import TagReader, find_tag_reader, read_brackets, read_misc, read_tags
from .tag_schemes import POSITIONS, parse_tag

logger = logging.getLogger("spacy.halfree")
NUMBER = re.compile(r"[0-9]{1,18}(?:[-.][0-9]{1,18})?")
"""A number of a word. CoNLL-U has ranges of words, such as 1-2, and empty words, such as 1.1."""
SENTENCE_NUMBER = re.compile(r"(?:sent\w*[ _:#-]*)?([0-9]{1,18})", flags=re.IGNORECASE)
NO_WORDS = ("", "_", "-", "-X-", "*")
"""The cells of columns without information."""
SENTENCE_NAMES = re.compile(
    r"sent(ence)?s?[ _-]*(#|ids?|idx|index|no|num|number)?", flags=re.IGNORECASE
)
DOCUMENT_NAMES = re.compile(r"(doc|document|text|file|article)s?[ _-]*(#|ids?|name|no|num)?", re.I)
"""Names of columns."""
PHRASES = {
    *("NP", "VP", "PP", "ADVP", "ADJP", "SBAR", "PRT", "CONJP", "INTJ", "LST", "UCP"),
    *("NC", "VC", "PC"),
}
"""The labels of phrases in CoNLL-2000 and in CoNLL-2003's German, which are no entities."""
CONLL_U_COLUMNS = 10
UNKNOWN_TAGS = {"-", "_"}
"""Tags of words without annotation."""
MOST_LABELS = 100
"""No file has more labels, but many have more words."""
FEW_ROWS, MANY_ROWS = 3, 50
"""In fewer rows, the same word in all of them means nothing; in as many, so many O are tags."""
LETTER_LAST = re.compile(r"[^\W_]\S*[-_][BIMELSUW]")
"""A tag such as CITY-B, which other programs do not read."""


@dataclass(frozen=True)
class Layout:
    """How a file is divided into columns, which are counted from 0.

    separator: A key of `SPLITTERS`.
    n_columns: How many columns there are.
    header: The columns' names; empty if the file does not have them.
    words: The column of words.
    tags: The columns of tags, and how to read each.
    ids: The column of the words' numbers, if there is one.
    sentences: The columns of the sentences' and documents' numbers, if empty lines do not separate
        sentences.
    restarts: Whether the words' numbers start again in each sentence, which nothing else separates.
    """

    separator: str
    n_columns: int
    header: tuple[str, ...]
    words: int
    tags: dict[int, TagReader]
    ids: int | None = None
    sentences: tuple[int, ...] = ()
    restarts: bool = False

    @property
    def is_open(self) -> bool:
        """Whether more columns may follow: in CoNLL-2012, those of predicates."""
        return read_brackets in self.tags.values()

    @property
    def split(self) -> Callable[[str], list[str]]:
        """The function that splits a line into columns."""
        # programs that name columns quote cells as in CSV files, with tabs, too
        is_table = self.header and self.separator == "tabs"
        return split_table if is_table else SPLITTERS[self.separator]

    def fits(self, cells: list[str]) -> bool:
        """Whether a line has as many columns as others. Empty ones at its end do not count."""
        if len(cells) == self.n_columns:
            return True
        return len(cells) > self.n_columns and (self.is_open or not any(cells[self.n_columns :]))

    def name(self, column: int) -> str:
        """What messages call a column: its number from 1 on, and its name."""
        own = self.header[column] if self.header else ""
        return f"{column + 1} ({own})" if own else str(column + 1)


def find_layout(text: str, path: str, settings: ColumnSettings) -> Layout | None:
    """Find the layout of a file.

    text: The beginning of the file.
    path: The file's name, for messages.
    settings: The columns that are chosen.
    RETURNS: The layout; None if there are no columns of words and tags.
    RAISES: ValueError (H117) if there is no such column as is chosen, (H119) if one column would
        hold both words and tags.
    """
    for separator in SPLITTERS:
        table = find_table(text, separator, settings)
        if table is None:
            continue
        tags = find_tags(table)
        chosen = find_column(settings.tags, table, path)
        if chosen is not None:
            tags = {chosen: tags.get(chosen, read_tags)}
        words = find_column(settings.words, table, path)
        if tags:
            if is_header(table, tags):
                table = replace(table, header=tuple(table.rows[0]), rows=table.rows[1:])
                names = ", ".join(table.header)
                logger.warning(Warnings.W041.format(path=path, names=names))
            words = find_words(table, tags) if words is None else words
            others = {column: read for column, read in tags.items() if column != words}
            if not others:
                raise ValueError(Errors.H119.format(path=path, column=words + 1))
            return make_layout(table, words, others)
    return None


def is_certain(text: str) -> bool:
    """Whether the beginning of a file can only be words and tags in columns."""
    for separator in SPLITTERS:
        table = find_table(text, separator, ColumnSettings())
        if table is None:
            continue
        if table.is_conll_2012:
            return True
        for column, read in find_tags(table).items():
            tags = read(table.column(column))
            # the first line may have names of columns
            tags = tags[1:] if tags[0] is None else tags
            has_label = any(tag and tag.label for tag in tags)
            has_other = any(tag and not tag.label for tag in tags)
            is_clear = (has_label and has_other) or len(tags) >= MANY_ROWS
            if is_clear and tags.count(None) <= 0.1 * len(tags):
                return True
    return False


def find_tags(table: Table) -> dict[int, TagReader]:
    """The columns of tags, and how to read each. Most of their cells are tags."""
    last = table.n_columns - 1
    if table.is_conll_2012:
        return {last: read_brackets}
    if table.n_columns == CONLL_U_COLUMNS and table.is_mostly(0, NUMBER):
        tags = read_misc(table.column(last))
        return {last: read_misc} if any(tag and tag.label for tag in tags) else {}
    readers = {}
    for column in range(table.n_columns):
        found = find_tag_reader(Counter(table.column(column)))
        if found and found[1] > 0.5:
            readers[column] = found[0]
    if not readers and set(table.column(last)) <= UNKNOWN_TAGS:
        # a file may begin with many words without annotation
        readers[last] = read_tags
    return readers


def is_header(table: Table, tags: dict[int, TagReader]) -> bool:
    """Whether the first line has unknown names of columns: it is the only one without tags.

    table: The first lines.
    tags: The columns of tags, and how to read each.
    """
    if table.header or table.is_conll_2012 or len(table.rows) < FEW_ROWS:
        return False
    for column, read in tags.items():
        first, *others = read(table.column(column))
        labels = {tag.label for tag in others if tag}
        # a label without its letter is a mistake
        if first or None in others or table.rows[0][column] in {"", *labels}:
            return False
    return True


def find_words(table: Table, tags: Collection[int]) -> int:
    """The column of words: the first one that holds neither tags, nor numbers, nor names of texts.

    table: The first lines.
    tags: The columns of tags.
    """
    if table.is_conll_2012:
        return CONLL_2012_WORDS
    named = [index for index, name in enumerate(table.header) if WORD_NAMES.fullmatch(name)]
    others = [column for column in range(table.n_columns) if column not in tags]
    words = [column for column in others if has_words(table, column)]
    # if all words are numbers, running ones stand before them
    numbers = [column for column in reversed(others) if table.is_mostly(column, NUMBER)]
    return next(iter([*named, *words, *numbers, *others]), 0)


def has_words(table: Table, column: int) -> bool:
    """Whether a column may hold words: not numbers, and not the same in most lines."""
    if table.is_mostly(column, NUMBER):
        return False
    cells = table.column(column)
    if sum(cell in NO_WORDS for cell in cells) > len(cells) / 2:
        return False
    return len(cells) < FEW_ROWS or table.part_of_repeats(column) < 0.5


def find_sentences(table: Table, words: int) -> tuple[int, ...]:
    """The columns of sentences' numbers and of documents' names, if there are any.

    table: The first lines.
    words: The column of words.
    """
    for column, name in enumerate(table.header):
        if column != words and SENTENCE_NAMES.fullmatch(name):
            # each document may count its sentences anew
            documents = (
                other
                for other, name in enumerate(table.header)
                if other not in (column, words) and DOCUMENT_NAMES.fullmatch(name)
            )
            return (column, *documents)
    if table.has_gaps:
        return ()
    for column in range(words):
        cells = [cell for cell in table.column(column) if cell]
        matches = [SENTENCE_NUMBER.fullmatch(cell) for cell in cells]
        numbers = [int(match[1]) for match in matches if match]
        if len(numbers) < len(cells):
            continue
        steps = {second - first for first, second in pairwise(numbers)}
        has_repeats = len(cells) < len(table.rows) or table.part_of_repeats(column) > 0.3
        if has_repeats and steps <= {0, 1}:
            return (column,)
    return ()


def has_restarts(table: Table, column: int) -> bool:
    """Whether a column numbers the words of sentences, which nothing else separates."""
    numbers = [int(cell) for cell in table.column(column) if is_number(cell)]
    restarts = [second for first, second in pairwise(numbers) if second != first + 1]
    if not restarts or table.has_gaps or set(restarts) != {numbers[0]}:
        return False
    # constants and columns of 0 and 1 mean something else
    n_words = len(numbers) / (len(restarts) + 1)
    return n_words > 2 and max(numbers) > numbers[0] + 1


def make_layout(table: Table, words: int, tags: dict[int, TagReader]) -> Layout:
    """Make the layout of a file.

    table: The first lines.
    words: The column of words.
    tags: The columns of tags, and how to read each.
    """
    sentences = find_sentences(table, words)
    ids = [
        column
        for column in range(words)
        if column not in sentences and table.is_mostly(column, NUMBER)
    ]
    number = ids[0] if ids and not table.is_conll_2012 else None
    return Layout(
        separator=table.separator,
        n_columns=table.n_columns,
        header=table.header,
        words=words,
        tags=tags,
        ids=number,
        sentences=sentences,
        restarts=number is not None and not sentences and has_restarts(table, number),
    )


def is_of_phrases(labels: Collection[str]) -> bool:
    """Whether labels are those of phrases, not of entities."""
    return bool(labels) and PHRASES.issuperset(labels)


def describe_columns(text: str) -> str:
    """What the columns of a file without tags look like, in a sentence; "" if that is unknown.

    text: The beginning of the file.
    """
    for separator in SPLITTERS:
        table = find_table(text, separator, ColumnSettings())
        if table is None:
            continue
        if table.n_columns == CONLL_U_COLUMNS and table.is_mostly(0, NUMBER):
            return (
                "It looks like CoNLL-U, which is read if the last column has entries such as "
                "NER=B-CITY."
            )
        for column in reversed(range(table.n_columns)):
            if found := describe_labels(Counter(table.column(column))):
                return f"Column {column + 1} has {found}"
    return ""


def describe_labels(cells: Counter[str]) -> str:
    """What the cells of a column are, if they look like labels, and what to do; or else "".

    cells: The cells, with their numbers.
    """
    ((outside, n_outside),) = cells.most_common(1)
    if cells["O"] >= cells.total() / 5:
        outside, n_outside = "O", cells["O"]
    labels = [cell for cell in cells if cell != outside]
    # most words have no label
    if (
        not labels
        or cells.total() < FEW_ROWS
        or len(cells) > MOST_LABELS
        or n_outside < cells.total() / 5
    ):
        return ""
    names = ", ".join(labels[:3])
    if outside == "O":
        if all(cell.upper() in POSITIONS for cell in labels):
            return f"tags without labels ({names}). Write a label after each, as in B-CITY."
        if all(LETTER_LAST.fullmatch(cell) for cell in labels):
            return f"tags with their letters last ({names}). Write them first, as in B-CITY."
        return (
            f"labels without a scheme ({names}). Write B- before the label of an entity's first "
            "word, and I- before those of its others."
        )
    if all((tag := parse_tag(cell)) and tag.label for cell in labels):
        return f"the tag {outside!r} outside of entities. Write O instead."
    if outside == "0" and all(cell.isdecimal() for cell in labels):
        return f"class numbers ({names}). Write the tags that they stand for, such as B-CITY and O."
    return ""
