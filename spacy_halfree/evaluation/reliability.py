"""Does confidence mean what it says? Calibration error, precision by coverage, and a diagram."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import Errors
from ..outputs import write_output
from ..tagging.confidence import confidence_bins, expected_calibration_error
from ..types import Bools, Doubles
from .judgement import Judgement

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LOWEST, HIGHEST = 0.05, 20.0
"""Between which temperatures the best is looked for."""
N_STEPS = 60
N_SHARES = 100
"""At how many places a curve of precision is drawn."""


@dataclass(frozen=True)
class Reliability:
    """Confidences, and whether what they belong to is right.

    confidences (n, float64): From 0 to 1.
    is_right (n, bool): Whether the annotation has the same.
    """

    confidences: Doubles
    is_right: Bools

    def bins(self) -> list[tuple[int, float, float]]:
        """See `confidence_bins`."""
        return confidence_bins(self.confidences, self.is_right)

    def expected_calibration_error(self) -> float:
        """See the function of that name."""
        return expected_calibration_error(self.confidences, self.is_right)

    def precision_at(self, coverage: float) -> float:
        """The share of right ones among the most confident.

        coverage: The share that is kept, at least one.
        """
        order = np.argsort(-self.confidences, kind="stable")
        kept = order[: max(round(coverage * len(order)), 1)]
        return float(self.is_right[kept].mean())

    def log_loss(self, *, smoothed: bool = False) -> float:
        """Mean of -log(confidence) where it is right and -log(1 - confidence) where not.

        smoothed: Whether to count as if one more had been right and one more wrong of each kind
            (Platt 1999), so that a few texts without a mistake do not ask for certainty.
        """
        n_right = int(self.is_right.sum())
        n_wrong = len(self.is_right) - n_right
        extra = 1 if smoothed else 0
        if_right = (n_right + extra) / max(n_right + 2 * extra, 1)
        if_wrong = extra / max(n_wrong + 2 * extra, 1)
        target = np.where(self.is_right, if_right, if_wrong)
        tiny = np.finfo(np.float64).tiny
        right, wrong = (
            np.log(np.maximum(own, tiny)) for own in (self.confidences, 1 - self.confidences)
        )
        return float(-(target * right + (1 - target) * wrong).mean())


def reliability(judgements: Sequence[Judgement], temperature: float) -> Reliability:
    """The reliability at a temperature."""
    return Reliability(
        np.concatenate([judgement.confidences(temperature) for judgement in judgements]),
        np.concatenate([judgement.is_right for judgement in judgements]),
    )


def fit_temperature(judgements: Sequence[Judgement]) -> float:
    """The temperature under which being right and being wrong is most probable.

    One number for all: the order of a model's guesses stays as it is, so there is little to fit
    too closely to (temperature scaling, Guo et al. 2017, arXiv 1706.04599; here of what is written,
    whole entities, rather than of single words). Found by golden-section search over its logarithm.

    judgements: What was predicted, right and wrong.
    RETURNS: A temperature from 0.05 to 20, rounded to three digits.
    """
    low, high = np.log(LOWEST), np.log(HIGHEST)
    golden = (np.sqrt(5) - 1) / 2

    def loss(logarithm: float) -> float:
        return reliability(judgements, float(np.exp(logarithm))).log_loss(smoothed=True)

    left, right = high - golden * (high - low), low + golden * (high - low)
    left_loss, right_loss = loss(left), loss(right)
    for _ in range(N_STEPS):
        if left_loss < right_loss:
            high, right, right_loss = right, left, left_loss
            left = high - golden * (high - low)
            left_loss = loss(left)
        else:
            low, left, left_loss = left, right, right_loss
            right = low + golden * (high - low)
            right_loss = loss(right)
    return float(f"{np.exp((low + high) / 2):.3g}")


def check_diagram(path: Path) -> None:
    """Check that a diagram can be drawn, before any work is done for it.

    path: The file; its suffix is the kind of image.
    RAISES: ImportError (H045) if matplotlib is not installed, ValueError (H105) if it does not
        know the suffix.
    """
    kinds = make_figure(path).canvas.get_supported_filetypes()
    if path.suffix.removeprefix(".").lower() not in kinds:
        suffixes = ", ".join(f".{kind}" for kind in sorted(kinds))
        raise ValueError(Errors.H105.format(path=path, suffixes=suffixes))


def make_figure(path: Path) -> "Figure":
    """An empty figure of matplotlib.

    path: What is drawn, for messages.
    RAISES: ImportError (H045) if matplotlib is not there.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError(Errors.H045.format(path=path)) from error
    return Figure(figsize=(4.5, 4.5))


def plot_reliability(figure: "Figure", curves: dict[str, Reliability]) -> None:
    """Plot the share that is right against confidence.

    figure: Where to.
    curves: Reliabilities by their labels.
    """
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="gray", linestyle="--", linewidth=1)
    for label, curve in curves.items():
        sizes, means, rights = zip(*curve.bins(), strict=True)
        distance = curve.expected_calibration_error()
        (line,) = axes.plot(means, rights, label=f"{label}: calibration error {distance:.3f}")
        # as large as there are many
        areas = 8 + 200 * np.array(sizes) / len(curve.confidences)
        axes.scatter(means, rights, s=areas, color=line.get_color())
    axes.set_xlabel("confidence")
    axes.set_ylabel("share that is right")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.legend(fontsize=8)


def plot_precision(figure: "Figure", curves: dict[str, Reliability]) -> None:
    """Plot the precision of the most confident against how large a share of all they are.

    figure: Where to.
    curves: Reliabilities by their labels.
    """
    axes = figure.subplots()
    shares = np.linspace(0, 1, N_SHARES + 1)[1:]
    for label, curve in curves.items():
        precisions = [curve.precision_at(share) for share in shares]
        axes.plot(shares, precisions, label=f"{label}: {precisions[-1]:.3f} of all")
    axes.set_xlabel("share that is kept, the surest first")
    axes.set_ylabel("precision")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.legend(fontsize=8, loc="lower left")


def draw_reliability(curves: dict[str, Reliability], path: Path, *, overwrite: bool) -> None:
    """Draw the share that is right against confidence.

    curves: Reliabilities by their labels.
    path: The file; its suffix is the kind of image.
    overwrite: Whether an existing file may be replaced.
    RAISES: ImportError (H045) if matplotlib is not installed, OSError (H024, H100) if the file
        cannot be written.
    """
    figure = make_figure(path)
    plot_reliability(figure, curves)
    drawn = io.BytesIO()
    figure.savefig(
        drawn, format=path.suffix.removeprefix(".").lower(), bbox_inches="tight", dpi=150
    )
    write_output(path, drawn.getvalue(), overwrite=overwrite)
