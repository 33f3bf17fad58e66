"""Greedy decoding: which tags are chosen, from which scores and after which tags."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from strategies import head_batches, history_of, legal_mask, normal, seeds

torch = pytest.importorskip("torch")

from spacy_halfree.models.torch.decoding import Decoding  # noqa: E402
from spacy_halfree.types import TaggingBatch  # noqa: E402

CPU = torch.device("cpu")


@given(head_batches(max_length=9, min_words=1), seeds)
def test_tags_are_the_best_legal_ones(batch: TaggingBatch, seed: int) -> None:
    """However the words are walked through: text by text, or word by word."""
    scores = torch.as_tensor(normal(seed, batch.n_words, batch.n_tags))
    by_text, by_word = (
        Decoding.start(batch.lengths, batch.transitions, batch.allowed, torch.float32, CPU)
        for _ in range(2)
    )
    for words in torch.arange(batch.n_words).split(batch.lengths.tolist()):
        if len(words):
            by_text.tags[words + 1] = by_text.walk(words, scores[words])
        for word in words.split(1):
            by_word.choose(word, scores[word], by_word.legal(word, by_word.before(word)))
    tags = by_text.tags[1:].numpy()
    previous_tags = history_of(batch, tags)
    expected = np.where(legal_mask(batch, previous_tags), scores.numpy(), -np.inf).argmax(axis=1)
    assert tags.tolist() == expected.tolist() == by_word.tags[1:].tolist()
    assert by_text.previous_tags.tolist() == previous_tags.tolist()
    assert torch.equal(by_word.logits, scores)


@pytest.mark.parametrize("score", [np.nan, np.inf, -np.inf])
def test_broken_scores_break_no_constraint(score: float) -> None:
    transitions = np.array([[True, False], [True, True], [True, False]])
    decoding = Decoding.start(np.array([1]), transitions, None, torch.float32, CPU)
    word, scores = torch.tensor([0]), torch.tensor([[score, np.inf]])
    assert decoding.walk(word, scores).tolist() == [0]
    legal = decoding.legal(word, decoding.before(word))
    assert decoding.choose(word, scores, legal).tolist() == [0]
