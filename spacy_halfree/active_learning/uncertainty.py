"""How much there is to learn from a text, told from the distributions of one model or several.

Three measures of a word, all in nats, given the tags decoded before it:

- *entropy*: `H(p) = -sum_t p(t) log p(t)` of the model's distribution, of the mean if there are
  several models. Summed over a text it is the total token entropy of Settles and Craven 2008 (*An
  Analysis of Active Learning Strategies for Sequence Labeling Tasks*, EMNLP), which was among the
  best there; its mean over words is their token entropy.
- *confidence*: `-log p(y)` of the decoded tag. Summed over a text it is `-log p(tags | text)`,
  which orders texts as the least confidence of Culotta and McCallum 2005 (*Reducing Labeling Effort
  for Structured Prediction Tasks*, AAAI) does. Its mean over words is the normalized one of Shen et
  al. 2018 (*Deep Active Learning for Named Entity Recognition*, arXiv 1707.05928: MNLP).
- *disagreement*: `H(mean_m p_m) - mean_m H(p_m)`, the mutual information between a word's tag and
  the choice of the model. It is zero where all models say the same, however unsure they are: what
  they could learn, without what nobody can know (BALD, Houlsby et al. 2011, arXiv 1112.5745; for
  sequence labelling Siddhant and Lipton 2018, arXiv 1808.05697).

The entropy of the mean is the disagreement plus the models' own mean entropy, so that the entropy
of several models holds their disagreement already.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from ..types import Doubles, Floats, Ints

Measure = Literal["entropy", "confidence", "disagreement"]
MEASURES = ("entropy", "confidence", "disagreement")
Unit = Literal["text", "word"]
UNITS = ("text", "word")


def entropies(probabilities: Floats) -> Doubles:
    """The entropy of each word's distribution.

    probabilities (n_words x n_tags, float32): Rows that sum to 1.
    RETURNS (n_words, float64): From 0 to log(n_tags) nats.
    """
    known = probabilities.astype(np.float64)
    # a tag that is not allowed adds nothing
    logarithms = np.log(known, out=np.zeros_like(known), where=known > 0)
    return np.maximum(-(known * logarithms).sum(axis=1), 0.0)


def surprisals(probabilities: Floats, tags: Ints) -> Doubles:
    """How improbable each word's decoded tag is.

    probabilities (n_words x n_tags, float32): Rows that sum to 1.
    tags (n_words, int64): The decoded tags.
    RETURNS (n_words, float64): -log(probability), from 0 on, in nats.
    """
    chosen = np.take_along_axis(probabilities, tags[:, None], axis=1)[:, 0].astype(np.float64)
    return np.maximum(-np.log(np.maximum(chosen, np.finfo(np.float64).tiny)), 0.0)


def disagreements(members: Sequence[Floats]) -> Doubles:
    """How far several models are from each other at each word.

    members (each n_words x n_tags, float32): Each model's distributions, under the same tags.
    RETURNS (n_words, float64): Mutual information in nats, from 0 to log(number of models).
    """
    # in double precision, so that equal models differ by nothing
    mean = np.mean([own.astype(np.float64) for own in members], axis=0)
    mean_of_entropies = np.mean([entropies(own) for own in members], axis=0)
    return np.maximum(entropies(mean) - mean_of_entropies, 0.0)


def score_texts(words: Doubles, lengths: Ints, unit: Unit) -> Doubles:
    """From the measure of each word to that of each text.

    words (n_words, float64): The measure at each word, texts laid end to end.
    lengths (n_texts, int64): The number of words of each text.
    unit: "text" for the sum over a text's words, "word" for their mean.
    RETURNS (n_texts, float64): The scores; 0 for a text without words.
    """
    text_of_word = np.repeat(np.arange(len(lengths)), lengths)
    sums = np.bincount(text_of_word, weights=words, minlength=len(lengths)).astype(np.float64)
    return sums / np.maximum(lengths, 1) if unit == "word" else sums
