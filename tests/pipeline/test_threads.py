"""Threads that share a pipeline get what one thread alone gets."""

import random
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import spacy
from spacy.language import Language
from toy_pipelines import TEXTS, annotation, make_examples, make_nlp, train

N_THREADS = 8
N_TEXTS = 30
WORDS = " ".join(TEXTS).split()


@pytest.fixture(autouse=True)
def threads_that_take_turns_often() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)


def draw_texts(seed: int) -> list[str]:
    """Known words and new ones."""
    generator = random.Random(seed)
    return [
        " ".join(
            generator.choice([*WORDS, f"{seed}word{generator.randrange(20)}"])
            for _ in range(generator.randint(1, 10))
        )
        for _ in range(N_TEXTS)
    ]


def tag(nlp: Language, texts: list[str]) -> list[tuple]:
    """What is found, and the probabilities of all tags at all words."""
    return [
        (annotation(doc, "ents"), [token._.tag_probs for token in doc])
        for doc in nlp.pipe(texts, batch_size=8)
    ]


@pytest.mark.parametrize("architecture", ["first_order", "aligned", "sentinel"])
def test_threads_share_a_pipeline(architecture: str, tmp_path: Path) -> None:
    nlp, _ = make_nlp(architecture, store_probs=True)
    train(nlp, make_examples(nlp), 10)
    nlp.to_disk(tmp_path)
    # as an application has it: just loaded, nothing computed ahead, nothing ever trained
    shared, alone = spacy.load(tmp_path), spacy.load(tmp_path)
    work = [draw_texts(number) for number in range(N_THREADS)]
    found: dict[int, list[tuple]] = {}
    barrier = threading.Barrier(N_THREADS)

    def run(number: int) -> None:
        barrier.wait()
        found[number] = tag(shared, work[number])

    threads = [threading.Thread(target=run, args=(number,)) for number in range(N_THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, texts in enumerate(work):
        for (own, probabilities), (expected, exact) in zip(
            found[number], tag(alone, texts), strict=True
        ):
            assert own == expected
            for word, exact_word in zip(probabilities, exact, strict=True):
                assert word == pytest.approx(exact_word, abs=1e-5)
