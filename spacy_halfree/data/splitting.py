"""Dividing labelled texts into those to train, to tune and to test on."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from spacy.tokens import Doc

from ..errors import Errors
from .records import without_white_space


@dataclass(frozen=True)
class Split:
    """Texts by what they are for, in the order in which they came."""

    train: list[Doc]
    dev: list[Doc]
    test: list[Doc]


def split_docs(docs: Sequence[Doc], n_dev: int, n_test: int, seed: int) -> Split:
    """Divide docs at random, so that there is something to learn about every label.

    docs: The docs, with entities.
    n_dev, n_test: How many different texts to tune and to test on. All docs with one text, white
        space apart, stay together.
    seed: Of the draw.
    RETURNS: The parts. Every label with two or more examples stands in `train`; one with a single
        example stands elsewhere only if there would be too few texts to tune and to test on.
    RAISES: ValueError (H077) if so many texts cannot be taken away from `train`.
    """
    groups: dict[str, list[int]] = {}
    for index, doc in enumerate(docs):
        groups.setdefault(without_white_space(doc.text), []).append(index)
    labels = {
        text: {entity.label_ for index in indices for entity in docs[index].ents}
        for text, indices in groups.items()
    }
    order = list(groups)
    random.Random(seed).shuffle(order)
    examples = Counter(entity.label_ for doc in docs for entity in doc.ents)
    held_out = hold_out(order, labels, examples, n_dev + n_test)
    part_of = dict.fromkeys(held_out[:n_dev], "dev") | dict.fromkeys(held_out[n_dev:], "test")
    parts: dict[str, list[int]] = {"train": [], "dev": [], "test": []}
    for text, indices in groups.items():
        parts[part_of.get(text, "train")] += indices
    return Split(**{name: [docs[i] for i in sorted(indices)] for name, indices in parts.items()})


def hold_out(
    order: Sequence[str], labels: dict[str, set[str]], examples: Counter[str], n_texts: int
) -> list[str]:
    """Choose texts that are not to be trained on.

    order: All texts, in the order in which they are considered.
    labels: The labels of each.
    examples: How often each label occurs.
    n_texts: How many to choose.
    RETURNS: The chosen ones.
    RAISES: ValueError (H077) if there are not so many.
    """
    left = Counter(label for text in order for label in labels[text])
    n_labels = len(left)
    chosen: dict[str, None] = {}
    # first so that every label stays; then single examples may go, from which little is learned
    for enough in (0, 1):
        for text in order:
            if len(chosen) == n_texts:
                return list(chosen)
            lost = {label for label in labels[text] if left[label] == 1}
            may_go = all(examples[label] <= enough for label in lost) and len(lost) < n_labels
            if text not in chosen and may_go and len(chosen) + 1 < len(order):
                chosen[text] = None
                left.subtract(labels[text])
                n_labels -= len(lost)
    if len(chosen) < n_texts:
        raise ValueError(
            Errors.H077.format(n_asked=n_texts, n_texts=len(order), n_most=len(chosen))
        )
    return list(chosen)
