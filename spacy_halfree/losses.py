"""What a tagger is trained to reduce, with its gradient."""

from thinc.api import Ops
from thinc.types import Floats2d

from .types import Targets


def cross_entropy(
    ops: Ops, probabilities: Floats2d, targets: Targets, temperature: float = 1.0
) -> tuple[float, Floats2d]:
    """Cross-entropy of the model's distributions against the targets, averaged over known words.

    Against gold tags this is the usual loss. Against a teacher's distributions it is the loss of
    Hinton et al. 2015 (arXiv 1503.02531): at temperature T both distributions are raised to the
    power 1/T and normalized, and the loss is multiplied by T squared, so that gradients keep their
    size. Since it works on probabilities, constraints are respected: what is forbidden has
    probability 0 on both sides and gets no gradient.

    ops: Where the arrays live.
    probabilities (n_words x n_tags, float32): What the model gives; rows sum to 1.
    targets: What it should give.
    temperature: T, above 0; applies to a teacher's distributions only.
    RETURNS: The loss in nats per known word, and its gradient with respect to the logits from which
        the probabilities were normalized (n_words x n_tags, float32).
    """
    xp = ops.xp
    distributions = ops.asarray2f(targets.distributions)
    weights = ops.asarray1f(targets.weights)
    if temperature != 1.0:
        is_soft = xp.asarray(targets.is_soft)
        probabilities = xp.where(
            is_soft[:, None], _soften(xp, probabilities, temperature), probabilities
        )
        distributions = xp.where(
            is_soft[:, None], _soften(xp, distributions, temperature), distributions
        )
        scale = xp.where(is_soft, temperature, 1.0).astype("float32")
    else:
        scale = xp.ones_like(weights)
    n_known = max(float((weights > 0).sum()), 1.0)
    log_probabilities = xp.log(xp.maximum(probabilities, xp.finfo("float32").tiny))
    word_losses = -(distributions * log_probabilities).sum(axis=1) * scale**2
    loss = float((word_losses * weights).sum()) / n_known
    gradient = (probabilities - distributions) * (weights * scale / n_known)[:, None]
    return loss, gradient.astype("float32")


def _soften(xp, probabilities: Floats2d, temperature: float) -> Floats2d:  # type: ignore[no-untyped-def]
    # the largest is 1, so that no row vanishes at a low temperature
    largest = probabilities.max(axis=1, keepdims=True)
    softened = (probabilities / xp.where(largest > 0, largest, 1)) ** (1.0 / temperature)
    return softened / xp.maximum(softened.sum(axis=1, keepdims=True), xp.finfo("float32").tiny)
