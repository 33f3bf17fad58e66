"""Diagrams as SVG that can stand in a page, in the page's own colours."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..evaluation.reliability import Reliability, make_figure, plot_precision, plot_reliability

INK = "#010203"
"""Drawn in this colour is what is to have the colour of the page's text."""
MODEL_COLOR, TEACHER_COLOR = "#010204", "#010205"
COLORS = {INK: "currentColor", MODEL_COLOR: "var(--model)", TEACHER_COLOR: "var(--teacher)"}
SETTINGS: dict[str, Any] = {
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "legend.facecolor": "none",
    "legend.edgecolor": "none",
    # text stays text: it can be read aloud, searched for and scaled
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    # names of parts are hashes, of this and of what they are
    "svg.hashsalt": "halfree",
}
NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


def draw_diagrams(curves: dict[str, Reliability]) -> dict[str, str]:
    """Draw the reliability diagram and the curve of precision by coverage.

    curves: Reliabilities by the names of their systems: of the model, and perhaps of the teacher.
    RETURNS: SVG elements under the names "reliability" and "precision", the same for the same
        input.
    RAISES: ImportError (H045) if matplotlib is not there.
    """
    return {
        "reliability": _draw("reliability", plot_reliability, curves),
        "precision": _draw("precision", plot_precision, curves),
    }


def _draw(
    name: str, plot: Callable[[Any, dict[str, Reliability]], None], curves: dict[str, Reliability]
) -> str:
    figure = make_figure(Path(name))
    from cycler import cycler
    from matplotlib import rc_context

    styles = cycler(color=[MODEL_COLOR, TEACHER_COLOR], linestyle=["-", "-."])
    drawn = io.StringIO()
    settings: Any = SETTINGS | {"axes.prop_cycle": styles}
    with rc_context(settings):
        figure.set_facecolor("none")
        plot(figure, curves)
        figure.savefig(drawn, format="svg", bbox_inches="tight", metadata=NO_METADATA)
    svg = drawn.getvalue()
    # a page has neither the XML declaration nor a document type inside
    svg = svg[svg.index("<svg") :]
    for color, own in COLORS.items():
        svg = svg.replace(color, own)
    # two diagrams in a page must not have parts of the same name
    for reference in ('id="', 'href="#', "url(#"):
        svg = svg.replace(reference, f"{reference}{name}-")
    return svg.replace("<svg ", f'<svg role="img" aria-labelledby="{name}-caption" ', 1)
