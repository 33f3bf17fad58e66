"""The registered architectures."""

from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Floats2d

from ..errors import Errors
from .first_order import first_order_head
from .words import TaggerModel, tag_words


def build_first_order_tagger(tok2vec: Model[list[Doc], list[Floats2d]]) -> TaggerModel:
    """Registered as `halfree.FirstOrderTagger.v1`: any tok2vec, and a table of transitions.

    The distribution of a word's tag is softmax(W h_i + b + A[tag before]) over the allowed tags.
    Small, fast and free of torch (unless the tok2vec brings it): the student.

    tok2vec: Gives a vector for each token, e.g. `spacy.HashEmbedCNN.v2` or a transformer listener.
    """
    return tag_words(tok2vec, first_order_head())


def build_aligned_seq2seq(
    tok2vec: Model[list[Doc], list[Floats2d]],
    layers: int = 2,
    heads: int = 12,
    hidden_factor: int = 4,
    dropout: float | None = None,
    window: int = 256,
    margin: int = 32,
    warm_start: str | None = None,
) -> TaggerModel:
    """Registered as `halfree.AlignedSeq2Seq.v1`: an encoder and a small causal decoder.

    At step i the decoder reads LN(h_i + E[tag before]) (the encoder's own state of word i stands
    where Farina et al. 2023 have a sentinel), looks at the tags and words before through causal
    self-attention and at the whole text through cross-attention, and scores the tags of word i.

    tok2vec: The encoder: gives a vector for each token.
    layers: The number of decoder layers.
    heads: The number of attention heads; must divide the encoder's width.
    hidden_factor: Width of the feed-forward layers, as a multiple of the encoder's width.
    dropout: The decoder's dropout in training; None to follow `training.dropout`.
    window: The most words that the decoder sees at a time; longer texts are cut into overlapping
        windows, each conditioned on the tags decoded before it.
    margin: How many words at each inner edge of a window serve as context only.
    warm_start: Folder (or hub name) of a BERT-like encoder of the same width; the decoder's layers
        start as copies of its last ones. Read when initializing only.
    """
    for setting, value in (("layers", layers), ("heads", heads), ("hidden_factor", hidden_factor)):
        if value < 1:
            raise ValueError(
                Errors.H013.format(setting=setting, expected="at least 1", value=value)
            )
    if dropout is not None and not 0 <= dropout < 1:
        raise ValueError(
            Errors.H013.format(setting="dropout", expected="from 0 to below 1", value=dropout)
        )
    if window <= 2 * margin or margin < 0:
        raise ValueError(
            Errors.H013.format(
                setting="window", expected=f"above twice the margin ({margin})", value=window
            )
        )
    try:
        from .torch_layer import aligned_decoder
    except ImportError as error:
        raise ImportError(Errors.H016.format(what="halfree.AlignedSeq2Seq.v1")) from error
    head = aligned_decoder(
        layers=layers,
        heads=heads,
        hidden_factor=hidden_factor,
        dropout=dropout,
        window=window,
        margin=margin,
        warm_start=warm_start,
    )
    return tag_words(tok2vec, head)
