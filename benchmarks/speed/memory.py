"""Does memory stay flat over a million words?

    python -m benchmarks.speed.memory training/.../model-best corpus/.../test.spacy

Texts go through `nlp.pipe` over and over, once inside `nlp.memory_zone()` and once outside, each in
a process of its own; every tenth word is one that has not been seen before, as in a heap of real
texts, where names and numbers never end.
"""

import json
import multiprocessing
import random
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from itertools import cycle
from pathlib import Path
from typing import Annotated

import spacy
import typer
from spacy.tokens import DocBin

RESULTS = Path("benchmarks/results/memory.json")
BATCH_SIZE = 256
TEXTS_IN_A_ZONE = 2048
SHARE_OF_NEW_WORDS = 0.1


def resident_megabytes() -> float:
    """The memory that this process has at the moment (Linux)."""
    (line,) = (
        line
        for line in Path("/proc/self/status").read_text().splitlines()
        if line.startswith("VmRSS")
    )
    return int(line.split()[1]) / 1e3


def endless_texts(texts: list[str], seed: int = 0) -> Iterator[str]:
    """The texts over and over, with words that have not been seen before."""
    generator = random.Random(seed)
    for text in cycle(texts):
        words = text.split()
        for i in range(len(words)):
            if generator.random() < SHARE_OF_NEW_WORDS:
                words[i] = "".join(generator.choices("abcdefghijklmnopqrstuvwxyz", k=9))
        yield " ".join(words)


def measure(model: Path, test: Path, n_words: int, in_zones: bool) -> list[tuple[int, float]]:
    """Memory by the number of words tagged so far."""
    nlp = spacy.load(model)
    texts = [doc.text for doc in DocBin().from_disk(test).get_docs(spacy.blank("en").vocab)]
    endless = endless_texts(texts)
    points: list[tuple[int, float]] = []
    done = 0
    while done < n_words:
        part = [next(endless) for _ in range(TEXTS_IN_A_ZONE)]
        with nlp.memory_zone() if in_zones else nullcontext():
            done += sum(len(doc) for doc in nlp.pipe(part, batch_size=BATCH_SIZE))
        points.append((done, round(resident_megabytes(), 1)))
    return points


def main(
    model: Annotated[Path, typer.Argument(help="A pipeline's folder.")],
    test: Annotated[Path, typer.Argument(help="Texts, as a .spacy file.")],
    words: Annotated[int, typer.Option(help="How many words to tag.")] = 1_000_000,
    results: Annotated[Path, typer.Option(help="Where the figures go.")] = RESULTS,
) -> None:
    """Tag TEST over and over with MODEL, and write down the memory on the way."""
    found = {}
    for name, in_zones in (("inside nlp.memory_zone()", True), ("outside", False)):
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
            points = process.submit(measure, model, test, words, in_zones).result()
        found[name] = points
        typer.echo(
            f"{name}: {points[0][1]:.0f} MB after {points[0][0]:,} words, "
            f"{points[-1][1]:.0f} MB after {points[-1][0]:,}"
        )
    results.parent.mkdir(parents=True, exist_ok=True)
    results.write_text(json.dumps(found) + "\n", encoding="utf8")


if __name__ == "__main__":
    typer.run(main)
