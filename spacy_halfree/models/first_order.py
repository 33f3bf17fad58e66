"""A linear layer and a table of transitions: softmax(W h_i + b + A[tag before])."""

import numpy as np
from thinc.api import Model, Ops
from thinc.types import Floats2d, Ints1d

from ..types import Prediction, TaggingBatch
from .constrained import constrained_softmax, finite, greedy_order
from .tagger_model import HeadInput, HeadModel, HeadOutput


def first_order_head() -> HeadModel:
    """Distributions that depend on the word's vector and on the tag before it.

    Training takes the previous tags as given. Prediction decodes greedily, all texts of a batch at
    once, one word of each per step; only the choice of the tag is made in that loop, everything
    else is one matrix operation over all words. No torch is involved.

    The parameters start at 0, as those of spaCy's own softmax layers do, so that an untrained
    model gives even distributions.
    """
    return Model(
        "first_order",
        forward,
        init=init,
        dims={"nI": None, "nO": None},
        params={"W": None, "b": None, "A": None},
        attrs={"marginals": marginals},
    )


def init(model: HeadModel, X: HeadInput | None = None, Y: object = None) -> None:
    n_tags, width = model.get_dim("nO"), model.get_dim("nI")
    model.set_param("W", model.ops.alloc2f(n_tags, width))
    model.set_param("b", model.ops.alloc1f(n_tags))
    model.set_param("A", model.ops.alloc2f(n_tags + 1, n_tags))


def forward(model: HeadModel, X: HeadInput, is_train: bool) -> HeadOutput:
    vectors, batch, previous_tags = X
    ops = model.ops
    W, A = model.get_param("W"), model.get_param("A")
    # finite, so that adding them up cannot make an allowed tag score like a forbidden one
    emissions = finite(ops, ops.affine(vectors, W, model.get_param("b")))
    transition_scores = finite(ops, A)
    if previous_tags is None:
        tags, previous_tags = greedy_decode(ops, emissions, transition_scores, batch)
    else:
        previous_tags = ops.xp.asarray(previous_tags)
        tags = None
    logits = emissions + transition_scores[previous_tags]
    probabilities = constrained_softmax(ops, logits, previous_tags, batch)
    if tags is None:
        tags = probabilities.argmax(axis=1)

    def backprop(d_logits: Floats2d) -> Floats2d:
        model.inc_grad("W", ops.gemm(d_logits, vectors, trans1=True))
        model.inc_grad("b", d_logits.sum(axis=0))
        d_transitions = ops.alloc2f(*A.shape)
        ops.scatter_add(d_transitions, previous_tags, d_logits)
        model.inc_grad("A", d_transitions)
        return ops.gemm(d_logits, W)

    return Prediction(tags, probabilities), backprop


def greedy_decode(
    ops: Ops, emissions: Floats2d, transition_scores: Floats2d, batch: TaggingBatch
) -> tuple[Ints1d, Ints1d]:
    """Take the best allowed tag at every word, given the one taken before.

    ops: Where the arrays live.
    emissions (n_words x n_tags, float32): Each word's scores, all finite.
    transition_scores ((n_tags + 1) x n_tags, float32): Added according to the tag before.
    batch: The batch, for its lengths and constraints.
    RETURNS: The tags and the tag before each word (n_words, int64 each).
    """
    xp = ops.xp
    scores = xp.where(xp.asarray(batch.transitions), transition_scores, -xp.inf)
    if batch.allowed is not None:
        emissions = xp.where(xp.asarray(batch.allowed), emissions, -xp.inf)
    order, n_active = greedy_order(batch.lengths)
    starts = (np.cumsum(batch.lengths) - batch.lengths)[order]
    # words in the order in which they are decided: the first of every text, the second, ...
    steps = np.concatenate(
        [starts[:n] + step for step, n in enumerate(n_active)] or [np.zeros(0, dtype=np.int64)]
    )
    steps = xp.asarray(steps)
    by_step = emissions[steps]
    decided = xp.zeros(len(steps), dtype="int64")
    before = xp.zeros(len(steps), dtype="int64")
    previous = xp.full(len(order), batch.start, dtype="int64")
    position = 0
    for n in n_active:
        rows = slice(position, position + n)
        before[rows] = previous[:n]
        previous = (by_step[rows] + scores[previous[:n]]).argmax(axis=1)
        decided[rows] = previous
        position += n
    tags, previous_tags = xp.empty_like(decided), xp.empty_like(before)
    tags[steps] = decided
    previous_tags[steps] = before
    return tags, previous_tags


def marginals(model: HeadModel, vectors: Floats2d, batch: TaggingBatch) -> Floats2d:
    """How probable each tag is at each word, whatever the tags before: the forward recursion.

    model: The head.
    vectors (n_words x width, float32): The words' vectors.
    batch: The batch, for its lengths and constraints.
    RETURNS (n_words x n_tags, float32): p(tag | text), the sum over all tags before of
        p(tag before | text) p(tag | tag before, text).
    """
    ops = model.ops
    xp = ops.xp
    W, A = model.get_param("W"), model.get_param("A")
    emissions = finite(ops, ops.affine(vectors, W, model.get_param("b")))
    transition_scores = finite(ops, A)
    legal = xp.asarray(batch.transitions)
    order, n_active = greedy_order(batch.lengths)
    starts = (np.cumsum(batch.lengths) - batch.lengths)[order]
    found = ops.alloc2f(batch.n_words, batch.n_tags)
    # (n_texts x tag before), the start row being certain at first
    before = ops.alloc2f(len(order), batch.n_tags + 1)
    before[:, batch.start] = 1.0
    for step, n in enumerate(n_active):
        words = xp.asarray(starts[:n] + step)
        allowed = legal[None]
        if batch.allowed is not None:
            allowed = allowed & xp.asarray(batch.allowed)[words][:, None]
        scores = emissions[words][:, None] + transition_scores[None]
        scores = xp.where(allowed, scores, -xp.inf)
        best = scores.max(axis=2, keepdims=True)
        # a tag before that cannot be followed by any allowed one has no probability itself
        scores = xp.exp(scores - xp.where(xp.isfinite(best), best, 0.0))
        total = scores.sum(axis=2, keepdims=True)
        scores /= xp.where(total > 0, total, 1.0)
        now = xp.einsum("np,npt->nt", before[:n], scores)
        found[words] = now
        before = xp.pad(now, ((0, 0), (0, 1)))
    return found
