"""Words of data sets that write other things into the column of words, too."""

import logging
import re
from collections.abc import Iterator
from itertools import chain, islice

from ...errors import Warnings
from .column_sentences import Sentence

logger = logging.getLogger("spacy.halfree")
SAMPLE = 50
"""In so many sentences, every word must have a mark."""
FEWEST_WORDS = 5
LANGUAGE = re.compile(r"([a-z]{2,8}(?:-[a-z]{2,8}){0,2}:)(.+)", flags=re.DOTALL)
"""A word behind the code of its language, as `en:Rome` in WikiANN."""
NUMBERED = re.compile(r"(.)([0-9]{1,2})", flags=re.DOTALL)
"""A character with its number in a word, as in Weibo NER."""


def without_marks(sentences: Iterator[Sentence], path: str) -> Iterator[Sentence]:
    """Remove a mark that every word has: its language, or the number of a character.

    A warning (W040) tells so.

    sentences: The sentences.
    path: The file's name.
    YIELDS: The sentences.
    """
    sample = list(islice(sentences, SAMPLE))
    words = [word for sentence in sample for word in sentence.words]
    languages = [LANGUAGE.fullmatch(word) for word in words]
    numbers = [NUMBERED.fullmatch(word) for word in words]
    group, pattern = 0, LANGUAGE
    if len(words) < FEWEST_WORDS:
        pass
    elif all(languages) and len({match[1] for match in languages if match}) == 1:
        group = 2
    elif all(numbers) and not any(word[0].isascii() and word[0].isalnum() for word in words):
        group, pattern = 1, NUMBERED
    if group:
        match = pattern.fullmatch(words[0])
        own = match[group] if match else ""
        logger.warning(Warnings.W040.format(path=path, word=words[0], own=own))
    for sentence in chain(sample, sentences):
        if group:
            found = ((pattern.fullmatch(word), word) for word in sentence.words)
            sentence.words[:] = [match[group] if match else word for match, word in found]
        yield sentence
