"""Words that names of labels have in common."""

from hypothesis import given
from hypothesis import strategies as st

from spacy_halfree.models.label_names import shared_words, split_name

NAMES = st.lists(st.text("abAB_.- é", max_size=8), max_size=6)


def test_names() -> None:
    assert split_name("toloc.city_name") == ["toloc", "city", "name"]
    assert split_name("StreetNamePostType") == ["Street", "Name", "Post", "Type"]
    assert split_name("--") == []


def test_shared() -> None:
    labels = ["toloc.city_name", "fromloc.city_name", "CityHall", "price", "cost_relative"]
    assert shared_words(labels) == [[0, 1], [0, 1], [0], [], []]
    assert shared_words([]) == []


@given(NAMES)
def test_a_word_is_shared_if_another_name_has_it(labels: list[str]) -> None:
    found = shared_words(labels)
    names = [{word.lower() for word in split_name(label)} for label in labels]
    for i, numbers in enumerate(found):
        others = [name for j, name in enumerate(names) if j != i]
        assert len(numbers) == len({word for word in names[i] if any(word in o for o in others)})
    for i, own in enumerate(found):
        for j, other in enumerate(found):
            assert len(set(own) & set(other)) == (len(names[i] & names[j]) if i != j else len(own))
