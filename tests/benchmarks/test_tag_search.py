"""Search over tag sequences, against trying them all."""

from itertools import product

import numpy as np
import pytest
from toy_pipelines import make_examples, make_nlp, train

from benchmarks.accuracy.decoding import beam_search, log_distributions, viterbi

TEXTS = ["Play Debut by", "Björk", "Zürich Road"]


def make_tagger(architecture):
    nlp, tagger = make_nlp(architecture)
    train(nlp, make_examples(nlp), 4)
    return nlp, tagger


def try_all(tagger, doc):
    """The most probable sequence of a text, by the chain rule."""
    words = np.arange(len(doc))
    sequences = [np.array(tags) for tags in product(range(tagger.scheme.n_tags), repeat=len(doc))]
    scores = [log_distributions(tagger, [doc], tags)[words, tags].sum() for tags in sequences]
    return sequences[int(np.argmax(scores))].tolist()


@pytest.mark.parametrize("architecture", ["first_order", "aligned"])
def test_searches_find_the_best_sequence(architecture):
    nlp, tagger = make_tagger(architecture)
    docs = [nlp.make_doc(text) for text in TEXTS]
    lengths = np.array([len(doc) for doc in docs])
    expected = [tag for doc in docs for tag in try_all(tagger, doc)]
    # as wide as there are beginnings of two words: nothing is lost
    width = tagger.scheme.n_tags**2
    assert beam_search(tagger, docs, lengths, width).tolist() == expected
    if architecture == "first_order":
        assert viterbi(tagger, docs, lengths).tolist() == expected


@pytest.mark.parametrize("architecture", ["first_order", "aligned"])
def test_a_beam_of_one_is_greedy(architecture):
    nlp, tagger = make_tagger(architecture)
    docs = [nlp.make_doc(text) for text in TEXTS]
    batch, greedy = tagger.predict(docs)
    assert beam_search(tagger, docs, batch.lengths, 1).tolist() == greedy.tags.tolist()
