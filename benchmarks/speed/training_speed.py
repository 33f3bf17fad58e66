"""Words a second in training, by the loop of `spacy train` itself."""

import time
from collections.abc import Callable
from typing import Any

from spacy.schemas import ConfigSchemaTraining
from spacy.training.initialize import init_nlp
from spacy.training.loop import create_train_batches, train_while_improving
from spacy.util import registry, resolve_dot_names
from thinc.api import fix_random_seed

from benchmarks.accuracy.running import training_config
from benchmarks.accuracy.systems import System
from benchmarks.accuracy.workspace import Run

from .timing import by_round, in_turns, spread

WORDS_A_TURN = 20_000


def measure_training(
    run: Run, student: System, ner: System, rounds: int, words_a_turn: int = WORDS_A_TURN
) -> dict[str, Any]:
    """Train two systems in turns, each going on where it was.

    Args:
        run: the draw, on which their teachers have labelled the pool.
        student: learns the pool's soft labels.
        ner: learns the same pool's hard labels.
        rounds: how many rounds count; a first one does not.
        words_a_turn: about how many words each learns in a turn.

    Returns:
        Words per second of both, and how often the latter go into the former, as median, least
        and greatest.
    """
    turns = {
        name: make_turn(run, system, words_a_turn)
        for name, system in (("student", student), ("ner", ner))
    }
    speeds = in_turns(turns, rounds, uncounted=1)
    return {
        "student": spread(speeds["student"], None),
        "ner": spread(speeds["ner"], None),
        "student_by_ner": spread(by_round(speeds["student"], speeds["ner"])),
    }


def make_turn(run: Run, system: System, n_words: int) -> Callable[[int], float]:
    """Prepare a training as `spacy train` does.

    Returns:
        What goes on with it for about so many words, and returns the words per second.
    """
    fix_random_seed(run.seed)
    nlp = init_nlp(training_config(run, system))
    config = nlp.config.interpolate()
    settings = registry.resolve(config["training"], schema=ConfigSchemaTraining)
    (corpus,) = resolve_dot_names(config, [settings["train_corpus"]])
    steps = train_while_improving(
        nlp,
        settings["optimizer"],
        create_train_batches(nlp, corpus, settings["batcher"], settings["max_epochs"]),
        # what is evaluated is no part of training's speed
        lambda: (0.0, {}),
        dropout=settings["dropout"],
        accumulate_gradient=settings["accumulate_gradient"],
        patience=0,
        max_steps=0,
        eval_frequency=settings["eval_frequency"],
        exclude=settings["frozen_components"],
        annotating_components=settings["annotating_components"],
        before_update=settings["before_update"],
    )

    def turn(_: int) -> float:
        start = time.perf_counter()
        done = 0
        for batch, *_rest in steps:
            done += sum(map(len, batch))
            if done >= n_words:
                break
        return done / (time.perf_counter() - start)

    return turn
