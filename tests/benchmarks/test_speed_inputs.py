"""What is timed: texts over and over, one long text, and words that were never met before."""

from itertools import islice

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from benchmarks.speed.inputs import INPUTS, LONG_TEXT_WORDS, count_words, make_long
from benchmarks.speed.new_words import endless_texts

TEXTS = [f"play song{i} now" for i in range(40)]


def test_words_are_counted_alike() -> None:
    assert count_words(["don't stop", "now"]) == 4


def test_texts_come_over_and_over() -> None:
    drawn = list(islice(INPUTS["snips"].draw(TEXTS, "round 0"), 100))
    assert drawn == [*TEXTS, *TEXTS, *TEXTS[:20]]


def test_the_long_text_is_as_long_as_it_says() -> None:
    text = make_long(TEXTS, LONG_TEXT_WORDS)
    words = text.split(" ")
    assert len(words) == LONG_TEXT_WORDS == 100_000
    assert words[:6] == ["play", "song0", "now", "play", "song1", "now"]
    assert words[-1] == "play"


def test_a_tenth_of_the_words_is_new() -> None:
    texts = endless_texts(["a b c d e f g h i j"])
    words = [word for _ in range(300) for word in next(texts).split()]
    assert len(words) == 3000
    assert 0.08 < sum(len(word) == 9 for word in words) / 3000 < 0.12


def test_new_words_are_others_in_every_turn_but_the_same_for_all_systems() -> None:
    def new_words(place: str) -> set[str]:
        texts = islice(INPUTS["new_words"].draw(TEXTS, place), 400)
        return {word for text in texts for word in text.split()} - set(" ".join(TEXTS).split())

    places = ["trial", "round 0, tokenised", "round 0, raw", "round 1, tokenised"]
    by_place = {place: new_words(place) for place in places}
    for place, words in by_place.items():
        assert len(words) > 50
        assert words == new_words(place)
        assert all(words.isdisjoint(own) for other, own in by_place.items() if other != place)
