"""Sentences of words and the cells of their tags, read line by line."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from .column_layout import Layout
from .column_rows import DOCUMENT, is_blank, is_number

NO_WORD = re.compile(r"[0-9]+[-.][0-9]+")
"""A number of CoNLL-U for a range of words, or an empty word."""
NEXT_SENTENCE = re.compile(r"#\s*(?:sent_id|newdoc|newpar)\b")
"""Comments of CoNLL-U before a sentence, which some programs write without an empty line."""
MOST_SHOWN = 40
"""How many characters of a line a message shows."""


@dataclass
class Sentence:
    """A sentence.

    words: Its words.
    cells: The cells of their tags.
    lines: Their lines.
    problem: What is wrong with one of its lines, the first such; or else "".
    first: Its first line, whether that is a word or not; 0 if it has none yet.
    """

    words: list[str] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    problem: str = ""
    first: int = 0

    def add(self, line: int, word: str, cell: str) -> None:
        """Add a word."""
        self.first = self.first or line
        self.words.append(word)
        self.cells.append(cell)
        self.lines.append(line)

    def add_problem(self, line: int, content: str, problem: str) -> None:
        """Add a line that is no word with a tag.

        line, content: The line's number, and the line.
        problem: What is wrong with it, to follow a mention of the line.
        """
        self.first = self.first or line
        self.problem = self.problem or f"has a line {line} ({content[:MOST_SHOWN]!r}) {problem}"


def split_into_sentences(lines: Iterable[tuple[int, str]], layout: Layout) -> Iterator[Sentence]:
    """Read sentences from lines in columns.

    lines: The lines, with their numbers.
    layout: The columns.
    YIELDS: The sentences that have any word or problem.
    """
    # looked up once: this runs for every line of large files
    split, words, sentences, ids = layout.split, layout.words, layout.sentences, layout.ids
    # any of them: a sentence's lines have all
    tags = next(iter(layout.tags))
    read = layout.tags[tags]
    sentence = Sentence()
    numbers_of_sentence, last_number = [""] * len(sentences), 0
    header = list(layout.header)
    for line, content in lines:
        if is_blank(content):
            if sentence.first:
                yield sentence
                sentence = Sentence()
            continue
        cells = split(content)
        fits = layout.fits(cells)
        if content.startswith("#"):
            is_row = fits and (ids is None or cells[ids].isdecimal()) and read([cells[tags]])[0]
            # among words, "#Rome" without a tag is no comment, but "# Rome" is one
            if not is_row and (not sentence.words or content[1:2].isspace()):
                if sentence.first and NEXT_SENTENCE.match(content):
                    yield sentence
                    sentence = Sentence()
                continue
        # joined files have several headers
        if cells == header or not any(cells) or (fits and cells[words] == DOCUMENT):
            if sentence.first:
                yield sentence
                sentence = Sentence()
            continue
        is_next = False
        if fits and sentences:
            own = [cells[i] or n for i, n in zip(sentences, numbers_of_sentence, strict=True)]
            is_next = own != numbers_of_sentence
            numbers_of_sentence = own
        elif fits and layout.restarts and ids is not None and is_number(cells[ids]):
            number = int(cells[ids])
            is_next = number <= last_number
            last_number = number
        if is_next and sentence.first:
            yield sentence
            sentence = Sentence()
        if not fits:
            sentence.add_problem(line, content, describe_count(cells, layout))
        elif ids is not None and NO_WORD.fullmatch(cells[ids]):
            (tag,) = read([cells[tags]])
            if tag and tag.label:
                sentence.add_problem(line, content, "with a tag, though it is not a single word")
        elif not cells[words]:
            sentence.add_problem(line, content, "without a word")
        else:
            sentence.add(line, cells[words], cells[tags])
    if sentence.first:
        yield sentence


def describe_count(cells: list[str], layout: Layout) -> str:
    """What is wrong with a line that has another number of columns than the others."""
    columns = "column" if len(cells) == 1 else "columns"
    problem = f"of {len(cells)} {columns}, not {layout.n_columns} like the others"
    if layout.separator == "blanks" and len(cells) > layout.n_columns:
        problem += "; spaces separate columns here, so words and labels with spaces need tabs"
    return problem
