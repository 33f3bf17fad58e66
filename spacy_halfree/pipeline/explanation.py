"""What a tagger thinks of each word, to look at."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

import numpy as np
from wasabi.tables import table

from ..types import Floats, Ints

HEADER = ("word", "tag", "probability", "also possible")


@dataclass(frozen=True)
class WordExplanation:
    """A word.

    word: Its text.
    tag: The tag that was decoded.
    probability: That tag's, given the tags decoded before it.
    others: The most probable other tags and their probabilities, the best first.
    """

    word: str
    tag: str
    probability: float
    others: tuple[tuple[str, float], ...]


class Explanation(Sequence[WordExplanation]):
    """The words of a doc; prints as a table, in a terminal as in a notebook.

    words: The words.
    """

    def __init__(self, words: Sequence[WordExplanation]) -> None:
        self.words = tuple(words)

    def __len__(self) -> int:
        return len(self.words)

    def __getitem__(self, index: Any) -> Any:
        return self.words[index]

    def to_records(self) -> list[dict[str, Any]]:
        """Plain dicts, ready for a data frame or JSON."""
        return [asdict(word) for word in self.words]

    def rows(self) -> list[tuple[str, str, str, str]]:
        """The cells of the table."""
        return [
            (
                # a line break would break the table
                word.word if word.word.isprintable() else repr(word.word),
                word.tag,
                f"{word.probability:.3f}",
                ", ".join(f"{tag} {probability:.3f}" for tag, probability in word.others),
            )
            for word in self.words
        ]

    def __str__(self) -> str:
        printed: str = table(self.rows(), header=HEADER, divider=True)
        return printed

    __repr__ = __str__

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{name}</th>" for name in HEADER)
        body = "".join(
            f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in self.rows()
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def explain_words(
    words: Sequence[str], tag_names: Sequence[str], tags: Ints, probabilities: Floats, n_others: int
) -> Explanation:
    """Put together what was predicted for each word.

    words: The words' texts.
    tag_names: The tags' names.
    tags (n_words, int64): The decoded tags.
    probabilities (n_words x n_tags, float32): The distributions they were taken from.
    n_others: How many other tags to name; those that are impossible are left out.
    """
    explained = []
    for word, tag, row in zip(words, tags.tolist(), probabilities, strict=True):
        best = [i for i in np.argsort(-row, kind="stable").tolist() if i != tag and row[i] > 0]
        others = tuple((tag_names[i], float(row[i])) for i in best[:n_others])
        explained.append(WordExplanation(word, tag_names[tag], float(row[tag]), others))
    return Explanation(explained)
