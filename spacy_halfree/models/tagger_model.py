"""From docs to word vectors to a head that tags them: what all architectures share."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from spacy.tokens import Doc
from thinc.api import Model
from thinc.shims import Shim
from thinc.types import Floats2d, Ints1d
from thinc.util import get_width

from ..types import Prediction, TaggingBatch, Targets
from .inference.token_vectors import TokenVectors

TaggerInput: TypeAlias = tuple[TaggingBatch, Targets | None] | list[Doc]
"""A batch, and the targets to condition on; without these the model decodes. Docs alone, as `spacy
debug model` gives them, are decoded without constraints."""
TaggerModel: TypeAlias = Model[TaggerInput, Prediction]
HeadInput = tuple[Floats2d, TaggingBatch, Ints1d | None]
HeadModel: TypeAlias = Model[HeadInput, Prediction]
HeadOutput = tuple[Prediction, Callable[[Floats2d], Floats2d]]


def build_tagger(tok2vec: Model[list[Doc], list[Floats2d]], head: HeadModel) -> TaggerModel:
    """Run a head on the vectors of a batch's words.

    The model's backward pass takes the gradient with respect to the logits from which the
    probabilities were normalized (n_words x n_tags).

    tok2vec: Gives a vector for each token.
    head: From word vectors (n_words x width), batch and previous tags to a prediction.
    """
    model: TaggerModel = Model(
        # part of the bytes of saved pipelines
        "tag_words",
        forward,
        init=init,
        layers=[tok2vec, head],
        refs={"tok2vec": tok2vec, "head": head},
        dims={"nO": None},
        attrs={"token_vectors": TokenVectors()},
    )
    return model


def init(model: TaggerModel, X: tuple[TaggingBatch, None] | None = None, Y: object = None) -> None:
    tok2vec, head = model.get_ref("tok2vec"), model.get_ref("head")
    docs = X[0].docs if X is not None else None
    n_tags = X[0].n_tags if X is not None else model.get_dim("nO")
    tok2vec.initialize(X=docs)
    width = tok2vec.maybe_get_dim("nO")
    if width is None and docs:
        width = get_width(tok2vec.predict(docs))
    if X is not None and "labels" in head.attrs:
        head.attrs["labels"] = X[0].labels
    head.set_dim("nI", width)
    head.set_dim("nO", n_tags)
    head.initialize()
    # last, because it says that all parameters are there
    model.set_dim("nO", n_tags)


def to_batch(model: TaggerModel, X: TaggerInput) -> tuple[TaggingBatch, Targets | None]:
    """The input of a model that has its parameters; see `TaggerInput`."""
    if isinstance(X, tuple):
        return X
    lengths = np.array([len(doc) for doc in X], dtype=np.int64)
    n_tags = model.get_dim("nO")
    every_tag = np.ones((n_tags + 1, n_tags), dtype=bool)
    return TaggingBatch(list(X), np.arange(lengths.sum()), lengths, every_tag, ()), None


def forward(
    model: TaggerModel, X: TaggerInput, is_train: bool
) -> tuple[Prediction, Callable[[Floats2d], list[Doc]]]:
    batch, targets = to_batch(model, X)
    previous_tags = None if targets is None else model.ops.xp.asarray(targets.previous_tags)
    tok2vec, head = model.get_ref("tok2vec"), model.get_ref("head")
    ops = model.ops
    if is_train:
        token_vectors, backprop_tok2vec = tok2vec(batch.docs, is_train)
        vectors = ops.flatten(token_vectors)
    else:
        vectors = model.attrs["token_vectors"](tok2vec, batch.docs)
    n_tokens = vectors.shape[0]
    words = None if batch.n_words == n_tokens else ops.xp.asarray(batch.words)
    if words is not None:
        vectors = vectors[words]
    prediction, backprop_head = head((vectors, batch, previous_tags), is_train)

    def backprop(d_logits: Floats2d) -> list[Doc]:
        d_vectors = backprop_head(d_logits)
        if words is not None:
            d_tokens = ops.alloc2f(n_tokens, d_vectors.shape[1])
            d_tokens[words] = d_vectors
            d_vectors = d_tokens
        return backprop_tok2vec(ops.unflatten(d_vectors, [len(doc) for doc in batch.docs]))

    return prediction, backprop


def forget_size(model: TaggerModel) -> None:
    """Make a model that is initialized one that is not, ready for another number of tags.

    It gets new ids: thinc keeps gradients, and optimizers their averages, under a layer's id, and
    those of the old parameters would not fit the new ones.

    model: A tagger model.
    """
    for layer in [model, *([model.get_ref("head")] if model.has_ref("head") else [])]:
        for name in layer.param_names:
            layer.set_param(name, None)
        for name in layer.dim_names:
            layer.set_dim(name, None, force=True)
        layer.id = next_id(Model)
        for shim in layer.shims:
            shim.id = next_id(Shim)


def has_finite_weights(model: TaggerModel) -> bool:
    """Whether the part behind the encoder has weights that can be computed with.

    Weights that are infinite or no numbers spread from the encoder to it in the next update.

    model: A tagger model.
    """
    head = model.get_ref("head") if model.has_ref("head") else model
    isfinite = head.ops.xp.isfinite
    for layer in head.walk():
        weights = [layer.get_param(name) for name in layer.param_names if layer.has_param(name)]
        if not all(isfinite(weight.sum()) for weight in weights):
            return False
        # shims of torch modules
        if not all(shim.is_finite() for shim in layer.shims if hasattr(shim, "is_finite")):
            return False
    return True


def next_id(kind: type[Model] | type[Shim]) -> int:
    """An id that no layer (or no shim) has."""
    with kind.global_id_lock:
        kind.global_id += 1
        return kind.global_id


def forget_lexemes(model: TaggerModel) -> None:
    """Throw away what is kept of words that a model has met; see `TokenVectors`.

    What is computed does not depend on it but for the last bits.
    """
    if "token_vectors" in model.attrs:
        model.attrs["token_vectors"].forget()


def tag_marginals(model: TaggerModel, batch: TaggingBatch) -> Floats2d | None:
    """How probable each tag is at each word, whatever the tags before.

    model: What `build_tagger` returned.
    batch: The batch.
    RETURNS (n_words x n_tags, float32): p(tag | text); None if the head cannot tell.
    """
    head = model.get_ref("head")
    if "marginals" not in head.attrs:
        return None
    vectors = model.attrs["token_vectors"](model.get_ref("tok2vec"), batch.docs)
    return head.attrs["marginals"](head, vectors[model.ops.xp.asarray(batch.words)], batch)
