"""Lines of words with tags, a sentence a line.

These are spaCy's `word|tag` or `word|part of speech|tag`, and lines of words with their tags behind
a tab, separated by blanks, such as `to Rome<TAB>O B-CITY`.
"""

from collections.abc import Iterable, Iterator

from .column_rows import is_blank, split_at_blanks, split_lines
from .column_sentences import Sentence
from .tag_schemes import parse_tag


def split_sentence(line: str) -> list[tuple[str, str]] | None:
    """The words and tags of a line; None if it is not a sentence."""
    pairs = []
    if "\t" in line:
        words, tags = map(split_at_blanks, line.rsplit("\t", 1))
        if len(words) != len(tags) or not all(map(parse_tag, tags)):
            return None
        return list(zip(words, tags, strict=True))
    for part in split_at_blanks(line):
        word, *others = part.split("|")
        if not word or not others or not parse_tag(others[-1]):
            return None
        pairs.append((word, others[-1]))
    return pairs


def part_of_sentences(text: str) -> float:
    """Which part of the lines of a text are sentences, without empty lines and comments.

    Lines of a single word each are columns, not sentences.
    """
    lines = [line for line in split_lines(text) if not is_blank(line)]
    own = [line for line in lines if not line.startswith("#")] or lines
    sentences = [pairs for pairs in map(split_sentence, own) if pairs]
    if all(len(pairs) == 1 for pairs in sentences) and (len(sentences) > 1 or "\t" in text):
        return 0
    return len(sentences) / max(len(own), 1)


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
