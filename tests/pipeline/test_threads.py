"""Threads that share a pipeline get what one thread alone gets."""

import threading

import pytest
from toy_pipelines import OTHER_TEXTS, TEXTS, annotation, make_examples, make_nlp, train

N_THREADS = 8


@pytest.mark.parametrize("architecture", ["first_order", "aligned", "sentinel"])
def test_threads_share_a_pipeline(architecture: str) -> None:
    nlp, _ = make_nlp(architecture)
    train(nlp, make_examples(nlp), 10)
    # every thread has texts of its own
    work = [
        [f"{text} {word}{number}" for word in ("so", "then") for text in [*TEXTS, *OTHER_TEXTS]]
        for number in range(N_THREADS)
    ]

    def tag(texts: list[str]) -> list[tuple]:
        docs = nlp.pipe(texts, batch_size=4)
        return [
            (annotation(doc, "ents"), [round(ent._.confidence, 4) for ent in doc.ents])
            for doc in docs
        ]

    expected = [tag(texts) for texts in work]
    found: dict[int, list[tuple]] = {}
    barrier = threading.Barrier(N_THREADS)

    def run(number: int) -> None:
        barrier.wait()
        found[number] = tag(work[number])

    threads = [threading.Thread(target=run, args=(number,)) for number in range(N_THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[number] for number in range(N_THREADS)] == expected
