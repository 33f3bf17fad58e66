"""The texts that systems are timed on."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import cycle
from typing import Any

import spacy
from spacy.tokens import DocBin

from benchmarks.accuracy.workspace import Run

from .new_words import endless_texts
from .systems import (
    ADDRESSES,
    BASELINE,
    SMALL_ENGLISH,
    SpeedSystem,
    Wanted,
    address_systems,
    corpus_systems,
)

SHOTS, SEED = "100", 1
LONG_TEXT_WORDS = 100_000


@dataclass(frozen=True)
class SpeedInput:
    """Texts, and the systems that can tag them.

    Attributes:
        texts: reads the texts.
        systems: finds those systems that are asked for, training what is missing.
        batch_sizes: how many texts at a time.
        most_rounds: how often each system has its turn at most.
        with_latency: whether latency, load time and memory are measured, too.
        new_words: whether every turn gets words that have never been met.
    """

    texts: Callable[[], Sequence[str]]
    systems: Callable[[Wanted], Iterator[SpeedSystem]]
    batch_sizes: tuple[int, ...] = (1, 32, 256)
    most_rounds: int = 100
    with_latency: bool = True
    new_words: bool = False

    def draw(self, texts: Sequence[str], place: str) -> Iterator[str]:
        """The texts over and over, for a turn: with new words, other ones in every turn.

        Args:
            texts: what `texts` has read.
            place: the name of the turn; the same for all systems that are compared.
        """
        return endless_texts(texts, place) if self.new_words else cycle(texts)


@cache
def english_tokenizer() -> Any:
    return spacy.blank("en").tokenizer


def count_words(texts: Sequence[str]) -> int:
    """The tokens of spaCy's English tokenizer, whatever a system counts as words."""
    tokenizer = english_tokenizer()
    return sum(len(tokenizer(text)) for text in texts)


def test_texts(corpus: str) -> list[str]:
    """A corpus' test texts."""
    run = Run(corpus, SHOTS, SEED)
    run.prepare()
    docs = DocBin().from_disk(run.files["test"]).get_docs(spacy.blank("en").vocab)
    return [doc.text for doc in docs]


def address_texts() -> list[str]:
    lines = (ADDRESSES / "test.jsonl").read_text(encoding="utf8").splitlines()
    return [json.loads(line)["text"] for line in lines]


def long_text() -> list[str]:
    """One text of 100,000 words: the texts of a corpus, over and over."""
    return [make_long(test_texts("mit_movie_trivia"), LONG_TEXT_WORDS)]


def make_long(texts: Sequence[str], n_words: int) -> str:
    """One text of so many words, by spaces: texts over and over."""
    words: list[str] = []
    for text in cycle(texts):
        words += text.split()
        if len(words) >= n_words:
            break
    return " ".join(words[:n_words])


def long_text_systems(is_wanted: Wanted) -> Iterator[SpeedSystem]:
    """Those that read texts of any length."""
    run = Run("mit_movie_trivia", SHOTS, SEED)
    return corpus_systems(run, lambda name: name != "token_classification_gold" and is_wanted(name))


CNNS = {"student_first_order_soft", "student_bilstm_soft", BASELINE, SMALL_ENGLISH}
"""Those that embed words by their lexemes, and have to compute more for one never met before."""


def new_words_systems(is_wanted: Wanted) -> Iterator[SpeedSystem]:
    run = Run("mit_movie_trivia", SHOTS, SEED)
    return corpus_systems(run, lambda name: name in CNNS and is_wanted(name))


INPUTS = {
    **{
        corpus: SpeedInput(
            partial(test_texts, corpus), partial(corpus_systems, Run(corpus, SHOTS, SEED))
        )
        for corpus in ("mit_movie_trivia", "snips")
    },
    "new_words": SpeedInput(
        partial(test_texts, "mit_movie_trivia"),
        new_words_systems,
        # the same systems' stand beside MIT Movie Trivia
        with_latency=False,
        new_words=True,
    ),
    "addresses": SpeedInput(address_texts, address_systems),
    "long_text": SpeedInput(
        long_text, long_text_systems, batch_sizes=(1,), most_rounds=3, with_latency=False
    ),
}
