"""What was found beside what is annotated: right, or wrong in which way."""

from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal

from ..tagging.layers import Annotation, touches

Kind = Literal["correct", "label", "bounds", "missed", "invented", "unknown"]
Pairs = list[tuple[Annotation, Annotation]]
Match = Callable[[Sequence[Annotation], Sequence[Annotation]], Pairs]
ERRORS: tuple[Kind, ...] = ("missed", "invented", "label", "bounds")


@dataclass(frozen=True)
class Pair:
    """One thing that is annotated, or found, or both.

    kind: "correct"; "label", the same bounds with another label; "bounds", the same label at
        other bounds that overlap; "missed"; "invented"; or "unknown", found where the annotation
        is missing.
    gold: What is annotated; None if it is invented or nobody knows.
    found: What was found; None if it was missed.
    """

    kind: Kind
    gold: Annotation | None
    found: Annotation | None


def compare(
    gold: AbstractSet[Annotation],
    found: AbstractSet[Annotation],
    unknown: Sequence[tuple[int, int]] = (),
) -> list[Pair]:
    """Pair what is annotated with what was found, each at most once.

    What has the same bounds is paired first, then what has the same label and overlaps, from the
    beginning of the text to its end.

    gold: All that is annotated.
    found: All that was found.
    unknown: Where the annotation is missing: stretches of characters, in order, that do not
        overlap.
    RETURNS: Everything once, in the order of the text.
    """
    judged = {own for own in found if not touches(own[0], own[1], unknown)}
    pairs = [Pair("unknown", None, own) for own in found - judged]
    pairs += [Pair("correct", own, own) for own in gold & judged]
    missed, invented = sorted(gold - judged), sorted(judged - gold)
    for kind, match in MATCHES:
        matched = match(missed, invented)
        pairs += [Pair(kind, *own) for own in matched]
        paired_gold, paired_found = ({own[side] for own in matched} for side in (0, 1))
        missed = [own for own in missed if own not in paired_gold]
        invented = [own for own in invented if own not in paired_found]
    pairs += [Pair("missed", own, None) for own in missed]
    pairs += [Pair("invented", None, own) for own in invented]
    return sorted(pairs, key=place)


def place(pair: Pair) -> tuple[Annotation, str]:
    """Where a pair stands among those of its text."""
    first = min(own for own in (pair.gold, pair.found) if own is not None)
    return first, pair.kind


def same_bounds(missed: Sequence[Annotation], invented: Sequence[Annotation]) -> Pairs:
    """Pairs that differ in their labels alone."""
    waiting: dict[tuple[int, int], deque[Annotation]] = defaultdict(deque)
    for own in missed:
        waiting[own[:2]].append(own)
    return [(waiting[own[:2]].popleft(), own) for own in invented if waiting.get(own[:2])]


def overlapping(missed: Sequence[Annotation], invented: Sequence[Annotation]) -> Pairs:
    """Pairs of one label that overlap: as many as there can be, if those of a side do not."""
    by_label: dict[str, tuple[list[Annotation], list[Annotation]]] = defaultdict(lambda: ([], []))
    for side, all_of_side in enumerate((missed, invented)):
        for own in all_of_side:
            by_label[own[2]][side].append(own)
    pairs = []
    for gold, found in by_label.values():
        i = j = 0
        while i < len(gold) and j < len(found):
            if gold[i][1] <= found[j][0]:
                i += 1
            elif found[j][1] <= gold[i][0]:
                j += 1
            else:
                pairs.append((gold[i], found[j]))
                i, j = i + 1, j + 1
    return pairs


MATCHES: tuple[tuple[Kind, Match], ...] = (("label", same_bounds), ("bounds", overlapping))
"""How what is not quite right is paired, in this order."""
