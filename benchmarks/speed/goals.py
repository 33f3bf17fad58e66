"""What was asked for as ratios, and what was measured."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.accuracy.names import CORPUS_NAMES
from benchmarks.accuracy.tables import NONE
from benchmarks.json_results import read_json

from .shares_table import dig
from .tables import INPUT_NAMES, Row, find, find_alone, make_table

CNN, NER, TEACHER = "student_first_order_soft", "spacy_ner_gold", "teacher"
ALIGNED = "student_aligned_soft"
HUGGING_FACE = "token_classification_gold"
TRIVIA = "mit_movie_trivia"
AT_LEAST, AT_MOST = "at least", "at most"
THREADS = (1, 2)


@dataclass(frozen=True)
class Measured:
    """A ratio.

    Attributes:
        median: over rounds, or the ratio of medians.
        least: the least that it was; None if there is no range.
        greatest: the greatest.
    """

    median: float
    least: float | None = None
    greatest: float | None = None

    def __str__(self) -> str:
        if self.least is None or self.greatest is None:
            return show(self.median)
        return f"{show(self.median)} ({show(self.least)} to {show(self.greatest)})"


def show(ratio: float) -> str:
    """A ratio with two digits behind the point; below 1, where shares are, with three."""
    return f"{ratio:.2f}" if ratio >= 1 else f"{ratio:.3f}"


@dataclass(frozen=True)
class Goal:
    """Something asked for.

    Attributes:
        name: what is measured.
        target: the least or the most that it has to be.
        bound: which of these.
        find: what was measured with so many threads; None if nothing was.
    """

    name: str
    target: float
    bound: str
    find: Callable[[int], Measured | None]

    def judge(self, threads: int) -> str:
        """What was measured, and whether its median is enough."""
        measured = self.find(threads)
        if measured is None:
            return NONE
        value = measured.median
        met = value >= self.target if self.bound == AT_LEAST else value <= self.target
        return f"{measured}, {'met' if met else 'not met'}"


def paired(row: Row | None) -> Measured | None:
    """The ratio to spaCy's `ner`, round by round."""
    if row is None or row["ratio"] is None:
        return None
    return Measured(row["ratio"], row["least_ratio"], row["greatest_ratio"])


def of_medians(over: Row | None, under: Row | None) -> Measured | None:
    """The ratio of two median speeds; its range, if both were measured several times, is as wide as
    that of both speeds allows."""
    if over is None or under is None:
        return None
    ratio = over["words_per_second"] / under["words_per_second"]
    if any(row["slowest"] == row["fastest"] for row in (over, under)):
        return Measured(ratio)
    return Measured(
        ratio,
        over["slowest"] / under["fastest"],
        over["fastest"] / under["slowest"],
    )


def make_goals(rows: Sequence[Row], shares: Sequence[Any], precisions: Sequence[Any]) -> list[Goal]:
    """All goals, over throughput.jsonl's rows and what shares.json and precision.json hold."""

    def speed(
        system: str, threads: int, tokenised: bool, size: int, text: str = TRIVIA
    ) -> Row | None:
        place = {"system": system, "threads": threads, "input": text}
        return find(rows, **place, tokenised=tokenised, batch_size=size)

    def by_ner(threads: int) -> Measured | None:
        return paired(speed(CNN, threads, True, 256))

    def by_hugging_face(size: int) -> Callable[[int], Measured | None]:
        return lambda threads: of_medians(
            speed(CNN, threads, False, size), speed(HUGGING_FACE, threads, False, size)
        )

    def latency(text: str, field: str) -> Callable[[int], Measured | None]:
        def find_latency(threads: int) -> Measured | None:
            own, ner = (
                (find_alone(rows, text, system, threads) or {}).get(field) for system in (CNN, NER)
            )
            return Measured(own[0] / ner[0]) if own and ner else None

        return find_latency

    def share(*place: str) -> Callable[[int], Measured | None]:
        def find_share(threads: int) -> Measured | None:
            for own in shares:
                values = dig(own, *place)
                if own["threads"] == threads and isinstance(values, dict):
                    return Measured(**values)
            return None

        return find_share

    def by_float32(corpus: str, precision: str) -> Callable[[int], Measured | None]:
        def find_precision(threads: int) -> Measured | None:
            for own in precisions:
                ratios = dig(own, "corpora", corpus, precision, "ratios")
                if own["threads"] == threads and ratios:
                    return Measured(statistics.median(ratios), min(ratios), max(ratios))
            return None

        return find_precision

    def by_long_text(system: str) -> Callable[[int], Measured | None]:
        return lambda threads: of_medians(
            speed(system, threads, True, 256), speed(system, threads, True, 1, "long_text")
        )

    return [
        *(
            Goal(
                f"CNN by spaCy's `ner`, prepared docs, batches of 256: {step}",
                target,
                AT_LEAST,
                by_ner,
            )
            for step, target in (("first step", 2.2), ("goal", 6))
        ),
        *(
            Goal(
                f"CNN by the Hugging Face pipeline, raw text, {batches}: {step}",
                target,
                AT_LEAST,
                by_hugging_face(size),
            )
            for batches, size in (("batches of 32", 32), ("one by one", 1))
            for step, target in (("first step", 9), ("goal", 25))
        ),
        *(
            Goal(
                f"{INPUT_NAMES[text]}: the CNN's median ms for one text by `ner`'s, {state}",
                1,
                AT_MOST,
                latency(text, field),
            )
            for text in ("snips", TRIVIA)
            for state, field in (("new texts", "cold_ms"), ("known texts", "warm_ms"))
        ),
        Goal(
            "share of the CNN's time outside of tok2vec",
            0.15,
            AT_MOST,
            share("student", "outside_tok2vec"),
        ),
        *(
            Goal(
                f"aligned teacher's time by its encoder's, {size}",
                1.25,
                AT_MOST,
                share("teacher", size),
            )
            for size in ("batches of 64", "batches of 1")
        ),
        *(
            Goal(
                f"{label}: time per word of the text of 100,000 words by that of short ones",
                1.3,
                AT_MOST,
                by_long_text(system),
            )
            for label, system in (
                ("CNN", CNN),
                ("aligned teacher", TEACHER),
                ("aligned student", ALIGNED),
            )
        ),
        *(
            Goal(
                f"{CORPUS_NAMES[corpus]}: teacher in {precision} by float32",
                1.3,
                AT_LEAST,
                by_float32(corpus, precision),
            )
            for corpus in ("snips", "mit_restaurant")
            for precision in ("bfloat16", "int8")
        ),
        Goal("CNN by spaCy's `ner` in training", 1, AT_LEAST, share("training", "student_by_ner")),
    ]


def goals_table(rows: Sequence[Row], shares: Path, precision: Path) -> str:
    """Every goal with its target, what was measured, and whether it is met."""
    goals = make_goals(rows, read_json(shares, missing=[]), read_json(precision, missing=[]))
    lines = [
        [
            goal.name,
            f"{goal.bound} {goal.target}",
            *map(goal.judge, THREADS),
        ]
        for goal in goals
    ]
    return make_table(
        ["MIT Movie Trivia, unless said otherwise", "asked for", "one thread", "two threads"], lines
    )
