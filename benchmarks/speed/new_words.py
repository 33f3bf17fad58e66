"""Texts with words that have never been met, as in a heap of real texts, where names never end."""

import random
from collections.abc import Iterator, Sequence
from itertools import cycle

SHARE_OF_NEW_WORDS = 0.1


def endless_texts(texts: Sequence[str], seed: int | str = 0) -> Iterator[str]:
    """The texts over and over, every tenth word (at random) replaced by one never met before.

    Args:
        texts: the texts.
        seed: decides which words are replaced, and by which.

    Yields:
        Texts.
    """
    generator = random.Random(seed)
    for text in cycle(texts):
        words = text.split()
        for i in range(len(words)):
            if generator.random() < SHARE_OF_NEW_WORDS:
                words[i] = "".join(generator.choices("abcdefghijklmnopqrstuvwxyz", k=9))
        yield " ".join(words)
