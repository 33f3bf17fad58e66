"""Which stretches of a text a pretrained encoder reads at a time."""

from collections.abc import Callable, Iterable
from functools import partial

import numpy as np
from spacy.attrs import LENGTH
from spacy.tokens import Doc, Span

from ..types import Ints

SpanGetter = Callable[[Iterable[Doc]], list[list[Span]]]


def create_bounded_spans(window: int, stride: int, max_bytes: int = 500) -> SpanGetter:
    """Registered as `halfree.BoundedSpans.v1`: windows of words that an encoder can read whole.

    For the `get_spans` of spacy-transformers' models, in the place of
    `spacy-transformers.strided_spans.v1`, whose windows have a number of tokens and any number of
    word pieces: those for which the encoder has no room are cut off there without a word, so that
    a list of web addresses, say, has words that nobody has read. Texts that need a single window
    get the same one here.

    window: The most tokens of a window.
    stride: How many tokens later the next one begins; in a window that ends earlier, that share
        of its tokens.
    max_bytes: The most bytes of a window in UTF-8. A piece of a word has one at least, so that 500
        of them are pieces for which an encoder with 512 positions has room. A token that is longer
        by itself has a window of its own, and the encoder reads its beginning.
    RETURNS: What gives the spans of docs.
    """
    return partial(bounded_spans, window=window, stride=stride, max_bytes=max_bytes)


def bounded_spans(
    docs: Iterable[Doc], *, window: int, stride: int, max_bytes: int
) -> list[list[Span]]:
    """Windows of each doc, in order, which together have all of its tokens."""
    return [
        [doc[start:stop] for start, stop in cut(token_bytes(doc), window, stride, max_bytes)]
        for doc in docs
    ]


def token_bytes(doc: Doc) -> Ints:
    """How many bytes each token has (n_tokens, int64)."""
    if doc.text.isascii():
        lengths: Ints = doc.to_array([LENGTH]).reshape(-1).astype(np.int64)
        return lengths
    return np.array([len(token.text.encode()) for token in doc], dtype=np.int64)


def cut(sizes: Ints, window: int, stride: int, max_bytes: int) -> list[tuple[int, int]]:
    """Bounds of windows; see `create_bounded_spans`.

    sizes (n_tokens): The bytes of each token.
    RETURNS: Where windows start and stop.
    """
    ends = np.cumsum(sizes)
    bounds = []
    start = stop = 0
    while stop < len(sizes):
        before = ends[start] - sizes[start]
        fits = int(np.searchsorted(ends, before + max_bytes, side="right"))
        stop = min(max(fits, start + 1), start + window, len(sizes))
        bounds.append((start, stop))
        start += max((stop - start) * stride // window, 1)
    return bounds
