"""Labels that may be another one, misspelt."""

import difflib
from collections import Counter

from hypothesis import example, given, settings
from hypothesis import strategies as st

from spacy_halfree.data.similar_labels import ALIKE, find_slips, letters_of, words_of


def test_labels_that_look_like_slips_are_named() -> None:
    labels = Counter({"VERSION": 60, "VERISON": 1, "version": 40, "Pro-Duct": 4, "product": 20})
    assert find_slips(labels) == [
        ("Pro-Duct", "product"),
        ("VERISON", "VERSION"),
        ("version", "VERSION"),
    ]


def test_labels_that_share_words_are_no_slips() -> None:
    labels = Counter(
        {
            "depart_date.day_name": 60,
            "arrive_date.day_name": 2,
            "arrive_time.time": 12,
            "restaurant_name": 1,
            "restaurant_type": 30,
            "object_name": 20,
            "A": 1,
            "B": 50,
        }
    )
    assert find_slips(labels) == []


def find_slowly(labels: Counter[str]) -> list[tuple[str, str]]:
    """What `find_slips` finds, by comparing each label with all others."""
    slips = []
    for label in sorted(labels):
        others = [other for other in labels if (labels[other], other) > (labels[label], label)]
        others.sort(key=lambda other: -labels[other])
        same = [other for other in others if letters_of(other) == letters_of(label)]
        if same:
            slips.append((label, same[0]))
            continue
        frequent = [other for other in others if labels[other] >= 10 * labels[label]]
        if labels[label] >= 5:
            continue
        for other in difflib.get_close_matches(label, frequent, n=1, cutoff=ALIKE):
            own = words_of(label) - words_of(other)
            thirds = set(labels) - {label, other}
            if not any(own & words_of(third) for third in thirds):
                slips.append((label, other))
    return slips


COUNTS = st.sampled_from([1, 2, 4, 5, 9, 10, 20, 40, 50])
NAMES = st.text("abAB_-1é", max_size=8) | st.from_regex("[ab]{4,6}_(day|dya)", fullmatch=True)
WORDS = ["VERSION", "arrive_date.day_name", "product", "ORG"]


@st.composite
def misspelt(draw: st.DrawFn) -> str:
    """A name of which some characters are left out, repeated or swapped."""
    name = list(draw(st.sampled_from(WORDS)))
    for _ in range(draw(st.integers(0, 3))):
        i = draw(st.integers(0, len(name) - 1))
        name[i : i + 2] = draw(st.sampled_from([name[i : i + 2][::-1], name[i : i + 1], ["x"]]))
    return "".join(name)


@given(st.dictionaries(NAMES | misspelt(), COUNTS, max_size=30))
@example({"-": 10, "--": 10, "": 10, "a": 10, "A": 10, "_a": 10})
# both are as much like the rare one, but not by their characters alone
@example({"abcdefghij": 1, "bacdefghij": 10, "zbcdefghij": 10})
@settings(max_examples=500)
def test_slips_are_what_a_look_at_all_pairs_says(labels: dict[str, int]) -> None:
    assert find_slips(labels) == find_slowly(Counter(labels))
