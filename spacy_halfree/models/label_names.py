"""What the names of labels say about each other."""

import re
from collections import Counter
from collections.abc import Sequence

PARTS = re.compile(r"[^\W_]+")
CAMEL_CASE = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def split_name(label: str) -> list[str]:
    """The words of a label: taken apart at all but letters and digits, and before capitals.

    label: The label, e.g. `toloc.city_name` or `StreetName`.
    RETURNS: Its words, as they are written in it.
    """
    return [word for part in PARTS.findall(label) for word in CAMEL_CASE.split(part)]


def shared_words(labels: Sequence[str]) -> list[list[int]]:
    """Which words of its name each label has in common with other labels.

    labels: The labels.
    RETURNS: For each label the numbers of such words, counted over all labels from 0.
    """
    names = [dict.fromkeys(word.lower() for word in split_name(label)) for label in labels]
    counts = Counter(word for name in names for word in name)
    shared = [word for word, count in counts.items() if count > 1]
    number = {word: index for index, word in enumerate(shared)}
    return [[number[word] for word in name if word in number] for name in names]
