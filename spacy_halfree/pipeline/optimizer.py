"""One optimizer, two learning rates."""

from typing import Any

from thinc.api import Optimizer
from thinc.types import FloatsXd


class ScaledOptimizer:
    """Calls an optimizer with its learning rate multiplied.

    A pretrained encoder wants a small learning rate; what stands behind it starts from nothing
    and would hardly move at that rate.

    optimizer: The optimizer.
    factor: What to multiply its learning rate with.
    """

    def __init__(self, optimizer: Optimizer, factor: float) -> None:
        self.optimizer = optimizer
        self.factor = factor

    def __call__(
        self, key: Any, weights: FloatsXd, gradient: FloatsXd, *, lr_scale: float = 1.0
    ) -> tuple[FloatsXd, FloatsXd]:
        """Update weights; see `thinc.api.Optimizer`."""
        return self.optimizer(key, weights, gradient, lr_scale=lr_scale * self.factor)
