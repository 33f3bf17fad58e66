"""Where the time goes: shares of a tagger's time, and the limit that the processor sets.

    python -m benchmarks.speed.shares --threads 1 --threads 2

Of the models of the accuracy tables (MIT Movie Trivia, 100 gold texts, seed 1), what stands next to
each other having taken turns:

- the distilled CNN's time beside that of its token vectors alone: what tagging costs;
- the aligned teacher's time beside that of its pipeline without the tagger: what decoding costs;
- the CNN's multiply-adds a second beside those of numpy's matrix product of the same shapes;
- words a second in training, beside spaCy's `ner` on the same tok2vec.
"""

import json
import multiprocessing
import os
import statistics
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from .timing import seconds

RESULTS = Path("benchmarks/results/shares.json")
CORPUS = "mit_movie_trivia"
N_TEXTS = 512
"""For the teacher, which takes its time."""
N_TRAINING_TEXTS = 256
ROWS = 256
"""Words that the CNN's matrix products have at a time."""


def in_turns(runs: Mapping[str, Callable[[], None]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each of several things, round by round; a first round is not counted."""
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds + 1):
        for name, run in runs.items():
            taken[name].append(seconds(run))
    return {name: own[1:] for name, own in taken.items()}


def ratio(taken: Mapping[str, Sequence[float]], whole: str, part: str) -> dict[str, float]:
    """How often one time goes into another: median, least and greatest over rounds."""
    ratios = [a / b for a, b in zip(taken[whole], taken[part], strict=True)]
    values = {"median": statistics.median(ratios), "least": min(ratios), "greatest": max(ratios)}
    return {name: round(value, 3) for name, value in values.items()}


def batches(items: Sequence[Any], size: int) -> list[Sequence[Any]]:
    return [items[i : i + size] for i in range(0, len(items), size)]


def pipe_all(nlp: Any, texts: Sequence[str], batch_size: int) -> None:
    for _ in nlp.pipe(texts, batch_size=batch_size):
        pass


def measure_student(folder: Path, texts: Sequence[str], rounds: int) -> dict[str, Any]:
    """The CNN's time beside that of its token vectors, and its multiply-adds a second."""
    import numpy as np
    import spacy

    nlp = spacy.load(folder)
    model = nlp.get_pipe("halfree_tagger").model  # type: ignore[attr-defined]
    tok2vec, vectors = model.get_ref("tok2vec"), model.attrs["token_vectors"]
    # docs can be tagged once only, so every round needs new ones, made before it
    fresh = [[nlp.make_doc(text) for text in texts] for _ in range(rounds + 1)]
    unused = [nlp.make_doc(text) for text in texts]
    width = tok2vec.get_dim("nO")
    left = np.random.default_rng(0).normal(size=(ROWS, 3 * width)).astype(np.float32)
    right = np.random.default_rng(1).normal(size=(3 * width, 3 * width)).astype(np.float32)
    repeats = 2_000

    def tag() -> None:
        for _ in nlp.pipe(fresh.pop(), batch_size=256):
            pass

    def embed() -> None:
        for batch in batches(unused, 256):
            vectors(tok2vec, list(batch))

    def multiply() -> None:
        for _ in range(repeats):
            left @ right

    taken = in_turns({"whole": tag, "tok2vec": embed, "product": multiply}, rounds)
    n_words = sum(map(len, unused))
    per_word = multiply_adds(model)
    share = [1 - part / whole for whole, part in zip(taken["whole"], taken["tok2vec"], strict=True)]
    rate = n_words * per_word / statistics.median(taken["whole"])
    limit = repeats * left.size * right.shape[1] / statistics.median(taken["product"])
    return {
        "share_outside_tok2vec": round(statistics.median(share), 3),
        "multiply_adds_per_word": per_word,
        "words_per_second": round(n_words / statistics.median(taken["whole"])),
        "multiply_adds_per_second": round(rate),
        "limit_multiply_adds_per_second": round(limit),
        "limit_words_per_second": round(limit / per_word),
    }


def multiply_adds(model: Any) -> int:
    """Multiply-adds of a CNN tagger per word, if nothing is looked up or left out."""
    tok2vec = model.get_ref("tok2vec")
    total = 0
    for node in tok2vec.walk():
        if node.name == "maxout":
            total += node.get_dim("nI") * node.get_dim("nO") * node.get_dim("nP")
    return total + tok2vec.get_dim("nO") * model.get_dim("nO")


def measure_teacher(folder: Path, texts: Sequence[str], rounds: int) -> dict[str, Any]:
    """The aligned teacher's time beside that of its encoder, texts of like length together."""
    import spacy

    whole = spacy.load(folder)
    encoder = spacy.load(folder, disable=["halfree_tagger"])
    by_length = sorted(texts, key=len)
    found = {}
    for size, chosen in ((64, by_length), (1, by_length[:: len(by_length) // 64])):
        runs = {
            "whole": partial(pipe_all, whole, chosen, size),
            "encoder": partial(pipe_all, encoder, chosen, size),
        }
        found[f"batches of {size}"] = ratio(in_turns(runs, rounds), "whole", "encoder")
    return found


def measure_training(texts: Path, rounds: int) -> dict[str, Any]:
    """Words a second of a pass over annotated texts, as `spacy train` updates models."""
    import spacy
    from spacy.tokens import DocBin
    from spacy.training import Example
    from thinc.api import Config, fix_random_seed

    speeds: dict[str, Callable[[], None]] = {}
    n_words = 0
    for name, path in (
        ("student", Path("configs/student_first_order.cfg")),
        ("ner", Path("benchmarks/configs/spacy_ner.cfg")),
    ):
        fix_random_seed(0)
        config = Config().from_disk(path, interpolate=False)
        nlp = spacy.util.load_model_from_config(config, auto_fill=True)
        docs = list(DocBin().from_disk(texts).get_docs(nlp.vocab))[:N_TRAINING_TEXTS]
        examples = [Example(nlp.make_doc(doc.text), doc) for doc in docs]
        optimizer = nlp.initialize(lambda examples=examples: examples)  # type: ignore[misc]
        n_words = sum(len(doc) for doc in docs)

        def train(nlp: Any = nlp, examples: Any = examples, optimizer: Any = optimizer) -> None:
            for batch in batches(examples, 32):
                nlp.update(list(batch), sgd=optimizer, drop=0.1)

        speeds[name] = train
    taken = in_turns(speeds, rounds)
    return {
        "student_words_per_second": round(n_words / statistics.median(taken["student"])),
        "ner_words_per_second": round(n_words / statistics.median(taken["ner"])),
        "times_ner": ratio(taken, "ner", "student"),
    }


def measure(threads: int, rounds: int) -> dict[str, Any]:
    """All shares, in this process, whose libraries have read the number of threads."""
    import torch

    from benchmarks.accuracy.levers import STUDENT
    from benchmarks.accuracy.running import train_system
    from benchmarks.accuracy.systems import TEACHER
    from benchmarks.accuracy.workspace import Run

    from .inputs import test_texts

    torch.set_num_threads(threads)
    run = Run(CORPUS, "100", 1)
    texts = test_texts(CORPUS)
    return {
        "threads": threads,
        "student": measure_student(train_system(run, STUDENT)[0], texts, rounds),
        "teacher": measure_teacher(train_system(run, TEACHER)[0], texts[:N_TEXTS], rounds),
        "training": measure_training(run.texts / "gold.spacy", rounds),
    }


def spread(value: Mapping[str, float]) -> str:
    return f"{value['median']:.2f} ({value['least']:.2f} to {value['greatest']:.2f})"


def shares_table(path: Path) -> str:
    """One column for each number of threads."""
    found = json.loads(path.read_text(encoding="utf8"))
    header = ["", *(f"{own['threads']} threads" for own in found)]
    rows: list[list[str]] = []

    def add(name: str, tell: Callable[[dict[str, Any]], str]) -> None:
        rows.append([name, *(tell(own) for own in found)])

    add(
        "CNN: share of time outside of tok2vec",
        lambda own: f"{100 * own['student']['share_outside_tok2vec']:.1f} %",
    )
    add(
        "CNN: multiply-adds per word",
        lambda own: f"{own['student']['multiply_adds_per_word']:,}",
    )
    add("CNN: words/s", lambda own: f"{own['student']['words_per_second']:,}")
    add(
        "CNN: words/s if it were nothing but numpy's matrix products",
        lambda own: f"{own['student']['limit_words_per_second']:,}",
    )
    for size in ("batches of 64", "batches of 1"):
        add(
            f"aligned teacher: its time by its encoder's, {size}",
            partial(lambda size, own: spread(own["teacher"][size]), size),
        )
    add("CNN in training: words/s", lambda own: f"{own['training']['student_words_per_second']:,}")
    add("times spaCy's `ner` in training", lambda own: spread(own["training"]["times_ner"]))
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main(
    threads: Annotated[list[int], typer.Option(help="Numbers of threads.")] = [1],  # noqa: B006
    rounds: Annotated[int, typer.Option(help="Turns of each.")] = 5,
    results: Annotated[Path, typer.Option(help="Where the figures go.")] = RESULTS,
) -> None:
    """Measure with each number of threads, in a process of its own."""
    found = []
    for number in threads:
        for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS"):
            os.environ[variable] = str(number)
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
            found.append(process.submit(measure, number, rounds).result())
    results.parent.mkdir(parents=True, exist_ok=True)
    results.write_text(json.dumps(found, indent=2) + "\n", encoding="utf8")
    typer.echo(shares_table(results))


if __name__ == "__main__":
    typer.run(main)
