"""Scores of pretrained encoder-decoders against plain forward passes, one text and tag at a time.

The reference writes its own texts, and asks the model of `transformers` for whole targets, without
cache, without padding and without sharing anything.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
import pytest
import spacy
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from spacy.tokens import Doc
from strategies import (
    DocPlan,
    check_prediction,
    doc_plans,
    forced_targets,
    history_of,
    legal_mask,
)

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from tiny_seq2seq import saved  # noqa: E402

from spacy_halfree.models.sentinel.formats import SentinelTagFormat, TagOnlyFormat  # noqa: E402
from spacy_halfree.models.sentinel.ragged import Ragged  # noqa: E402
from spacy_halfree.models.windows import split_into_windows  # noqa: E402
from spacy_halfree.types import Ints, TaggingBatch  # noqa: E402

LABELS = ("object", "object_name", "PER", "O")
"""One is the beginning of another's wording; one is called like a tag that is no label's."""
WORDINGS = {"O tag": "O", "I tag": "I", "PER": "person", "object_name": "object name", "O": "o"}
VOCAB = spacy.blank("xx").vocab
STYLES = ("token", "words")
MAIN_FAMILIES = ("t5", "mt5", "bart")
OTHER_FAMILIES = (
    *("flan-t5", "umt5", "longt5", "switch"),
    *("mbart", "pegasus", "marian", "m2m100", "blenderbot", "blenderbot-small"),
    *("bigbird-pegasus", "plbart"),
)


class InputTagFormat:
    """Reads `w_1 ... w_n`, writes `w_1 y_1 ... w_n y_n s`: marks of several tokens."""

    def max_words(self, n_sentinels: int) -> int | None:
        return None

    def input_lengths(self, piece_lengths: Ints) -> Ints:
        return piece_lengths

    def mark_lengths(self, piece_lengths: Ints) -> Ints:
        return piece_lengths

    def write_input(self, pieces: Ragged, sentinels: Ints) -> Ints:
        return pieces.data

    def write_marks(self, pieces: Ragged, sentinels: Ints) -> Ragged:
        return pieces.followed_by(Ragged.of([sentinels[:1]]))


FORMATS: dict[str, Any] = {
    "sentinel tag": SentinelTagFormat(),
    "tag only": TagOnlyFormat(),
    "input tag": InputTagFormat(),
}


@lru_cache
def tagger(family: str, style: str, name: str = "sentinel tag", **config: Any) -> Any:
    from spacy_halfree.models.architectures import build_sentinel_seq2seq
    from spacy_halfree.pipeline.tagger import HalfreeTagger

    model = build_sentinel_seq2seq(
        saved(family), label_style=style, format=FORMATS[name], margin=1, **config
    )
    pipe = HalfreeTagger(VOCAB, model, labels=LABELS)
    nlp = spacy.blank("xx", vocab=VOCAB)
    torch.manual_seed(3)
    pipe.initialize(lambda: [spacy.training.Example.from_dict(nlp.make_doc("a b"), {})], nlp=nlp)
    sharpen_labels(pipe)
    return pipe


def module_of(pipe: Any) -> Any:
    """thinc's shims have no public name for the module that they hold."""
    return pipe.model.shims[0]._model


def sharpen_labels(pipe: Any) -> None:
    """Random models find long wordings so improbable that only short ones would be decoded."""
    module = module_of(pipe)
    vocabulary = module.vocabulary
    tokens = torch.as_tensor(np.unique(np.append(vocabulary.tags.data, vocabulary.sentinels)))
    with torch.no_grad():
        weight = module.language_model.pretrained.get_output_embeddings().weight
        weight[tokens] *= 3


# -- the reference


class Reference:
    def __init__(self, pipe: Any, name: str) -> None:
        module = module_of(pipe)
        self.model = module.language_model.pretrained
        self.tokenizer = pipe.model.shims[0].tokenizer
        self.name = name
        self.one_token = module.one_token
        self.vocabulary = module.vocabulary
        self.sentinels = self.vocabulary.sentinels.tolist()
        names = ["O tag", "I tag", *LABELS]
        if self.one_token:
            self.tags = [
                [self.tokenizer.convert_tokens_to_ids(f"<halfree_tag_{i}>")]
                for i in range(len(names))
            ]
        else:
            self.tags = [self.pieces(WORDINGS.get(name, name)) for name in names]
        self.unknown = [self.tokenizer.unk_token_id]
        begin = self.tokenizer.bos_token_id
        self.before = [] if begin is None else [begin]

    def pieces(self, text: str) -> list[int]:
        return self.tokenizer(f" {text}", add_special_tokens=False)["input_ids"]

    def input_ids(self, words: list[str]) -> list[int]:
        ids: list[int] = []
        for i, word in enumerate(words):
            if self.name == "sentinel tag":
                ids.append(self.sentinels[i])
            ids += self.pieces(word) or self.unknown
        return [*self.before, *ids, self.tokenizer.eos_token_id]

    def mark(self, words: list[str], i: int) -> list[int]:
        """What comes before the tag of word i, or after the last one."""
        if self.name == "sentinel tag":
            return [self.sentinels[i]]
        if self.name == "tag only":
            return [self.sentinels[0]] if i else []
        return (self.pieces(words[i]) or self.unknown) if i < len(words) else [self.sentinels[0]]

    def target(self, words: list[str], tags: list[int]) -> list[int]:
        """Up to before the tag of the word after the given ones."""
        ids: list[int] = []
        for i, tag in enumerate(tags):
            ids += self.mark(words, i) + (self.unknown if tag < 0 else self.tags[tag])
        return ids + self.mark(words, len(tags))

    def log_probabilities(self, words: list[str], target: list[int], following: list[int]) -> float:
        # the shim leaves its module ready for training
        self.model.eval()
        decoder_input = [self.model.config.decoder_start_token_id, *target, *following]
        with torch.no_grad():
            logits = self.model(
                input_ids=torch.tensor([self.input_ids(words)]),
                decoder_input_ids=torch.tensor([decoder_input[:-1]]),
                use_cache=False,
            ).logits[0]
        own = logits[-len(following) :].double().log_softmax(dim=1)
        return float(own[torch.arange(len(following)), following].sum())

    def scores(self, words: list[str], tags: list[int]) -> NDArray[np.float64]:
        """Of all tags of the word after the given tags."""
        target = self.target(words, tags)
        end = [] if self.one_token else self.mark(words, len(tags) + 1)[:1]
        return np.array(
            [self.log_probabilities(words, target, [*tokens, *end]) for tokens in self.tags]
        )


def normalize(scores: NDArray[np.float64], legal: NDArray[np.bool_]) -> NDArray[np.float64]:
    exponentials = np.where(legal, np.exp(scores - scores[legal].max()), 0)
    return exponentials / exponentials.sum()


def windows_of(reference: Reference, words: list[str]) -> list[Any]:
    """Windows of at most so many words as there are sentinels for, cut by length too."""
    from spacy_halfree.models.windows import TokenLimit

    n_words = len(words)
    lengths = [len(reference.pieces(word)) or 1 for word in words]
    is_sentinel_tag = reference.name == "sentinel tag"
    size = len(reference.sentinels) - 1 if is_sentinel_tag else n_words
    longest = max(map(len, [*reference.tags, reference.unknown]))
    around = len(reference.before) + 1
    inputs = np.array(lengths) + is_sentinel_tag
    marks = np.array(lengths) if reference.name == "input tag" else np.ones(n_words, dtype=int)
    limits = [TokenLimit(inputs, 64 - around), TokenLimit(marks + longest, 64 - 2)]
    return split_into_windows(n_words, size, 1, limits)


def reference_decode(
    reference: Reference, batch: TaggingBatch, forced: Ints | None = None
) -> tuple[NDArray[np.float64], list[int]]:
    """Text by text, window by window, word by word, tag by tag."""
    rows, decided = [], []
    for doc, length in zip(batch.docs, batch.lengths.tolist(), strict=True):
        words = [token.text for token in doc if not token.is_space]
        start = len(decided)
        for window in windows_of(reference, words) if words else []:
            seen = words[window.start : window.end]
            for i in range(window.first, window.stop):
                known = decided[start + window.start : start + i]
                previous = decided[start + i - 1] if i else batch.start
                legal = batch.transitions[previous]
                if batch.allowed is not None:
                    legal = legal & batch.allowed[start + i]
                row = normalize(reference.scores(seen, known), legal)
                rows.append(row)
                tag = int(row.argmax()) if forced is None else int(forced[start + i])
                decided.append(tag)
        assert len(decided) == start + length
    return np.array(rows).reshape(-1, batch.n_tags), decided


def check_against_reference(pipe: Any, name: str, docs: list[Doc]) -> None:
    reference = Reference(pipe, name)
    batch, prediction = pipe.predict(docs)
    check_prediction(batch, prediction)
    expected, tags = reference_decode(reference, batch)
    np.testing.assert_allclose(prediction.probabilities, expected, atol=1e-4)
    assert prediction.tags.tolist() == tags
    # the same under known previous tags, all words at once
    if batch.n_words:
        forced = pipe.model.predict((batch, forced_targets(batch, prediction.tags)))
        np.testing.assert_allclose(forced.probabilities, expected, atol=1e-4)


def make_docs() -> list[Doc]:
    """Different lengths, one with several windows, one empty, one with pinned entities."""
    texts = ["play Abbey Road", "a London é 12 . Straße 新 by The Beatles in London", "", "object"]
    docs = [Doc(VOCAB, words=text.split()) for text in texts]
    pinned = Doc(VOCAB, words=["play", "新", "\n", "Road", "Zürich", "tonight", "find"])
    pinned.set_ents(
        [spacy.tokens.Span(pinned, 1, 4, label="PER")], blocked=[pinned[5:6]], default="missing"
    )
    return [*docs, pinned]


# -- tests


@pytest.mark.parametrize("name", list(FORMATS))
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("family", MAIN_FAMILIES)
def test_distributions_and_tags_equal_plain_forward_passes(
    family: str, style: str, name: str
) -> None:
    check_against_reference(tagger(family, style, name), name, make_docs())


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("family", OTHER_FAMILIES)
def test_other_families(family: str, style: str) -> None:
    check_against_reference(tagger(family, style), "sentinel tag", make_docs())


several_docs = st.lists(doc_plans(LABELS, max_tokens=12), min_size=1, max_size=4)


@pytest.mark.parametrize("family", MAIN_FAMILIES)
@pytest.mark.parametrize("style", STYLES)
# an example takes a second, so that simplifying one would take minutes
@settings(max_examples=8, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(plans=several_docs)
def test_any_docs_in_batches_of_any_size(family: str, style: str, plans: list[DocPlan]) -> None:
    pipe = tagger(family, style, max_batch_items=30)
    check_against_reference(pipe, "sentinel tag", [plan.build(VOCAB) for plan in plans])


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("family", MAIN_FAMILIES)
def test_all_tag_sequences(family: str, style: str) -> None:
    """Probabilities of whole sequences, under each sequence's own previous tags; they sum to 1."""
    pipe = tagger(family, style)
    reference = Reference(pipe, "sentinel tag")
    n_words = 2
    docs = [Doc(VOCAB, words=["play", "London"]) for _ in range(6**n_words)]
    sequences = list(product(range(6), repeat=n_words))
    batch = pipe._batch(docs)
    tags = np.array(sequences).reshape(-1)
    found = pipe.model.predict((batch, forced_targets(batch, tags))).probabilities
    chosen = np.asarray(found)[np.arange(len(tags)), tags].reshape(-1, n_words).prod(axis=1)
    expected, _ = reference_decode(reference, batch, forced=tags)
    wanted = expected[np.arange(len(tags)), tags].reshape(-1, n_words).prod(axis=1)
    np.testing.assert_allclose(chosen, wanted, atol=1e-4)
    legal = legal_mask(batch, history_of(batch, tags))[np.arange(len(tags)), tags]
    is_legal = legal.reshape(-1, n_words).all(axis=1)
    assert (chosen[~is_legal] == 0).all()
    assert chosen[is_legal].sum() == pytest.approx(1, abs=1e-3)
