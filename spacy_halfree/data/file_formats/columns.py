"""Texts as words with tags: CoNLL's columns, and spaCy's lines of `word|tag`.

Tabs, spaces, commas or semicolons separate columns, the same in all of a file. Which columns hold
words, tags and numbers is found in the first lines, see `column_layout`. An empty line ends a
sentence, and so does the next number in a column of sentences' numbers. Lines that begin with `#`
and are no words with tags are comments.
"""

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from ...errors import Errors, Warnings
from ..read_settings import ReadSettings
from ..records import InvalidRecord, NumberedRecord
from ..sources import Source
from .column_layout import Layout, describe_columns, find_layout, is_certain, is_of_phrases
from .column_rows import is_blank, read_lines, split_lines
from .column_sentences import Sentence, split_into_sentences
from .file_format import AnnotationFormat, Head
from .json_values import JSON_SUFFIXES
from .marked_words import without_marks
from .tag_cells import TagReader, read_tags
from .tag_schemes import OUTSIDE, UNKNOWN, SchemeCheck, annotate_words, describe_no_tag
from .word_tag_lines import part_of_sentences, read_sentences

logger = logging.getLogger("spacy.halfree")
UPLOAD = ("/", "data", "/", "upload", "/")
"""How the words begin that Label Studio exports of a file: those of its path."""
IS_PATH = "that is the path of a file, not its text; export JSON with content"
MOST_TAGGED = 0.7
"""Where more words are tagged, the tags are probably those of phrases."""
MANY_WORDS = 200
"""Longer sentences are probably several."""


def recognize(head: Head) -> bool:
    """Whether a file has one of the suffixes, or words and tags in columns."""
    if head.suffix in COLUMNS.suffixes:
        return True
    if head.suffix in JSON_SUFFIXES or "\0" in head.text:
        return False
    return is_certain(head.text) or part_of_sentences(head.text) > 0.9


def read(source: Source, settings: ReadSettings) -> Iterator[NumberedRecord]:
    """Read a file.

    Warnings tell which of several columns of tags is read (W032), how many tags do not follow the
    file's scheme (W031), that no word is outside of entities (W033), and which sentence is the
    longest if it has more than 200 words (W020).

    source: The file.
    settings: How to read it.
    YIELDS: The sentences, numbered by their first lines. A sentence with a line that is no word
        with a tag cannot be used.
    RAISES: ValueError (H046) if the file cannot be read, (H097, H117, H119) if it has no such
        columns as are chosen, (H118) if no column holds tags.
    """
    head, columns = source.head(), settings.columns
    part = part_of_sentences(head)
    layout = find_layout(head, source.name, columns) if part < 0.5 else None
    spaces = columns.spaces is not False
    if layout:
        if len(layout.tags) > 1:
            layout = choose_tags(source, layout)
        ((_, read_cells),) = layout.tags.items()
        sentences = without_marks(split_into_sentences(read_lines(source), layout), source.name)
        yield from annotate(source.name, sentences, read_cells, spaces=spaces)
    elif part > 0:
        if columns.words is not None or columns.tags is not None:
            options, titles = "--word-column, --tag-column", "lines of word|tag"
            raise ValueError(Errors.H097.format(options=options, titles=titles))
        sentences = read_sentences(read_lines(source))
        yield from annotate(source.name, sentences, read_tags, spaces=spaces)
    elif not all(is_blank(line) or line.startswith("#") for line in split_lines(head)):
        guess = describe_columns(head) or "No column holds tags."
        raise ValueError(Errors.H118.format(path=source.name, guess=guess))


def choose_tags(source: Source, layout: Layout) -> Layout:
    """Choose the column of tags with the most tagged words, and tell so (W032).

    Columns of phrases, where nearly every word is tagged, are chosen only if there is no other. Of
    columns with as many tagged words, it is the last one.

    source: The file.
    layout: Its columns, several of which hold tags.
    RETURNS: The columns, one of which holds tags.
    """
    cells_of: dict[int, Counter[str]] = {column: Counter() for column in layout.tags}
    split = layout.split
    for _, content in read_lines(source):
        cells = split(content)
        if layout.fits(cells):
            for column, counter in cells_of.items():
                counter[cells[column]] += 1
    n_tagged: dict[int, int] = {}
    labels: dict[int, set[str]] = {}
    for column, counter in cells_of.items():
        tags = zip(layout.tags[column](list(counter)), counter.values(), strict=True)
        tagged = [(tag.label, n) for tag, n in tags if tag and tag.label]
        n_tagged[column] = sum(n for _, n in tagged)
        labels[column] = {label for label, _ in tagged}
    part = {own: n_tagged[own] / max(counter.total(), 1) for own, counter in cells_of.items()}

    def rank(own: int) -> tuple[bool, bool, bool, int, int]:
        has_phrases, n = is_of_phrases(labels[own]), n_tagged[own]
        return not has_phrases, n > 0, part[own] < MOST_TAGGED, n, own

    chosen = max(layout.tags, key=rank)
    counts = ", ".join(f"{n} in column {layout.name(column)}" for column, n in n_tagged.items())
    logger.warning(
        Warnings.W032.format(path=source.name, counts=counts, column=layout.name(chosen))
    )
    return replace(layout, tags={chosen: layout.tags[chosen]})


def annotate(
    path: str, sentences: Iterator[Sentence], read_cells: TagReader, *, spaces: bool
) -> Iterator[NumberedRecord]:
    """Make texts of sentences, and tell what is peculiar about the file.

    path: The file's name.
    sentences: The sentences.
    read_cells: Reads the cells of their tags.
    spaces: Whether spaces separate words in the texts.
    YIELDS: The sentences' first lines, and what is read of them.
    """
    check = SchemeCheck()
    n_tags: Counter[str] = Counter()
    longest, line_of_longest = 0, 0
    for sentence in sentences:
        tags = []
        for tag, line, word, cell in zip(
            read_cells(sentence.cells), sentence.lines, sentence.words, sentence.cells, strict=True
        ):
            if tag is None:
                sentence.add_problem(line, word, describe_no_tag(cell))
            else:
                tags.append(tag)
        if tuple(sentence.words[: len(UPLOAD)]) == UPLOAD:
            sentence.add_problem(sentence.first, "".join(sentence.words), IS_PATH)
        if sentence.problem:
            yield sentence.first, InvalidRecord(path, sentence.first, sentence.problem)
            continue
        if not tags:
            continue
        check.add(tags, sentence.lines)
        n_tags.update(tag.position for tag in tags)
        if len(tags) > longest:
            longest, line_of_longest = len(tags), sentence.first
        yield sentence.first, annotate_words(sentence.words, tags, spaces=spaces)
    check.warn(path)
    if n_tags[UNKNOWN] and not n_tags[OUTSIDE] and n_tags.total() > n_tags[UNKNOWN]:
        logger.warning(Warnings.W033.format(path=path, n=n_tags[UNKNOWN]))
    if longest > MANY_WORDS:
        logger.warning(Warnings.W020.format(path=path, line=line_of_longest, n_words=longest))


COLUMNS = AnnotationFormat(
    name="columns",
    title="words with tags (such as B-CITY) in columns, .conll, .iob, .tsv and others",
    suffixes=(".conll", ".conllu", ".iob", ".iob2", ".bio", ".bioes", ".bilou", ".tsv"),
    options=("--word-column", "--tag-column", "--spaces"),
    recognize=recognize,
    read=read,
)
