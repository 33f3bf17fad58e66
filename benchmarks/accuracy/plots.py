"""Plots of the accuracy results, as SVG files that are the same whenever they are made anew."""

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
import matplotlib.pyplot as plt

from .names import ALL_NAMES, CORPUS_NAMES
from .results import Cell
from .tables import (
    Curve,
    on_shared_draws,
    pool_curves,
    select,
    spread,
)

mpl.rcParams |= {
    # otherwise every run would name its elements anew
    "svg.hashsalt": "spacy-halfree",
    "svg.fonttype": "none",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
PEERS = tuple(name for name in ALL_NAMES if not name.startswith(("teacher", "student")))


def save(figure: Any, path: Path) -> None:
    """Write a figure without the date."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, bbox_inches="tight", metadata={"Date": None})
    plt.close(figure)
    lines = path.read_text(encoding="utf8").splitlines()
    path.write_text("\n".join(line.rstrip() for line in lines) + "\n", encoding="utf8")


def label_of(system: str) -> str:
    """A system's name without Markdown."""
    return ALL_NAMES[system].replace("**", "").replace("`", "")


def draw_curve(axes: Any, points: Sequence[tuple[float, Sequence[Cell]]], **style: Any) -> None:
    """F1 over the cells of each point, with a bar for its spread where there are several."""
    scores = [[cell.f1 for cell in own] for _, own in points]
    axes.errorbar(
        [x for x, _ in points],
        [statistics.mean(own) for own in scores],
        [spread(own) for own in scores],
        marker=".",
        capsize=2,
        **style,
    )


def color_of(system: str) -> str:
    """Gray for peers, orange for teachers, blue for students."""
    if system in PEERS:
        return "tab:gray"
    return "tab:orange" if system.startswith("teacher") else "tab:blue"


def shots_curves(cells: Sequence[Cell], corpus: str, shots: Sequence[str]) -> dict[str, Curve]:
    """The curves of those systems that were run with several numbers of gold texts."""
    curves = {}
    for system in ALL_NAMES:
        found = [(x, select(cells, system, corpus, count)) for x, count in enumerate(shots)]
        points = on_shared_draws([(x, own) for x, own in found if own])
        if len(points) > 1:
            curves[system] = points
    return curves


def plot_shots(
    cells: Sequence[Cell], corpora: Sequence[str], shots: Sequence[str], path: Path
) -> None:
    """F1 against the number of gold texts, a panel for each corpus."""
    curves = {corpus: shots_curves(cells, corpus, shots) for corpus in corpora}
    curves = {corpus: own for corpus, own in curves.items() if own}
    drawn = [system for system in ALL_NAMES if any(system in own for own in curves.values())]
    # a plot of nothing has one empty panel
    width = max(len(curves), 1)
    figure, panels = plt.subplots(1, width, figsize=(3.4 * width, 3.4), squeeze=False)
    color = mpl.colormaps["tab20"]
    for axes, (corpus, own_curves) in zip(panels[0], curves.items(), strict=False):
        for system, points in own_curves.items():
            draw_curve(
                axes,
                points,
                label=label_of(system),
                linestyle="--" if system in PEERS else "-",
                color=color(drawn.index(system) % color.N),
            )
        axes.set_xticks(range(len(shots)), shots)
        axes.set_xlabel("gold texts")
        axes.set_title(CORPUS_NAMES[corpus])
    panels[0][0].set_ylabel("F1")
    handles: dict[str, Any] = {}
    for axes in panels[0]:
        own, names = axes.get_legend_handles_labels()
        handles |= dict(zip(names, own, strict=True))
    figure.legend(
        list(handles.values()),
        list(handles),
        loc="upper center",
        bbox_to_anchor=(0.5, 0),
        fontsize=7,
        ncol=2,
    )
    save(figure, path)


def plot_pool(cells: Sequence[Cell], n_training: Mapping[str, int], path: Path) -> None:
    """F1 against the number of raw texts that the student learns from, a panel for each corpus."""
    figure, panels = plt.subplots(
        1, len(n_training), figsize=(3.4 * len(n_training), 3.2), squeeze=False
    )
    for axes, (corpus, n_texts) in zip(panels[0], n_training.items(), strict=True):
        for label, curve in pool_curves(cells, corpus, n_texts).items():
            draw_curve(axes, curve, label=label)
        axes.set_xscale("log")
        axes.set_xlabel("raw texts that the student learns from")
        axes.set_title(CORPUS_NAMES[corpus])
    panels[0][0].set_ylabel("F1")
    panels[0][0].legend(fontsize=7)
    save(figure, path)
