"""What is right and what is wrong, counted by brute force."""

from collections import Counter
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from spacy_halfree.report.comparison import Pair, compare
from spacy_halfree.report.tables import count_confusion, score_labels
from spacy_halfree.tagging.layers import Annotation

LABELS = ["A", "B", "O"]


@st.composite
def annotations(draw: st.DrawFn, overlap: bool = False) -> set[Annotation]:
    """Spans of a text of 12 characters."""
    bounds = st.tuples(st.integers(0, 11), st.integers(1, 4), st.sampled_from(LABELS))
    found: set[Annotation] = set()
    for start, length, label in draw(st.lists(bounds, max_size=6)):
        own = (start, min(start + length, 12), label)
        if overlap or not any(own[0] < end and begin < own[1] for begin, end, _ in found):
            found.add(own)
    return found


any_annotations = annotations() | annotations(overlap=True)
stretches = st.sets(st.integers(0, 11), max_size=4).map(
    lambda starts: [(start, start + 1) for start in sorted(starts)]
)


def overlap(first: Annotation, second: Annotation) -> bool:
    return bool(set(range(*first[:2])) & set(range(*second[:2])))


@given(any_annotations, any_annotations, stretches)
def test_everything_stands_once_under_what_it_is(
    gold: set[Annotation], found: set[Annotation], unknown: list[tuple[int, int]]
) -> None:
    gold = {own for own in gold if not any(overlap(own, (*place, "")) for place in unknown)}
    pairs = compare(gold, found, unknown)
    assert Counter(pair.gold for pair in pairs if pair.gold) == Counter(gold)
    assert Counter(pair.found for pair in pairs if pair.found) == Counter(found)
    places = [min(own for own in (pair.gold, pair.found) if own) for pair in pairs]
    assert places == sorted(places)
    for pair in pairs:
        if pair.gold is None:
            unjudged = any(overlap(pair.found, (*place, "")) for place in unknown)
            assert pair.kind == ("unknown" if unjudged else "invented")
        elif pair.found is None:
            assert pair.kind == "missed"
        elif pair.kind == "correct":
            assert pair.gold == pair.found
        elif pair.kind == "label":
            assert pair.gold[:2] == pair.found[:2]
            assert pair.gold[2] != pair.found[2]
        else:
            assert pair.kind == "bounds"
            assert pair.gold[2] == pair.found[2]
            assert pair.gold[:2] != pair.found[:2]
            assert overlap(pair.gold, pair.found)
    # whatever is the same is right, though it could be paired otherwise
    judged = {pair.found for pair in pairs if pair.kind != "unknown"}
    assert sum(pair.kind == "correct" for pair in pairs) == len(gold & judged)


@given(annotations(), annotations())
def test_as_many_are_paired_as_can_be(gold: set[Annotation], found: set[Annotation]) -> None:
    """The best of all one-to-one pairings, tried out."""
    pairs = compare(gold, found)
    n_label = sum(pair.kind == "label" for pair in pairs)
    assert n_label == sum(
        own[:2] == other[:2] and own[2] != other[2] for own in gold for other in found
    )
    done = {
        own for pair in pairs if pair.kind in ("correct", "label") for own in vars(pair).values()
    }
    missed, invented = sorted(gold - done), sorted(found - done)
    best = 0
    few, many = sorted((missed, invented), key=len)
    for order in permutations(many, len(few)):
        best = max(
            best,
            sum(
                own[2] == other[2] and overlap(own, other)
                for own, other in zip(few, order, strict=True)
            ),
        )
    assert sum(pair.kind == "bounds" for pair in pairs) == best


@given(st.lists(st.tuples(annotations(), annotations(), stretches), max_size=4))
def test_figures_are_those_of_sets(
    texts: list[tuple[set[Annotation], set[Annotation], list[tuple[int, int]]]],
) -> None:
    pairs: list[Pair] = []
    gold_all: list[tuple[int, Annotation]] = []
    found_all: list[tuple[int, Annotation]] = []
    for number, (gold, found, unknown) in enumerate(texts):
        gold = {own for own in gold if not any(overlap(own, (*place, "")) for place in unknown)}
        pairs += compare(gold, found, unknown)
        gold_all += [(number, own) for own in gold]
        found_all += [
            (number, own)
            for own in found
            if not any(overlap(own, (*place, "")) for place in unknown)
        ]
    scores = score_labels(pairs)
    right = set(gold_all) & set(found_all)
    assert scores.total.tp == len(right)
    assert scores.total.fp == len(found_all) - len(right)
    assert scores.total.fn == len(gold_all) - len(right)
    labels = sorted({own[2] for _, own in (*gold_all, *found_all)})
    assert list(scores.by_label) == labels
    for label, score in scores.by_label.items():
        assert score.tp == sum(own[2] == label for _, own in right)
        assert score.tp + score.fp == sum(own[2] == label for _, own in found_all)
        assert score.tp + score.fn == sum(own[2] == label for _, own in gold_all)

    confusion = count_confusion(pairs)
    matrix = confusion.matrix(labels)
    for i, label in enumerate(labels):
        own_score = scores.by_label[label]
        assert matrix[i][i] == own_score.tp
        # everything annotated stands in its row, everything found in its column
        assert sum(matrix[i]) == own_score.tp + own_score.fn
        column = sum(row[i] for row in matrix) + confusion.bounds[label]
        assert column == own_score.tp + own_score.fp
        for j, other in enumerate(labels):
            if i != j:
                assert matrix[i][j] == sum(
                    (number, (own[0], own[1], other)) in found_all
                    for number, own in gold_all
                    if own[2] == label
                )
    mistakes = confusion.mistakes()
    assert [count for *_, count in mistakes] == sorted((n for *_, n in mistakes), reverse=True)
    assert sum(count for *_, count in mistakes) == sum(
        pair.kind not in ("correct", "unknown") for pair in pairs
    )
