"""spaCy's lines of words with tags: a sentence a line, `word|tag` or `word|part of speech|tag`."""

from collections.abc import Iterable, Iterator

from .column_rows import is_blank, split_at_blanks, split_lines
from .column_sentences import Sentence
from .tag_schemes import parse_tag


def split_sentence(line: str) -> list[tuple[str, str]] | None:
    """The words and tags of a line; None if it is not a sentence."""
    pairs = []
    for part in split_at_blanks(line):
        word, *others = part.split("|")
        if not word or not others or not parse_tag(others[-1]):
            return None
        pairs.append((word, others[-1]))
    return pairs


def part_of_sentences(text: str) -> float:
    """Which part of the lines of a text are sentences, without empty lines and comments."""
    lines = [line for line in split_lines(text) if not is_blank(line)]
    own = [line for line in lines if not line.startswith("#")] or lines
    return sum(split_sentence(line) is not None for line in own) / max(len(own), 1)


def read_sentences(lines: Iterable[tuple[int, str]]) -> Iterator[Sentence]:
    """Read sentences.

    lines: The lines, with their numbers.
    YIELDS: A sentence for each line that is neither empty nor a comment.
    """
    for line, content in lines:
        if is_blank(content):
            continue
        pairs = split_sentence(content)
        sentence = Sentence()
        if pairs:
            for word, cell in pairs:
                sentence.add(line, word, cell)
        elif content.startswith("#"):
            continue
        else:
            sentence.add_problem(line, content, "that is not of words with tags, as 'Rome|B-CITY'")
        yield sentence
