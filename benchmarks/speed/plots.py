"""Plots of what was measured."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt

from benchmarks.accuracy.plots import PEERS, color_of, save

from .memory import read_curves
from .tables import INPUT_NAMES, SPEED_NAMES, Row, find

PANELS = ("snips", "mit_movie_trivia")


def plot_speed(rows: Sequence[Row], path: Path) -> None:
    """F1 against words per second from raw text, one thread: a panel for each corpus."""
    figure, panels = plt.subplots(len(PANELS), figsize=(7, 3.2 * len(PANELS)), sharex=True)
    for axes, corpus in zip(panels, PANELS, strict=True):
        points = find_points(rows, corpus)
        for i, (speed, f1, system) in enumerate(points):
            marker = "s" if system in PEERS else "o"
            axes.scatter(speed, f1, marker=marker, color=color_of(system))
            label = SPEED_NAMES[system].replace("**", "").replace("`", "")
            # above and below in turns, as many reach nearly the same
            offset = (5, -10 if i % 2 else 4)
            axes.annotate(label, (speed, f1), offset, textcoords="offset points", fontsize=7)
        axes.set_xscale("log")
        axes.margins(x=0.2, y=0.15)
        axes.set_ylabel(f"F1, {INPUT_NAMES[corpus]}")
    panels[-1].set_xlabel("words per second from raw text, one thread (log scale)")
    save(figure, path)


def find_points(rows: Sequence[Row], corpus: str) -> list[tuple[float, float, str]]:
    """Speed, F1 and name of each system, the slowest first."""
    place = {"input": corpus, "threads": 1, "batch_size": 256, "tokenised": False}
    found = (find(rows, **place, system=system) for system in SPEED_NAMES)
    return sorted(
        (row["words_per_second"], row["f1"], row["system"])
        for row in found
        if row is not None and row["f1"] is not None
    )


def plot_memory(results: Path, path: Path) -> None:
    """Memory against the number of words tagged so far; nothing if it was not measured."""
    curves = read_curves(results)
    if not curves:
        return
    figure, axes = plt.subplots(figsize=(6, 3))
    for label, points in curves.items():
        words, megabytes = zip(*points, strict=True)
        axes.plot(words, megabytes, label=label)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("words tagged so far")
    axes.set_ylabel("MB of memory")
    axes.legend(fontsize=8)
    save(figure, path)
