"""What is asked of the server, and whether it was measured so."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.speed.timing import by_round

MOST_P99_RATIO = 10.0
MOST_GROWTH = 1.05
"""Memory counts as flat if the last third's median is at most so many times the first third's."""
LEAST_SHARE = 0.8


@dataclass(frozen=True)
class Judged:
    """A goal and what was measured.

    Attributes:
        name: what is asked for.
        asked: the target, in words.
        measured: what was measured, in words.
        met: whether it is enough.
    """

    name: str
    asked: str
    measured: str
    met: bool


def judge(found: Mapping[str, Any]) -> list[Judged]:
    """All goals that something was measured for.

    Args:
        found: what the results file holds.
    """
    runs, batches = found.get("runs", []), found.get("batches")
    return [*(judge_runs(runs) if runs else []), *(judge_batches(batches) if batches else [])]


def judge_runs(runs: Sequence[Mapping[str, Any]]) -> list[Judged]:
    """The goals of the hostile mix, over all runs."""
    errors, unanswered, wrong = (
        [run[name] for run in runs] for name in ("server_errors", "unanswered", "wrong_answers")
    )
    failures = [len(run["health"]["loaded"]["failures"]) for run in runs]
    ratios = [run["p99_ratio"] for run in runs]
    growths = [run["memory"]["growth"] for run in runs]
    slopes = [run["memory"]["slope_per_minute"] for run in runs]
    return [
        Judged("answers with 5xx", "0", join(errors), not any(errors)),
        Judged("requests without an answer", "0", join(unanswered), not any(unanswered)),
        Judged("answers other than documented", "0", join(wrong), not any(wrong)),
        Judged("failed health checks", "0", join(failures), not any(failures)),
        Judged(
            "p99 of `/health`, loaded by unloaded, median of the runs",
            f"at most {MOST_P99_RATIO:.0f}",
            f"{statistics.median(ratios):.1f} ({join(ratios)})",
            statistics.median(ratios) <= MOST_P99_RATIO,
        ),
        Judged(
            "memory, last third of the run by the first; MB more a minute",
            f"at most {MOST_GROWTH}",
            f"{join(f'{own:.3f}' for own in growths)}; {join(f'{own:+.1f}' for own in slopes)}",
            max(growths) <= MOST_GROWTH,
        ),
    ]


def judge_batches(batches: Mapping[str, Any]) -> list[Judged]:
    """The goals of 64 texts a request."""
    speeds = batches["words_per_second"]
    ratios = {
        name: by_round(speeds["server"], speeds[name]) for name in ("n_process", "side_by_side")
    }
    names = {
        "n_process": "words a second, by `nlp.pipe(n_process=...)`",
        "side_by_side": "words a second, by as many processes with `nlp.pipe`, side by side",
    }
    return [
        *(
            Judged(
                names[name],
                f"at least {LEAST_SHARE}",
                f"{statistics.median(own):.2f} ({min(own):.2f} to {max(own):.2f})",
                statistics.median(own) >= LEAST_SHARE,
            )
            for name, own in ratios.items()
        ),
        Judged(
            "texts with other entities than `nlp.pipe` finds",
            "0",
            str(batches["differing_texts"]),
            batches["differing_texts"] == 0,
        ),
    ]


def join(values: Any) -> str:
    return ", ".join(map(str, values))
