"""Plots of what was measured."""

import json
from pathlib import Path

import matplotlib.pyplot as plt

from benchmarks.accuracy.plots import save


def plot_memory(results: Path, path: Path) -> None:
    """Memory against the number of words tagged so far; nothing if it was not measured."""
    if not results.exists():
        return
    figure, axes = plt.subplots(figsize=(6, 3))
    for label, points in json.loads(results.read_text(encoding="utf8")).items():
        words, megabytes = zip(*points, strict=True)
        axes.plot(words, megabytes, label=label)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("words tagged so far")
    axes.set_ylabel("MB of memory")
    axes.legend(fontsize=8)
    save(figure, path)
