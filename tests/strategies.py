"""Random inputs shared by the tests, and the checks that go with them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray
from spacy.attrs import ENT_IOB, ENT_TYPE
from spacy.tokens import Doc, Span
from spacy.vocab import Vocab

from spacy_halfree.tagging.scheme import INSIDE, OUTSIDE, TagScheme
from spacy_halfree.types import Prediction, TaggingBatch, Targets

LABELS = ["O", "I", "LOC", "New label", "Straße", "地名", "B-LOC"]
FOREIGN_LABELS = ["OTHER", "not mine"]
WORDS = ["a", "London", "é", "12", ".", "Straße", "新"]
WHITE_SPACE = [" ", "\n", "\t\t", "  ", "\u00a0"]

seeds = st.integers(0, 2**32 - 1)
label_tuples = st.lists(st.sampled_from(LABELS), min_size=1, max_size=4, unique=True).map(tuple)
text_lengths = st.lists(st.integers(0, 7), max_size=5)


def normal(seed: int, *shape: int, scale: float = 1.0) -> NDArray[np.float32]:
    """Random numbers that depend on the seed and the shape only."""
    return np.random.default_rng(seed).normal(scale=scale, size=shape).astype(np.float32)


# -- docs ---------------------------------------------------------------------------------------


@dataclass
class DocPlan:
    """A doc to build with any vocabulary.

    segments: Kind, first token, token after the last one, and label of each stretch of tokens;
        kinds are "free", "entity", "blocked" and "missing".
    """

    words: list[str]
    spaces: list[bool]
    segments: list[tuple[str, int, int, str]]

    def build(self, vocab: Vocab) -> Doc:
        doc = Doc(vocab, words=self.words, spaces=self.spaces)
        doc.set_ents(
            [
                Span(doc, start, end, label=label, kb_id=f"Q{start}", span_id=f"id{end}")
                for start, end, label in self.entities
            ],
            blocked=self.stretches(doc, "blocked"),
            missing=self.stretches(doc, "missing"),
        )
        return doc

    @property
    def entities(self) -> list[tuple[int, int, str]]:
        return [
            (start, end, label) for kind, start, end, label in self.segments if kind == "entity"
        ]

    def stretches(self, doc: Doc, wanted: str) -> list[Span]:
        return [doc[start:end] for kind, start, end, _ in self.segments if kind == wanted]


@st.composite
def doc_plans(draw: st.DrawFn, labels: tuple[str, ...], max_tokens: int = 10) -> DocPlan:
    """Docs of words and white space, with entities and blocked tokens here and there."""
    words = draw(
        st.lists(st.sampled_from(WORDS) | st.sampled_from(WHITE_SPACE), max_size=max_tokens)
    )
    spaces = draw(st.lists(st.booleans(), min_size=len(words), max_size=len(words)))
    segments = []
    start = 0
    while start < len(words):
        kind = draw(st.sampled_from(["free", "free", "entity", "entity", "blocked", "missing"]))
        end = min(len(words), start + draw(st.integers(1, 4)))
        label = draw(st.sampled_from([*labels, *FOREIGN_LABELS]))
        segments.append((kind, start, end, label))
        start = end
    return DocPlan(words, spaces, segments)


def entity_facts(doc: Doc) -> list[tuple[int, int, str, str, str]]:
    return [(ent.start, ent.end, ent.label_, ent.kb_id_, ent.id_) for ent in doc.ents]


def iob_and_types(doc: Doc) -> list[list[int]]:
    return doc.to_array([ENT_IOB, ENT_TYPE]).reshape(-1, 2).tolist()


# -- batches for heads, which do not look at docs -----------------------------------------------


def make_head_batch(
    scheme: TagScheme, lengths: list[int], allowed: NDArray[np.bool_] | None = None
) -> TaggingBatch:
    n_words = sum(lengths)
    return TaggingBatch(
        docs=[],
        words=np.arange(n_words),
        lengths=np.array(lengths, dtype=np.int64),
        transitions=scheme.transitions,
        labels=scheme.labels,
        allowed=allowed,
    )


@st.composite
def head_batches(
    draw: st.DrawFn, max_length: int = 7, min_words: int = 0, spans: bool | None = None
) -> TaggingBatch:
    """Batches without docs: lengths, transitions, and masks under which each word has a tag."""
    is_spans = draw(st.booleans()) if spans is None else spans
    scheme = TagScheme(draw(label_tuples), is_spans)
    lengths = draw(
        st.lists(st.integers(0, max_length), max_size=5).filter(lambda n: sum(n) >= min_words)
    )
    if draw(st.booleans()):
        return make_head_batch(scheme, lengths)
    n_tags = scheme.n_tags
    allowed = np.ones((sum(lengths), n_tags), dtype=bool)
    row = 0
    for length in lengths:
        in_pinned_span = False
        for _ in range(length):
            kind = draw(st.sampled_from(["free", "forced", "some", "inside"]))
            if kind == "inside" and in_pinned_span:
                allowed[row] = np.arange(n_tags) == INSIDE
            elif kind == "forced":
                tag = draw(st.integers(0, n_tags - 1).filter(lambda t: not is_spans or t != INSIDE))
                allowed[row] = np.arange(n_tags) == tag
                in_pinned_span = is_spans and tag != OUTSIDE
            else:
                if kind == "some":
                    keep = draw(st.lists(st.booleans(), min_size=n_tags, max_size=n_tags))
                    allowed[row] = keep
                    # what may follow anything, so that no choice before leads nowhere
                    allowed[row, draw(st.sampled_from([0, n_tags - 1]))] = True
                in_pinned_span = False
            row += 1
    return make_head_batch(scheme, lengths, allowed)


def history_of(batch: TaggingBatch, tags: NDArray[np.int64]) -> NDArray[np.int64]:
    """The tag before each word, found text by text."""
    previous_tags = []
    position = 0
    for length in batch.lengths.tolist():
        own = tags[position : position + length].tolist()
        previous_tags += [batch.start, *own[:-1]][:length]
        position += length
    return np.array(previous_tags, dtype=np.int64)


def forced_targets(batch: TaggingBatch, tags: NDArray[np.int64]) -> Targets:
    """Known tags to condition on and to learn."""
    n_words = batch.n_words
    return Targets(
        tags=tags,
        previous_tags=history_of(batch, tags),
        distributions=np.eye(batch.n_tags, dtype=np.float32)[tags],
        weights=np.ones(n_words, dtype=np.float32),
        is_soft=np.zeros(n_words, dtype=bool),
    )


def legal_mask(batch: TaggingBatch, previous_tags: NDArray[np.int64]) -> NDArray[np.bool_]:
    legal = batch.transitions[previous_tags]
    return legal if batch.allowed is None else legal & batch.allowed


def reference_softmax(
    logits: NDArray[Any], batch: TaggingBatch, previous_tags: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Word by word, over the allowed tags only."""
    probabilities = np.zeros(logits.shape, dtype=np.float64)
    legal = legal_mask(batch, previous_tags)
    for i in range(len(logits)):
        scores = logits[i][legal[i]].astype(np.float64)
        exponentials = np.exp(scores - scores.max())
        probabilities[i, legal[i]] = exponentials / exponentials.sum()
    return probabilities


def check_prediction(batch: TaggingBatch, prediction: Prediction) -> None:
    """Whatever the weights are: one legal tag per word, the most probable one of its row."""
    tags, probabilities = prediction.tags, prediction.probabilities
    assert tags.shape == (batch.n_words,)
    assert probabilities.shape == (batch.n_words, batch.n_tags)
    legal = legal_mask(batch, history_of(batch, tags))
    rows = np.arange(len(tags))
    assert legal[rows, tags].all()
    assert (probabilities[~legal] == 0).all()
    assert np.isfinite(probabilities).all()
    assert np.allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    assert (probabilities[rows, tags] == probabilities.max(axis=1, initial=0)).all()


# -- whole components ---------------------------------------------------------------------------

COMPONENT_LABELS = ("LOC", "O", "New label")


def check_entities(pipe: Any, plans: list[DocPlan], docs: list[Doc]) -> None:
    """Tag entities, and compare the docs with what was planned for them."""
    before = [entity_facts(doc) for doc in docs]
    codes = [iob_and_types(doc) for doc in docs]
    batch, prediction = pipe.predict(docs)
    check_prediction(batch, prediction)
    n_words = [sum(not token.is_space for token in doc) for doc in docs]
    assert batch.lengths.tolist() == n_words
    pipe.set_annotations(docs, (batch, prediction))
    for doc, plan, preset, code in zip(docs, plans, before, codes, strict=True):
        after = entity_facts(doc)
        assert set(preset) <= set(after)
        blocked = {
            i
            for kind, start, end, _ in plan.segments
            if kind == "blocked"
            for i in range(start, end)
        }
        after_codes = iob_and_types(doc)
        assert all(after_codes[i] == code[i] for i in blocked)
        taken = blocked | {i for start, end, *_ in preset for i in range(start, end)}
        for start, end, label, *_ in after:
            if any((start, end) == entity[:2] for entity in preset):
                continue
            assert 0 <= start < end <= len(doc)
            assert label in COMPONENT_LABELS
            assert not doc[start].is_space
            assert not doc[end - 1].is_space
            assert not taken & set(range(start, end))


def check_span_group(pipe: Any, docs: list[Doc]) -> None:
    """Tag spans: legal ones, and nothing else on the docs changes."""
    before = [(entity_facts(doc), iob_and_types(doc)) for doc in docs]
    batch, prediction = pipe.predict(docs)
    check_prediction(batch, prediction)
    pipe.set_annotations(docs, (batch, prediction))
    for doc, unchanged in zip(docs, before, strict=True):
        assert (entity_facts(doc), iob_and_types(doc)) == unchanged
        spans = list(doc.spans["sc"])
        for span in spans:
            assert 0 <= span.start < span.end <= len(doc)
            assert span.label_ in COMPONENT_LABELS
            assert not doc[span.start].is_space
            assert not doc[span.end - 1].is_space
        for first, second in pairwise(spans):
            assert first.end <= second.start


def component_config(architecture: str, target: str, **settings: Any) -> dict[str, Any]:
    return {
        "model": {
            "@architectures": architecture,
            "tok2vec": {
                "@architectures": "spacy.HashEmbedCNN.v2",
                "pretrained_vectors": None,
                "width": 8,
                "depth": 1,
                "embed_size": 50,
                "window_size": 1,
                "maxout_pieces": 2,
                "subword_features": True,
            },
            **settings,
        },
        "labels": list(COMPONENT_LABELS),
        "target": target,
    }


# -- two tokenizations of one text --------------------------------------------------------------


@dataclass
class TwoTokenizations:
    """A text as two lists of tokens (words and the spaces after them)."""

    predicted: tuple[list[str], list[bool]]
    reference: tuple[list[str], list[bool]]

    def build(self, vocab: Vocab) -> tuple[Doc, Doc]:
        (x_words, x_spaces), (y_words, y_spaces) = self.predicted, self.reference
        predicted = Doc(vocab, words=x_words, spaces=x_spaces)
        reference = Doc(vocab, words=y_words, spaces=y_spaces)
        assert predicted.text == reference.text
        return predicted, reference


@st.composite
def two_tokenizations(draw: st.DrawFn) -> TwoTokenizations:
    pieces = draw(st.lists(st.text("abcé", min_size=1, max_size=5), min_size=1, max_size=5))

    def cut() -> tuple[list[str], list[bool]]:
        words: list[str] = []
        spaces: list[bool] = []
        for piece in pieces:
            cuts = draw(st.sets(st.integers(1, len(piece) - 1))) if len(piece) > 1 else set()
            bounds = [0, *sorted(cuts), len(piece)]
            parts = [piece[a:b] for a, b in pairwise(bounds)]
            words += parts
            spaces += [False] * (len(parts) - 1) + [True]
        return words, spaces

    return TwoTokenizations(cut(), cut())


@st.composite
def span_bounds(draw: st.DrawFn, n_tokens: int) -> list[tuple[int, int]]:
    """Spans that do not overlap, some of them adjacent."""
    bounds = []
    start = 0
    while start < n_tokens:
        length = min(draw(st.integers(1, 3)), n_tokens - start)
        if draw(st.booleans()):
            bounds.append((start, start + length))
        start += length
    return bounds
