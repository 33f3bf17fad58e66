"""The aligned decoder against a plain numpy one, alone and in batches, whole and in windows."""

from __future__ import annotations

from dataclasses import replace
from math import erf
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from strategies import head_batches, history_of, legal_mask, make_head_batch, normal, seeds

torch = pytest.importorskip("torch")

from spacy_halfree.models.torch.aligned_decoder import AlignedDecoder, DecoderSizes  # noqa: E402
from spacy_halfree.models.windows import (  # noqa: E402
    join_rounds,
    split_into_windows,
    window_rounds,
)
from spacy_halfree.tagging.scheme import TagScheme  # noqa: E402
from spacy_halfree.types import TaggingBatch  # noqa: E402

WIDTH, HEADS = 8, 2
batches = head_batches(max_length=9, min_words=1)
windows = st.sampled_from([(256, 32), (5, 1), (3, 1), (4, 0), (1, 0), (7, 3)])


def random_decoder(
    n_tags: int, seed: int, window: tuple[int, int] = (256, 32), dtype: Any = torch.float64
) -> AlignedDecoder:
    """With an odd seed, the last two tags share words of their labels' names; there is a draft
    unless the seed is a multiple of 3."""
    torch.manual_seed(seed % 2**31)
    sizes = DecoderSizes(
        width=WIDTH,
        n_tags=n_tags,
        layers=2,
        heads=HEADS,
        hidden_factor=2,
        window=window[0],
        margin=window[1],
        label_words=[[0], [0, 1]] if seed % 2 and n_tags > 1 else [],
    )
    decoder = AlignedDecoder(sizes, draft=seed % 3 > 0)
    with torch.no_grad():
        for parameter in decoder.parameters():
            parameter.normal_(std=0.7)
    return decoder.to(dtype).eval()


def decode(
    decoder: AlignedDecoder,
    vectors: NDArray[Any],
    batch: TaggingBatch,
    previous_tags: NDArray[np.int64] | None = None,
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    with torch.no_grad():
        logits, used, _ = decoder(
            torch.as_tensor(vectors, dtype=decoder.output.weight.dtype),
            lengths=batch.lengths,
            transitions=torch.as_tensor(batch.transitions),
            allowed=None if batch.allowed is None else torch.as_tensor(batch.allowed),
            previous_tags=None if previous_tags is None else torch.as_tensor(previous_tags),
        )
    return logits.numpy(), used.numpy()


def best_tags(
    logits: NDArray[Any], previous_tags: NDArray[np.int64], batch: TaggingBatch
) -> NDArray[np.int64]:
    return np.where(legal_mask(batch, previous_tags), logits, -np.inf).argmax(axis=1)


# -- the same in plain numpy, for the words of one window


def linear(layer: Any, x: NDArray[Any]) -> NDArray[Any]:
    return x @ layer.weight.detach().numpy().T + layer.bias.detach().numpy()


def layer_norm(layer: Any, x: NDArray[Any]) -> NDArray[Any]:
    centred = x - x.mean(axis=1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + layer.eps)
    return scaled * layer.weight.detach().numpy() + layer.bias.detach().numpy()


def attention(layer: Any, states: NDArray[Any], seen: NDArray[Any], causal: bool) -> NDArray[Any]:
    queries, keys, values = (
        linear(part, x)
        for part, x in ((layer.query, states), (layer.key, seen), (layer.value, seen))
    )
    size = WIDTH // HEADS
    mixed = np.zeros_like(queries)
    for head in range(HEADS):
        own = slice(head * size, (head + 1) * size)
        for i in range(len(states)):
            last = i + 1 if causal else len(seen)
            scores = keys[:last, own] @ queries[i, own] / np.sqrt(size)
            shares = np.exp(scores - scores.max())
            mixed[i, own] = (shares / shares.sum()) @ values[:last, own]
    return linear(layer.output, mixed)


def reference_scores(
    decoder: AlignedDecoder, memory: NDArray[Any], previous_tags: NDArray[np.int64]
) -> NDArray[Any]:
    embedding = decoder.tag_embedding.weight.detach().numpy().copy()
    output = decoder.output.weight.detach().numpy().copy()
    if decoder.shared is not None:
        for tag, words in ((-2, [0]), (-1, [0, 1])):
            for word in words:
                embedding[tag - 1] += decoder.shared.embeddings[word].detach().numpy()
                output[tag] += decoder.shared.outputs[word].detach().numpy()
    states = layer_norm(decoder.input_norm, memory[: len(previous_tags)] + embedding[previous_tags])
    for layer in decoder.layers:
        own = attention(layer.self_attention, states, states, causal=True)
        states = layer_norm(layer.self_norm, states + own)
        other = attention(layer.cross_attention, states, memory, causal=False)
        states = layer_norm(layer.cross_norm, states + other)
        hidden = linear(layer.expand, states)
        hidden = hidden * 0.5 * (1 + np.vectorize(erf, otypes=[float])(hidden / np.sqrt(2)))
        states = layer_norm(layer.output_norm, states + linear(layer.contract, hidden))
    return states @ output.T + decoder.output.bias.detach().numpy()


def reference_decode(
    decoder: AlignedDecoder, vectors: NDArray[Any], batch: TaggingBatch
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Text by text, window by window, word by word, everything computed anew for each word."""
    logits = np.zeros((batch.n_words, batch.n_tags))
    previous_tags = np.zeros(batch.n_words, dtype=np.int64)
    offset = 0
    for length in batch.lengths.tolist():
        own = slice(offset, offset + length)
        before = [batch.start]
        for window in split_into_windows(length, decoder.sizes.window, decoder.sizes.margin):
            memory = vectors[own][window.start : window.end]
            for i in range(window.first, window.stop):
                known = np.array(before[window.start : i + 1])
                word = offset + i
                logits[word] = reference_scores(decoder, memory, known)[-1]
                previous_tags[word] = before[i]
                legal = batch.transitions[before[i]]
                if batch.allowed is not None:
                    legal = legal & batch.allowed[word]
                before.append(int(np.where(legal, logits[word], -np.inf).argmax()))
        offset += length
    return logits, previous_tags


Way = tuple[int, int]
"""The most texts that are decoded in blocks, and how many words a block has."""
all_ways = pytest.mark.parametrize(
    "way",
    [(0, 1), (100, 1), (100, 2), (100, 3), (100, 100)],
    ids=["steps", "blocks of 1", "blocks of 2", "blocks of 3", "one block"],
)


def choose(decoder: AlignedDecoder, way: Way) -> AlignedDecoder:
    decoder.most_in_blocks, decoder.block = way
    return decoder


@all_ways
@settings(max_examples=30)
@given(batch=head_batches(max_length=6, min_words=1), seed=seeds, window=windows)
def test_decoding_equals_the_numpy_reference(
    batch: TaggingBatch, seed: int, window: tuple[int, int], way: Way
) -> None:
    decoder = choose(random_decoder(batch.n_tags, seed, window), way)
    vectors = normal(seed, batch.n_words, WIDTH).astype(np.float64)
    logits, previous_tags = decode(decoder, vectors, batch)
    expected_logits, expected_history = reference_decode(decoder, vectors, batch)
    assert previous_tags.tolist() == expected_history.tolist()
    assert np.allclose(logits, expected_logits, atol=1e-8)


# -- against itself


@all_ways
@given(batch=batches, seed=seeds, window=windows)
def test_decoding_equals_teacher_forcing(
    batch: TaggingBatch, seed: int, window: tuple[int, int], way: Way
) -> None:
    decoder = choose(random_decoder(batch.n_tags, seed, window, torch.float32), way)
    vectors = normal(seed, batch.n_words, WIDTH)
    logits, previous_tags = decode(decoder, vectors, batch)
    assert (
        previous_tags.tolist()
        == history_of(batch, best_tags(logits, previous_tags, batch)).tolist()
    )
    forced, same_history = decode(decoder, vectors, batch, previous_tags)
    assert same_history.tolist() == previous_tags.tolist()
    assert np.allclose(logits, forced, rtol=1e-5, atol=1e-5)


@all_ways
@settings(max_examples=30)
@given(batch=batches, seed=seeds, window=windows)
def test_decoding_equals_scoring_with_growing_history(
    batch: TaggingBatch, seed: int, window: tuple[int, int], way: Way
) -> None:
    decoder = choose(random_decoder(batch.n_tags, seed, window), way)
    vectors = normal(seed, batch.n_words, WIDTH).astype(np.float64)
    rounds = join_rounds(window_rounds(batch.lengths, *window))
    previous_tags = np.full(batch.n_words, batch.start)
    starts = set((np.cumsum(batch.lengths) - batch.lengths)[batch.lengths > 0].tolist())
    tensor = torch.as_tensor(vectors)
    for word in range(batch.n_words):
        with torch.no_grad():
            scores = decoder.score(tensor, rounds, torch.as_tensor(previous_tags)).numpy()
        if word + 1 < batch.n_words and word + 1 not in starts:
            previous_tags[word + 1] = best_tags(scores, previous_tags, batch)[word]
    logits, found = decode(decoder, vectors, batch)
    assert found.tolist() == previous_tags.tolist()
    assert np.allclose(logits, scores, atol=1e-8)


@given(batch=head_batches(max_length=30, min_words=1), seed=seeds)
def test_in_blocks_and_step_by_step_are_the_same_in_float32(batch: TaggingBatch, seed: int) -> None:
    decoder = random_decoder(batch.n_tags, seed, dtype=torch.float32)
    vectors = normal(seed, batch.n_words, WIDTH)
    logits, previous_tags = decode(choose(decoder, (0, 1)), vectors, batch)
    for block in (1, 3, 16, 100):
        others, same_history = decode(choose(decoder, (100, block)), vectors, batch)
        assert same_history.tolist() == previous_tags.tolist()
        assert np.allclose(others, logits, rtol=1e-5, atol=1e-5)


@given(batches, seeds, windows)
def test_texts_do_not_depend_on_their_neighbours(
    batch: TaggingBatch, seed: int, window: tuple[int, int]
) -> None:
    decoder = random_decoder(batch.n_tags, seed, window, torch.float32)
    vectors = normal(seed, batch.n_words, WIDTH)
    logits, previous_tags = decode(decoder, vectors, batch)
    bounds = np.cumsum([0, *batch.lengths]).tolist()
    for i, length in enumerate(batch.lengths.tolist()):
        if not length:
            continue
        own = slice(bounds[i], bounds[i + 1])
        alone = TaggingBatch(
            docs=[],
            words=np.arange(length),
            lengths=batch.lengths[i : i + 1],
            transitions=batch.transitions,
            labels=batch.labels,
            allowed=None if batch.allowed is None else batch.allowed[own],
        )
        for given_history in (None, previous_tags[own]):
            own_logits, own_history = decode(decoder, vectors[own], alone, given_history)
            assert own_history.tolist() == previous_tags[own].tolist()
            assert np.allclose(own_logits, logits[own], rtol=1e-5, atol=1e-5)


@given(st.integers(10, 60), seeds, windows)
def test_texts_longer_than_the_window_are_tagged_legally(
    n_words: int, seed: int, window: tuple[int, int]
) -> None:
    batch = make_head_batch(TagScheme(("A", "B"), spans=True), [n_words, 3])
    decoder = random_decoder(batch.n_tags, seed, window)
    logits, previous_tags = decode(decoder, normal(seed, n_words + 3, WIDTH), batch)
    tags = best_tags(logits, previous_tags, batch)
    assert previous_tags.tolist() == history_of(batch, tags).tolist()
    assert legal_mask(batch, history_of(batch, tags))[np.arange(n_words + 3), tags].all()


def test_scores_depend_on_words_after_but_not_on_tags_after() -> None:
    batch = make_head_batch(TagScheme(("A", "B"), spans=True), [6])
    decoder = random_decoder(4, 3)
    vectors = normal(3, 6, WIDTH).astype(np.float64)
    previous_tags = np.array([batch.start, 2, 1, 0, 3, 1])
    other = np.array([batch.start, 2, 1, 2, 0, 0])
    first, second = (decode(decoder, vectors, batch, tags)[0] for tags in (previous_tags, other))
    assert np.allclose(first[:3], second[:3], atol=1e-12)
    assert (np.abs(first[3:] - second[3:]).max(axis=1) > 1e-6).all()
    vectors[5] += 1
    changed = decode(decoder, vectors, batch, previous_tags)[0]
    assert (np.abs(first - changed).max(axis=1) > 1e-6).all()


@pytest.mark.parametrize("window", [(256, 32), (3, 1)])
def test_gradients_equal_numerical_ones(window: tuple[int, int]) -> None:
    batch = make_head_batch(TagScheme(("A",), spans=True), [4, 0, 2])
    decoder = random_decoder(batch.n_tags, 5, window)
    rounds = join_rounds(window_rounds(batch.lengths, *window))
    previous_tags = torch.tensor([batch.start, 2, 1, 0, batch.start, 0])
    vectors = torch.as_tensor(normal(5, 6, WIDTH).astype(np.float64), dtype=torch.float64)
    vectors.requires_grad_()
    assert torch.autograd.gradcheck(lambda x: decoder.score(x, rounds, previous_tags), (vectors,))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
@all_ways
def test_the_same_on_a_gpu(way: Way) -> None:
    batch = make_head_batch(TagScheme(("A", "B"), spans=True), [7, 0, 4])
    # no word may have the last tag
    allowed = np.ones((11, batch.n_tags), dtype=bool)
    allowed[:, -1] = False
    batch = replace(batch, allowed=allowed)
    decoder = choose(random_decoder(batch.n_tags, 1, (5, 1), torch.float32), way)
    vectors = normal(1, 11, WIDTH)
    expected, expected_history = decode(decoder, vectors, batch)
    decoder.cuda()
    with torch.no_grad():
        logits, previous_tags, _ = decoder(
            torch.as_tensor(vectors).cuda(),
            lengths=batch.lengths,
            transitions=torch.as_tensor(batch.transitions).cuda(),
            allowed=torch.as_tensor(allowed).cuda(),
            previous_tags=None,
        )
    assert previous_tags.cpu().tolist() == expected_history.tolist()
    assert np.allclose(logits.cpu().numpy(), expected, atol=1e-4)
