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
    figure, panels = plt.subplots(1, len(PANELS), figsize=(4.2 * len(PANELS), 3.6), squeeze=False)
    for axes, corpus in zip(panels[0], PANELS, strict=True):
        for system, label in SPEED_NAMES.items():
            place = {"input": corpus, "system": system, "threads": 1}
            row = find(rows, **place, batch_size=256, tokenised=False)
            if row is None or row["f1"] is None:
                continue
            point = row["words_per_second"], row["f1"]
            axes.scatter(*point, marker="s" if system in PEERS else "o", color=color_of(system))
            plain = label.replace("**", "").replace("`", "")
            axes.annotate(plain, point, (5, 3), textcoords="offset points", fontsize=7)
        axes.set_xscale("log")
        axes.margins(x=0.35, y=0.15)
        axes.set_xlabel("words per second from raw text, one thread")
        axes.set_title(INPUT_NAMES[corpus])
    panels[0][0].set_ylabel("F1")
    save(figure, path)


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
