"""Counts over many texts: precision and recall by label, and what is taken for what."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from spacy.scorer import PRFScore

from .comparison import Pair


@dataclass(frozen=True)
class LabelScores:
    """How well things are found.

    total: Of all labels together.
    by_label: Of each label that is annotated or found anywhere, in the order of their names.
    """

    total: PRFScore
    by_label: dict[str, PRFScore]


def score_labels(pairs: Iterable[Pair]) -> LabelScores:
    """Count what is right, found wrongly, and not found; what nobody knows does not count.

    pairs: Those of all texts.
    """
    total = PRFScore()
    by_label: dict[str, PRFScore] = {}
    for pair in pairs:
        if pair.kind == "unknown":
            continue
        for own, is_gold in ((pair.gold, True), (pair.found, False)):
            if own is None or (is_gold and pair.kind == "correct"):
                continue
            for score in (total, by_label.setdefault(own[2], PRFScore())):
                if pair.kind == "correct":
                    score.tp += 1
                elif is_gold:
                    score.fn += 1
                else:
                    score.fp += 1
    return LabelScores(total, dict(sorted(by_label.items())))


@dataclass
class Confusion:
    """What is taken for what.

    counts: How often something annotated with the first label was found with the second one at
        the same place; None as the first: nothing is annotated; as the second: nothing was found.
    bounds: How often each label was found where it is annotated, but with other bounds; these do
        not stand in `counts`.
    """

    counts: Counter[tuple[str | None, str | None]] = field(default_factory=Counter)
    bounds: Counter[str] = field(default_factory=Counter)

    def mistakes(self) -> list[tuple[str | None, str | None, int]]:
        """Gold label, found label and count of all that is wrong, the most frequent first.

        Other bounds stand as a label that was taken for itself.
        """
        wrong = Counter({own: n for own, n in self.counts.items() if own[0] != own[1]})
        wrong.update({(label, label): n for label, n in self.bounds.items()})
        return sorted(
            ((gold, found, n) for (gold, found), n in wrong.items()),
            key=lambda own: (-own[2], own[0] or "", own[1] or ""),
        )

    def matrix(self, labels: Sequence[str]) -> list[list[int]]:
        """A row for each label and one for nothing; the same columns, and a last one for bounds.

        labels: The labels, in the order they are to have.
        """
        ends: list[str | None] = [*labels, None]
        return [
            [*(self.counts[gold, found] for found in ends), self.bounds[gold] if gold else 0]
            for gold in ends
        ]


def count_confusion(pairs: Iterable[Pair]) -> Confusion:
    """Count what is taken for what; what nobody knows does not count.

    pairs: Those of all texts.
    """
    confusion = Confusion()
    for pair in pairs:
        if pair.kind == "bounds" and pair.gold is not None:
            confusion.bounds[pair.gold[2]] += 1
        elif pair.kind != "unknown":
            gold, found = (None if own is None else own[2] for own in (pair.gold, pair.found))
            confusion.counts[gold, found] += 1
    return confusion
