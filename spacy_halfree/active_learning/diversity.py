"""How alike texts are, and a choice of texts that differ from each other and from what is known.

A text's vector counts its character n-grams, hashed to a fixed number of columns with a random
sign (feature hashing, Weinberger et al. 2009, arXiv 0902.2206). That needs neither a vocabulary nor
words between spaces, and small changes of spelling change it little. Texts are alike by the cosine
of their vectors.
"""

import unicodedata
from collections.abc import Sequence

import numpy as np

from ..types import Doubles, Floats, Ints

N_GRAMS = (3, 4, 5)
WIDTH = 1024
"""Of the vectors. Two texts that have nothing in common get a cosine of about 0 ± 0.03."""
EPSILON = 1e-5
TEXTS_AT_A_TIME = 256
CHARACTERS_AT_A_TIME = 100_000
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
"""2 ** 64 over the golden ratio, as in Fibonacci hashing."""


def normalize(text: str) -> str:
    """A text without what makes no difference: case, kinds and lengths of white space."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def embed_texts(texts: Sequence[str]) -> Floats:
    """The vectors of texts.

    texts: The texts.
    RETURNS (n_texts x WIDTH, float32): Rows of length 1; zeros for a text of white space alone.
    """
    vectors = np.zeros((len(texts), WIDTH), dtype=np.float32)
    start = n_characters = 0
    for end, text in enumerate(texts, start=1):
        n_characters += len(text)
        full = end - start == TEXTS_AT_A_TIME or n_characters >= CHARACTERS_AT_A_TIME
        if full or end == len(texts):
            vectors[start:end] = _count_ngrams(texts[start:end])
            start, n_characters = end, 0
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors /= np.maximum(lengths, np.finfo(np.float32).tiny)
    return vectors


def _count_ngrams(texts: Sequence[str]) -> Doubles:
    """(n_texts x WIDTH, float64): signed counts, dampened, of all texts' n-grams."""
    # with a space at both ends, words at the edge are words like others
    padded = [f" {normal} " if (normal := normalize(text)) else "" for text in texts]
    # half of a surrogate pair, as it may stand in JSON, is a character like any other here
    code_points = np.frombuffer(
        "".join(padded).encode("utf-32-le", "surrogatepass"), dtype="<u4"
    ).astype(np.uint64)
    rows = np.repeat(np.arange(len(texts)), [len(text) for text in padded])
    counts = np.zeros(len(texts) * WIDTH)
    for n in N_GRAMS:
        n_places = len(code_points) - n + 1
        if n_places < 1:
            continue
        hashes = np.full(n_places, n, dtype=np.uint64)
        for i in range(n):
            hashes = (hashes ^ code_points[i : i + n_places]) * MULTIPLIER
            hashes ^= hashes >> np.uint64(29)
        within = rows[:n_places] == rows[n - 1 :]
        columns = (hashes % np.uint64(WIDTH)).astype(np.int64)
        signs = np.where(hashes >> np.uint64(63), -1.0, 1.0)
        cells = rows[:n_places] * WIDTH + columns
        counts += np.bincount(cells[within], weights=signs[within], minlength=len(counts))
    # what is frequent in a long text should not be all that counts
    return (np.sign(counts) * np.sqrt(np.abs(counts))).reshape(len(texts), WIDTH)


def greatest_similarities(vectors: Floats, others: Floats) -> Floats:
    """How alike each text is to the one of others that is most like it.

    vectors (n_texts x WIDTH, float32): The texts.
    others (n_others x WIDTH, float32): The others.
    RETURNS (n_texts, float32): Cosines, from 0 to 1; 0 if there are no others.
    """
    greatest = np.zeros(len(vectors), dtype=np.float32)
    # so that the table of all pairs need not fit into memory
    for start in range(0, len(others), WIDTH):
        cosines = vectors @ others[start : start + WIDTH].T
        greatest = np.maximum(greatest, cosines.max(axis=1))
    return np.minimum(greatest, np.float32(1))


def expected_gains(scores: Doubles, similarities: Floats, diversity: float) -> Doubles:
    """What texts are worth, given those that are known already.

    scores (n_texts, float64): What each is worth by itself, from 0 on.
    similarities (n_texts, float32): How alike each is to its nearest known text, from 0 to 1.
    diversity: How much that takes away.
    RETURNS (n_texts, float64): score * (1 - similarity) ** diversity.
    """
    return scores * (1.0 - similarities.astype(np.float64)) ** diversity


def choose_diverse(
    scores: Doubles,
    vectors: Floats,
    known: Floats,
    n: int,
    *,
    diversity: float,
    max_similarity: float,
) -> tuple[Ints, Doubles]:
    """Choose texts one by one, each time the one with the greatest expected gain.

    A chosen text is known from then on, so the gain of all others that are like it falls: the
    greedy choice of maximal marginal relevance (Carbonell and Goldstein 1998, SIGIR), with a
    product in place of its difference, because scores and cosines are on different scales.

    scores (n_texts, float64): What each is worth by itself, from 0 on.
    vectors (n_texts x WIDTH, float32): The texts.
    known (n_known x WIDTH, float32): The texts that are labelled already.
    n: How many to choose.
    diversity: How much likeness takes away, see `expected_gains`.
    max_similarity: Texts at least so alike to a known or chosen one are not chosen at all.
    RETURNS: The places of the chosen texts (int64), in the order of choice, fewer than n if there
        are no more that differ; and their gains (float64). Of equal gains the first is taken.
    """
    # equal vectors may miss 1 by a rounding error
    too_alike = min(max_similarity, 1 - EPSILON)
    nearest = greatest_similarities(vectors, known)
    is_free = np.ones(len(scores), dtype=bool)
    chosen: list[int] = []
    gains: list[float] = []
    while len(chosen) < n:
        is_free &= nearest < too_alike
        if not is_free.any():
            break
        gain = np.where(is_free, expected_gains(scores, nearest, diversity), -1.0)
        best = int(gain.argmax())
        chosen.append(best)
        gains.append(float(gain[best]))
        is_free[best] = False
        nearest = np.maximum(nearest, greatest_similarities(vectors, vectors[best : best + 1]))
    return np.array(chosen, dtype=np.int64), np.array(gains)
