"""The first guess of tags: it learns, decides nothing, and has no say in what others learn."""

from __future__ import annotations

import numpy as np
import pytest
from strategies import legal_mask, make_head_batch, normal

torch = pytest.importorskip("torch")

from spacy_halfree.models.torch.aligned_decoder import AlignedDecoder, DecoderSizes  # noqa: E402
from spacy_halfree.models.torch.draft import Draft  # noqa: E402
from spacy_halfree.tagging.scheme import TagScheme  # noqa: E402

WIDTH = 8


def make_decoder(n_tags: int, draft: bool = True) -> AlignedDecoder:
    torch.manual_seed(1)
    fields = {"width": WIDTH, "layers": 1, "heads": 2, "hidden_factor": 2}
    sizes = DecoderSizes(**fields, n_tags=n_tags, window=64, margin=8)
    return AlignedDecoder(sizes, draft=draft)


def score(
    decoder: AlignedDecoder,
    vectors: torch.Tensor,
    lengths: np.ndarray,
    previous_tags: torch.Tensor,
) -> torch.Tensor:
    """The scores of all words, as in training."""
    logits, *_ = decoder(
        vectors, lengths=lengths, transitions=None, allowed=None, previous_tags=previous_tags
    )
    return logits


def test_the_same_gradients_with_and_without() -> None:
    batch = make_head_batch(TagScheme(("A",), spans=True), [4, 2])
    previous_tags = torch.tensor([batch.start, 2, 1, 0, batch.start, 0])
    gradients = []
    for draft in (False, True):
        decoder = make_decoder(batch.n_tags, draft).train()
        vectors = torch.as_tensor(normal(3, 6, WIDTH)).requires_grad_()
        logits = score(decoder, vectors, batch.lengths, previous_tags)
        logits.backward(torch.ones_like(logits))
        own = {name: each.grad for name, each in decoder.named_parameters()}
        gradients.append({**own, "vectors": vectors.grad})
    without, beside = gradients
    assert set(beside) - set(without) == {"draft.weight", "draft.bias"}
    assert beside["draft.weight"].abs().max() > 0
    for name, gradient in without.items():
        assert torch.equal(gradient, beside[name]), name


def test_what_it_learns() -> None:
    """The previous tags: all but the last tag of each text, which no word follows."""
    vectors = torch.as_tensor(normal(4, 5, WIDTH))
    start = 3
    previous_tags = torch.tensor([start, 2, 1, start, 0])
    draft = Draft(WIDTH, start)
    draft.attach_loss(
        torch.zeros(5, start, requires_grad=True), vectors, previous_tags
    ).sum().backward()
    expected = torch.zeros(start, WIDTH)
    for word, tag in ((0, 2), (1, 1), (3, 0)):
        error = torch.full((start,), 1 / start)
        error[tag] -= 1
        expected += torch.outer(error, vectors[word])
    assert torch.allclose(draft.weight.grad, expected, atol=1e-6)


def test_one_block_is_enough_once_it_has_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = make_head_batch(TagScheme(("A", "B"), spans=True), [12])
    vectors = torch.as_tensor(normal(7, 12, WIDTH))
    decoder = make_decoder(batch.n_tags)

    def decode() -> tuple[list[int], int]:
        blocks = []
        forward = decoder.layers[0].forward

        def count(states: torch.Tensor, *rest: object, **named: object) -> torch.Tensor:
            blocks.append(len(states))
            return forward(states, *rest, **named)

        with monkeypatch.context() as patch, torch.no_grad():
            patch.setattr(decoder.layers[0], "forward", count)
            transitions = torch.as_tensor(batch.transitions)
            _, _, tags = decoder.eval()(
                vectors,
                lengths=batch.lengths,
                transitions=transitions,
                allowed=None,
                previous_tags=None,
            )
        return tags.tolist(), len(blocks)

    tags, n_blocks = decode()
    assert n_blocks > 1
    previous_tags = torch.tensor([batch.start, *tags[:-1]])
    assert legal_mask(batch, previous_tags.numpy())[np.arange(12), tags].all()
    assert decoder.draft is not None
    optimizer = torch.optim.Adam(decoder.draft.parameters(), 0.1)
    decoder.train()
    for _ in range(100):
        optimizer.zero_grad()
        logits = score(decoder, vectors, batch.lengths, previous_tags)
        logits.backward(torch.zeros_like(logits))
        optimizer.step()
    assert decode() == (tags, 1)
