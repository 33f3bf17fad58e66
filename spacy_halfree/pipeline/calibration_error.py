"""How far confidence is from what it says."""

import numpy as np

from ..types import Bools, Doubles

N_BINS = 10


def confidence_bins(confidences: Doubles, is_right: Bools) -> list[tuple[int, float, float]]:
    """Sort what was found into bins of equal width by its confidence.

    confidences (n, float64): From 0 to 1.
    is_right (n, bool): Whether the annotation has the same.
    RETURNS: For each bin with any members how many, their mean confidence, and the share of them
        that is right.
    """
    number = np.minimum((confidences * N_BINS).astype(int), N_BINS - 1)
    return [
        (int(own.sum()), float(confidences[own].mean()), float(is_right[own].mean()))
        for own in (number == i for i in range(N_BINS))
        if own.any()
    ]


def expected_calibration_error(confidences: Doubles, is_right: Bools) -> float:
    """The mean distance of confidence from the share that is right, bins weighted by their
    members (Guo et al. 2017, arXiv 1706.04599).

    confidences (n, float64): From 0 to 1.
    is_right (n, bool): Whether the annotation has the same.
    """
    bins = confidence_bins(confidences, is_right)
    return sum(size / len(confidences) * abs(mean - right) for size, mean, right in bins)
