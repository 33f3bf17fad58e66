"""Annotated texts whose check has taken long: each is what a mistaken export looks like."""

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

N_SPANS = 4_000
N_LABELS = 2_000
N_UNTAGGED = 8_000
SEED = 0


def make_words(n: int) -> list[str]:
    """Different words of six letters, always the same."""
    generator = random.Random(SEED)
    words: dict[str, None] = {}
    while len(words) < n:
        words["".join(generator.choices("abcdefghijklmnopqrstuvwxyz", k=6))] = None
    return list(words)


def place(first: int, last: int) -> tuple[int, int]:
    """The start and the end of a stretch of such words, which have a space between them."""
    return 7 * first, 7 * last + 6


def misaligned(n: int = N_SPANS) -> Iterator[str]:
    """A text in which every word has a span without its last letter."""
    places = (place(i, i) for i in range(n))
    spans = [(start, end - 1, "A") for start, end in places]
    yield json.dumps({"text": " ".join(make_words(n)), "spans": spans})


def nested(n: int = N_SPANS) -> Iterator[str]:
    """A text with spans of which each is inside of another one."""
    spans = [(*place(i, 2 * n - 1 - i), "A") for i in range(n)]
    yield json.dumps({"text": " ".join(make_words(2 * n)), "spans": spans})


def labels(n: int = N_LABELS) -> Iterator[str]:
    """Texts with a label each, which no other has."""
    for word in make_words(n):
        yield json.dumps({"text": f"{word} again", "spans": [(*place(0, 0), word.upper())]})


def untagged(n: int = N_UNTAGGED) -> Iterator[str]:
    """A text of words with the tag "-"."""
    for word in make_words(n):
        yield f"{word} -"
    yield ""
    yield "Rome B-CITY"


CASES: dict[str, tuple[str, Callable[[], Iterator[str]]]] = {
    "misaligned": (".jsonl", misaligned),
    "nested": (".jsonl", nested),
    "labels": (".jsonl", labels),
    "untagged": (".conll", untagged),
}
"""The suffix and the lines of each file."""


def write_case(folder: Path, name: str) -> Path:
    """Write the file of a case."""
    suffix, lines = CASES[name]
    path = folder / f"{name}{suffix}"
    path.write_text("".join(f"{line}\n" for line in lines()), encoding="utf8")
    return path
