"""The texts that systems are timed on."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle

import spacy
from spacy.tokens import DocBin

from benchmarks.accuracy.workspace import Run

from .systems import ADDRESSES, SpeedSystem, Wanted, address_systems, corpus_systems

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
    """

    texts: Callable[[], Sequence[str]]
    systems: Callable[[Wanted], Iterator[SpeedSystem]]
    batch_sizes: tuple[int, ...] = (1, 32, 256)
    most_rounds: int = 100


def count_words(texts: Sequence[str]) -> int:
    """The tokens of spaCy's English tokenizer, whatever a system counts as words."""
    tokenizer = spacy.blank("en").tokenizer
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
    words: list[str] = []
    for text in cycle(test_texts("mit_movie_trivia")):
        words += text.split()
        if len(words) >= LONG_TEXT_WORDS:
            return [" ".join(words[:LONG_TEXT_WORDS])]
    raise AssertionError


def long_text_systems(is_wanted: Wanted) -> Iterator[SpeedSystem]:
    """Those that read texts of any length."""
    run = Run("mit_movie_trivia", SHOTS, SEED)
    return corpus_systems(run, lambda name: name != "token_classification_gold" and is_wanted(name))


INPUTS = {
    **{
        corpus: SpeedInput(
            partial(test_texts, corpus), partial(corpus_systems, Run(corpus, SHOTS, SEED))
        )
        for corpus in ("mit_movie_trivia", "snips")
    },
    "addresses": SpeedInput(address_texts, address_systems),
    "long_text": SpeedInput(long_text, long_text_systems, batch_sizes=(1,), most_rounds=3),
}
