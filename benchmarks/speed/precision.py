"""What fewer bits a number save when a teacher labels, and what they cost in F1.

    python -m benchmarks.speed.precision snips mit_restaurant

Takes the teachers of the accuracy tables (100 gold texts, seed 1), and test texts. Precisions take
turns, so that a noisy machine slows all of them.
"""

import json
import statistics
import time
from pathlib import Path
from typing import Annotated

import spacy
import torch
import typer
from spacy.scorer import get_ner_prf
from spacy.tokens import DocBin
from spacy.training import Example

from benchmarks.accuracy.running import train_system
from benchmarks.accuracy.systems import TEACHER
from benchmarks.accuracy.workspace import Run
from spacy_halfree.distill.annotate import annotate
from spacy_halfree.pipeline.precision import PRECISIONS

RESULTS = Path("benchmarks/results/precision.json")


def measure(corpus: str, rounds: int) -> dict[str, dict[str, float | list[float]]]:
    """Words per second, their ratio to float32 and F1, by precision."""
    run = Run(corpus, "100", 1)
    run.prepare()
    nlp = spacy.load(train_system(run, TEACHER)[0])
    gold = list(DocBin().from_disk(run.files["test"]).get_docs(nlp.vocab))
    texts = [doc.text for doc in gold]
    n_words = sum(map(len, gold))
    list(annotate(nlp, texts[:64]))
    speeds: dict[str, list[float]] = {precision: [] for precision in PRECISIONS}
    f1 = {}
    for _ in range(rounds):
        for precision in PRECISIONS:
            start = time.perf_counter()
            docs = list(annotate(nlp, texts, precision=precision))
            speeds[precision].append(n_words / (time.perf_counter() - start))
            scores = get_ner_prf([Example(*pair) for pair in zip(docs, gold, strict=True)])
            f1[precision] = round(100 * scores["ents_f"], 2)
    return {
        precision: {
            "words_per_second": round(statistics.median(own)),
            "ratios": [round(a / b, 3) for a, b in zip(own, speeds["float32"], strict=True)],
            "f1": f1[precision],
        }
        for precision, own in speeds.items()
    }


def main(
    corpora: Annotated[list[str], typer.Argument(help="Corpora.")],
    rounds: Annotated[int, typer.Option(help="Turns of each precision.")] = 3,
    threads: Annotated[int, typer.Option(help="Number of threads.")] = 1,
    results: Annotated[Path, typer.Option(help="Where the figures go.")] = RESULTS,
) -> None:
    """Measure all precisions on all CORPORA."""
    torch.set_num_threads(threads)
    found = {corpus: measure(corpus, rounds) for corpus in corpora}
    results.parent.mkdir(parents=True, exist_ok=True)
    content = {"threads": threads, "torch": torch.__version__, "corpora": found}
    results.write_text(json.dumps(content, indent=2) + "\n", encoding="utf8")
    typer.echo(json.dumps(content, indent=2))


if __name__ == "__main__":
    typer.run(main)
