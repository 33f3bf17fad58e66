"""How long constrained scoring takes, beside free greedy generation of the same length.

    PYTHONPATH=scripts python benchmarks/scoring_speed.py --output results.json

A model of T5-small's size with random weights tags 32 texts of 25 words with 40 tags; the same
model then generates as many tokens for the same texts. Both take turns, so that a noisy machine
slows both. With `--pipeline` and `--texts`, a trained pipeline is measured on real texts instead.
"""

import json
import os
import platform
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import numpy as np
import spacy
import torch
import typer
from make_tiny_t5 import train_tokenizer
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from thinc.api import fix_random_seed
from transformers import T5Config, T5ForConditionalGeneration
from transformers.utils import logging

from spacy_halfree.models.sentinel.texts import write_texts
from spacy_halfree.models.windows import window_rounds
from spacy_halfree.pipeline.pipelines import find_tagger
from spacy_halfree.pipeline.tagger import HalfreeTagger

N_TEXTS, N_WORDS, N_TAGS = 32, 25, 40
STYLES = ("token", "words")


@dataclass(frozen=True)
class Timing:
    """Seconds for one batch, median over rounds, and the ratio of each round's two times."""

    label_style: str
    target_tokens: int
    scoring_seconds: float
    generation_seconds: float
    ratio: float
    ratios: list[float]


def write_random_t5(folder: Path, words: list[str]) -> None:
    """A T5 of the size of T5-small with random weights, and a tokenizer that knows the words."""
    tokenizer = train_tokenizer([*words, "O I"], 4000)
    tokenizer.save_pretrained(folder)
    # the defaults are T5-small's sizes
    config = T5Config(decoder_start_token_id=0)
    T5ForConditionalGeneration(config).save_pretrained(folder)


def random_words(seed: int) -> list[str]:
    """A vocabulary of words of two to four syllables."""
    random = np.random.default_rng(seed)
    syllables = ["ba", "do", "ki", "lu", "me", "nor", "pi", "ras", "sel", "tun", "vo", "zan"]
    return sorted({"".join(random.choice(syllables, random.integers(2, 5))) for _ in range(3000)})


def make_tagger(folder: Path, style: str, words: list[str]) -> tuple[Language, HalfreeTagger]:
    """A tagger of the random model with 38 labels of one to three words, O and I."""
    random = np.random.default_rng(1)
    labels = ["_".join(random.choice(words, 1 + i % 3)) for i in range(N_TAGS - 2)]
    nlp = spacy.blank("xx")
    model = {
        "@architectures": "halfree.SentinelSeq2Seq.v1",
        "name": str(folder),
        "label_style": style,
        "local_files_only": True,
    }
    tagger: Any = nlp.add_pipe("halfree_tagger", config={"model": model, "labels": labels})
    nlp.initialize()
    return nlp, tagger


def generation(tagger: HalfreeTagger, docs: list[Doc]) -> tuple[Callable[[], object], int]:
    """Free greedy generation for the same inputs, of as many tokens as the tags are spelled with.

    Returns:
        What generates, and how many tokens each text gets.
    """
    batch, prediction = tagger.predict(docs)
    shim = tagger.model.shims[0]
    vocabulary, reading = shim.tagger.vocabulary, shim.tagger.reading
    words = [token.text for doc in docs for token in doc if not token.is_space]
    rounds = window_rounds(batch.lengths, len(words), 0)
    tags = tagger.model.ops.to_numpy(prediction.tags)
    pieces = shim.split_words(words)
    texts = write_texts(rounds[0], pieces, tags, vocabulary, reading.target_format)
    # the start is not generated
    n_tokens = int(texts.lengths.max()) - 1
    model = shim.tagger.language_model.pretrained
    inputs = {
        "input_ids": torch.as_tensor(texts.inputs),
        "attention_mask": torch.as_tensor(texts.mask),
    }

    def generate() -> object:
        model.eval()
        with torch.inference_mode():
            return model.generate(
                **inputs,
                max_new_tokens=n_tokens,
                min_new_tokens=n_tokens,
                num_beams=1,
                do_sample=False,
            )

    return generate, n_tokens


def measure(tagger: HalfreeTagger, docs: list[Doc], style: str, rounds: int) -> Timing:
    """Time scoring and generation in turns."""
    generate, n_tokens = generation(tagger, docs)
    scoring, generating = [], []
    for _ in range(rounds + 1):
        scoring.append(seconds(lambda: tagger.predict(docs)))
        generating.append(seconds(generate))
    # the first round warms up
    scoring, generating = scoring[1:], generating[1:]
    ratios = [ours / theirs for ours, theirs in zip(scoring, generating, strict=True)]
    return Timing(
        style,
        n_tokens,
        round(statistics.median(scoring), 3),
        round(statistics.median(generating), 3),
        round(statistics.median(ratios), 3),
        [round(ratio, 3) for ratio in ratios],
    )


def seconds(function: Callable[[], object]) -> float:
    """How long a call takes."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def memory_after(tagger: HalfreeTagger, docs: list[Doc], batches: list[int]) -> dict[str, int]:
    """The most memory that the process has taken after so many batches, in MB."""
    peaks, done = {}, 0
    for n in batches:
        while done < n:
            tagger.predict(docs)
            done += 1
        peaks[str(n)] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return peaks


def main(
    output: Annotated[Path | None, typer.Option(help="Where to keep the figures.")] = None,
    rounds: Annotated[int, typer.Option(help="Rounds to time, after one to warm up.")] = 5,
    style: Annotated[str, typer.Option(help="Label styles to time.")] = ",".join(STYLES),
    memory: Annotated[bool, typer.Option(help="Also watch memory over 40 batches.")] = True,
    pipeline: Annotated[Path | None, typer.Option(help="A trained pipeline instead.")] = None,
    texts: Annotated[Path | None, typer.Option(help="Texts for it (.spacy).")] = None,
) -> None:
    """Print the time of scoring relative to that of generation, and keep the figures."""
    logging.set_verbosity_error()
    report: dict[str, Any] = {
        "machine": {"processor": platform.machine(), "cpus": os.cpu_count()},
        "versions": {name: version(name) for name in ("spacy", "torch", "transformers")},
        "timings": [],
    }
    if pipeline is not None and texts is not None:
        nlp = spacy.load(pipeline)
        docs = list(DocBin().from_disk(texts).get_docs(nlp.vocab))[:N_TEXTS]
        docs = [nlp.make_doc(doc.text) for doc in docs]
        report["timings"].append(asdict(measure(find_tagger(nlp), docs, pipeline.name, rounds)))
    else:
        fix_random_seed(1)
        words = random_words(1)
        random = np.random.default_rng(2)
        texts_of_words = [random.choice(words, N_WORDS).tolist() for _ in range(N_TEXTS)]
        with TemporaryDirectory() as name:
            folder = Path(name)
            write_random_t5(folder, words)
            for own_style in style.split(","):
                nlp, tagger = make_tagger(folder, own_style, words)
                docs = [Doc(nlp.vocab, words=own) for own in texts_of_words]
                report["timings"].append(asdict(measure(tagger, docs, own_style, rounds)))
                if memory:
                    # words take their time with random weights
                    batches = [5, 10, 20, 40] if own_style == "token" else [2, 4, 6]
                    report.setdefault("peak_megabytes_after_batches", {})[own_style] = memory_after(
                        tagger, docs, batches
                    )
    typer.echo(json.dumps(report, indent=2))
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
