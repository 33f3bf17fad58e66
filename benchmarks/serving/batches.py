"""Words a second with 64 texts a request, beside `nlp.pipe` with as many processes."""

import asyncio
import json
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import spacy

from benchmarks.speed.builds import ROOT
from benchmarks.speed.inputs import count_words
from benchmarks.speed.tagging_process import TaggingProcess
from benchmarks.speed.timing import in_turns

from .connection import Connection
from .generator import BATCH
from .hostile_run import read_output, start_module
from .mix import frame_texts
from .server import running_server

CLIENTS_BY_WORKER = 2
"""So that a request waits as soon as a worker is free."""
TOLERANCE = 1e-3
"""Confidences may differ by so much: batches are others."""


def measure_batches(
    pipeline: Path, texts: Path, workers: int, rounds: int, seconds: float
) -> dict[str, Any]:
    """Let the server and `nlp.pipe` tag the same texts in turns.

    Three have their turn: the server, with a new load generator each time; one process with
    `nlp.pipe(n_process=...)`; and as many processes with `nlp.pipe` of their own, each of which
    tags its part, and returns nothing.

    Args:
        pipeline: what tags.
        texts: a JSON file with the texts.
        workers: how many processes tag.
        rounds: how often each has its turn.
        seconds: about how long a turn is.

    Returns:
        Words a second of each, round by round, and what the generator took.
    """
    own = json.loads(texts.read_text(encoding="utf8"))
    words_by_text = count_words(own) / len(own)
    generators: list[dict[str, Any]] = []
    with ExitStack() as stack:
        _, port = stack.enter_context(running_server(pipeline, workers))
        processes = [TaggingProcess(ROOT, pipeline, texts) for _ in range(workers)]
        for process in processes:
            stack.callback(process.close)

        def serve(n_texts: int) -> float:
            arguments = (port, texts, CLIENTS_BY_WORKER * workers, n_texts // BATCH)
            generators.append(read_output(start_module("generator", "batches", *arguments), 300))
            return float(generators[-1]["seconds"])

        def pipe(n_texts: int) -> float:
            return processes[0].seconds(BATCH, n_texts, n_process=workers, raw=True)

        def beside(n_texts: int) -> float:
            for process in processes:
                process.ask(BATCH, n_texts // workers, raw=True)
            return max(process.answer() for process in processes)

        turns = {"server": serve, "n_process": pipe, "side_by_side": beside}
        sizes = {name: choose_size(turn, workers, seconds) for name, turn in turns.items()}
        generators.clear()
        taken = in_turns({name: make_turn(turns[name], sizes[name]) for name in turns}, rounds)
        differing = count_differing(pipeline, port, own[: 4 * BATCH])
    return {
        "words_per_second": {
            name: [round(sizes[name] * words_by_text / one) for one in taken[name]]
            for name in turns
        },
        "texts": sizes,
        "seconds": {name: [round(one, 2) for one in own] for name, own in taken.items()},
        "generator_processor_seconds": [one["processor_seconds"] for one in generators],
        "milliseconds": [one["milliseconds"]["64 texts"] for one in generators],
        "differing_texts": differing,
    }


def make_turn(turn: Callable[[int], float], n_texts: int) -> Callable[[int], float]:
    return lambda number: turn(n_texts)


def choose_size(turn: Callable[[int], float], workers: int, seconds: float) -> int:
    """How many texts take about so long, in whole requests for every worker."""
    whole = BATCH * workers
    n_texts = whole
    while (taken := turn(n_texts)) < seconds / 4:
        n_texts *= 4
    return max(math.ceil(n_texts * seconds / taken / whole), 1) * whole


def count_differing(pipeline: Path, port: int, texts: Sequence[str]) -> int:
    """How many texts the server finds other entities in than `nlp.pipe`."""
    served = asyncio.run(ask_entities(port, texts))
    docs = spacy.load(pipeline).pipe(texts)
    expected = [
        [(ent.start_char, ent.end_char, ent.label_, ent.text, ent._.confidence) for ent in doc.ents]
        for doc in docs
    ]
    pairs = zip(served, expected, strict=True)
    return sum(not is_same(entities, own) for entities, own in pairs)


async def ask_entities(port: int, texts: Sequence[str]) -> list[list[dict[str, Any]]]:
    """What the server finds in texts."""
    connection = Connection(port)
    found = []
    for start in range(0, len(texts), BATCH):
        answer = await connection.ask(frame_texts(texts[start : start + BATCH]).parts)
        found += json.loads(answer.body)["entities"]
    connection.close()
    return found


def is_same(
    entities: Sequence[Mapping[str, Any]], expected: Sequence[tuple[int, int, str, str, float]]
) -> bool:
    """Whether entities are the expected ones, confidences nearly so."""
    fields = ("start", "end", "label", "text")
    return [tuple(own[name] for name in fields) for own in entities] == [
        own[:4] for own in expected
    ] and all(
        abs(own["confidence"] - confidence) <= TOLERANCE
        for own, (*_, confidence) in zip(entities, expected, strict=True)
    )
