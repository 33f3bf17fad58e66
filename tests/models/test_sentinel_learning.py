"""The pretrained encoder-decoder in training: losses, gradients, precision, adapters."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
import sentinel_pipelines as toy
import spacy
from spacy.training import Example
from thinc.api import SGD, Adam

from spacy_halfree.models.torch import wording_scores

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

# -- learning


@pytest.mark.parametrize("loss", ["tags", "lm", "both"])
@pytest.mark.parametrize("style", ["token", "words"])
@pytest.mark.parametrize("family", ["flan-t5", "bart"])
def test_every_loss_learns_the_tags(family: str, style: str, loss: str) -> None:
    nlp, _ = toy.make_nlp(family, label_style=style, loss=loss, dropout=0.0)
    losses = toy.train(nlp)
    assert losses[-1] < 0.3 * losses[0]
    assert nlp.evaluate(toy.make_examples(nlp))["ents_f"] == 1.0


def test_the_text_loss_is_that_of_the_library() -> None:
    """For one text, the cross-entropy of the whole target as `transformers` computes it."""
    nlp, tagger = toy.make_nlp(label_style="words", loss="lm", dropout=0.0)
    text, spans = toy.ANNOTATED[1]
    example = Example.from_dict(nlp.make_doc(text), {"entities": spans})
    nlp.initialize(lambda: [example])
    losses = tagger.update([example], losses={})
    shim = toy.shim_of(nlp)
    vocabulary = shim.tagger.vocabulary
    sentinels = vocabulary.sentinels.tolist()
    pieces = [
        shim.tokenizer(f" {word}", add_special_tokens=False)["input_ids"] for word in text.split()
    ]
    inputs: list[int] = []
    target: list[int] = []
    for i, own in enumerate(pieces):
        tag = 2 + tagger.labels.index("object") if i == 3 else 0
        inputs += [sentinels[i], *own]
        target += [sentinels[i], *vocabulary.tags[tag].tolist()]
    end = shim.tokenizer.eos_token_id
    target += [sentinels[len(pieces)], end]
    model = shim.tagger.language_model.pretrained.eval()
    with torch.no_grad():
        expected = model(
            input_ids=torch.tensor([[*inputs, end]]), labels=torch.tensor([target])
        ).loss
    total = float(expected) * len(target)
    assert losses["halfree_tagger"] == pytest.approx(total / len(pieces), rel=1e-4)


@pytest.mark.parametrize("style", ["token", "words"])
def test_gradients_equal_numerical_ones(style: str) -> None:
    # of a smooth activation: with T5's ReLU, a step can cross a kink
    nlp, tagger = toy.make_nlp("flan-t5", label_style=style, loss="both", dropout=0.0)
    examples = toy.make_examples(nlp)
    nlp.initialize(lambda: examples)
    module = toy.shim_of(nlp).tagger.double()
    tagger.update(examples)
    step = 1e-3
    random = np.random.default_rng(0)
    parameters = dict(module.named_parameters())
    checked = 0
    for name in sorted(parameters):
        parameter = parameters[name]
        if parameter.grad is None or checked > 6:
            continue
        place = int(parameter.grad.abs().reshape(-1).argmax())
        if random.random() < 0.5:
            continue
        checked += 1
        found = []
        for sign in (1, -1):
            with torch.no_grad():
                parameter.reshape(-1)[place] += sign * step
            batch = tagger._batch([example.predicted for example in examples])
            targets = tagger._targets(examples, batch)
            prediction, _ = tagger.model.begin_update((batch, targets))
            found.append(tagger._loss(targets, prediction)[0])
            with torch.no_grad():
                parameter.reshape(-1)[place] -= sign * step
        expected = (found[0] - found[1]) / (2 * step)
        assert float(parameter.grad.reshape(-1)[place]) == pytest.approx(expected, rel=0.02), name
    assert checked > 3


def test_words_without_annotation_teach_nothing() -> None:
    nlp, _ = toy.make_nlp(loss="both", dropout=0.0)
    examples = toy.make_examples(nlp)
    nlp.initialize(lambda: examples)
    before = toy.weights(nlp)
    bare = [Example(nlp.make_doc(text), nlp.make_doc(text)) for text in toy.TEXTS]
    losses = nlp.update(bare, sgd=SGD(1.0, L2=0.0), losses={})
    assert losses["halfree_tagger"] == 0
    after = toy.weights(nlp)
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_gathered_gradients_equal_those_of_one_batch() -> None:
    """Gradient accumulation: two halves without an optimizer, then one step."""
    moved = []
    for parts in ([slice(0, 1), slice(1, 2)], [slice(0, 2)]):
        nlp, tagger = toy.make_nlp(dropout=0.0)
        # of as many words each, so that the mean of the halves is that of the whole
        examples = toy.make_examples(nlp)[1:2] * 2
        nlp.initialize(lambda examples=examples: examples)
        before = toy.weights(nlp)
        for part in parts:
            tagger.update(examples[part])
        scale = len(parts)
        tagger.finish_update(SGD(0.1 / scale, L2=0.0, grad_clip=0.0))
        after = toy.weights(nlp)
        moved.append({name: after[name] - before[name] for name in before})
    assert any(bool(change.abs().max() > 0) for change in moved[0].values())
    for name, change in moved[0].items():
        assert torch.allclose(change, moved[1][name], atol=1e-5), name


@pytest.mark.parametrize("fixed", [None, 0.5])
def test_dropout_reaches_the_model(fixed: float | None) -> None:
    nlp, tagger = toy.make_nlp(dropout=fixed)
    examples = toy.make_examples(nlp)
    nlp.initialize(lambda: examples)

    def two_losses(drop: float) -> list[float]:
        return [tagger.update(examples, drop=drop, losses={})["halfree_tagger"] for _ in range(2)]

    first, second = two_losses(0.5)
    assert first != second
    first, second = two_losses(0.0)
    assert (first == second) == (fixed is None)
    assert np.array_equal(toy.probabilities(nlp), toy.probabilities(nlp))


def test_gradient_checkpointing_changes_no_gradient() -> None:
    losses = []
    for on in (False, True):
        nlp, _ = toy.make_nlp("flan-t5", loss="both", dropout=0.0, gradient_checkpointing=on)
        losses.append(toy.train(nlp, steps=5))
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)


def test_checkpoints_cannot_share_what_was_read() -> None:
    with pytest.raises(ValueError, match="H037"):
        toy.make_nlp(gradient_checkpointing=True, label_style="words", loss="both")
    toy.make_nlp(gradient_checkpointing=True, label_style="words", loss="lm")


def test_mixed_precision() -> None:
    nlp, _ = toy.make_nlp("flan-t5", mixed_precision=True, dropout=0.0)
    losses = toy.train(nlp)
    assert losses[-1] < 0.3 * losses[0]
    assert all(tensor.dtype == torch.float32 for tensor in toy.weights(nlp).values())
    exact, _ = toy.make_nlp("flan-t5", dropout=0.0)
    examples = toy.make_examples(exact)
    exact.initialize(lambda: examples)
    exact.from_bytes(nlp.to_bytes())
    difference = np.abs(toy.probabilities(exact) - toy.probabilities(nlp)).max()
    assert 0 < difference < 0.1


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
@pytest.mark.parametrize("mixed_precision", [False, True])
def test_learning_on_a_gpu(mixed_precision: bool) -> None:
    spacy.require_gpu()
    nlp, _ = toy.make_nlp("flan-t5", mixed_precision=mixed_precision, dropout=0.0)
    losses = toy.train(nlp)
    assert losses[-1] < 0.3 * losses[0]
    assert toy.shim_of(nlp).device.type == "cuda"


def test_improbable_wordings_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A trained model's tags are far apart, so that few of the tree's nodes need be read."""
    nlp, _ = toy.make_nlp("flan-t5", label_style="words", dropout=0.0)
    toy.train(nlp)
    language_model = toy.shim_of(nlp).tagger.language_model
    n_rows = []
    decode_step = language_model.decode_step

    def counting(memory: Any, step: Any) -> Any:
        if not step.append:
            n_rows.append(len(step.tokens))
        return decode_step(memory, step)

    monkeypatch.setattr(language_model, "decode_step", counting)
    found = toy.probabilities(nlp)
    pruned, n_rows[:] = sum(n_rows), []
    monkeypatch.setattr(wording_scores, "TOLERANCE", 0.0)
    complete = toy.probabilities(nlp)
    assert 0 < pruned < sum(n_rows)
    np.testing.assert_allclose(found, complete, atol=2e-5)


# -- adapters


def test_adapters_learn_and_leave_no_trace() -> None:
    pytest.importorskip("peft")
    lora = {"r": 4, "lora_alpha": 8, "target_modules": ["q", "v"]}
    nlp, _ = toy.make_nlp("flan-t5", lora=lora, dropout=0.0)
    examples = toy.make_examples(nlp)
    nlp.initialize(lambda: examples)
    before = toy.weights(nlp)
    losses = toy.train(nlp, steps=80)
    assert losses[-1] < 0.5 * losses[0]
    trained = toy.shim_of(nlp).tagger.language_model.pretrained
    names = {name for name, parameter in trained.named_parameters() if parameter.requires_grad}
    # new tokens were added, so that embeddings learn as well
    assert {name.split(".")[-1] for name in names if "lora" not in name} == {"weight"}
    assert all("lora" in name or "shared" in name or "lm_head" in name for name in names)
    loaded, _ = toy.make_nlp("flan-t5", lora=lora, dropout=0.0)
    loaded.from_bytes(nlp.to_bytes())
    np.testing.assert_allclose(toy.probabilities(loaded), toy.probabilities(nlp), atol=1e-5)
    after = toy.weights(loaded)
    assert after.keys() == before.keys()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert any(".q." in name for name in changed)
    assert not any(".wo." in name or ".k." in name for name in changed)
    # and what was loaded goes on learning by adapters
    loaded.update(toy.make_examples(loaded), sgd=Adam(0.01, L2=0.0))
    assert any("lora" in name for name in toy.weights(loaded))


def test_adapters_that_do_not_fit() -> None:
    pytest.importorskip("peft")
    for settings in ({"target_modules": ["no_such"]}, {"r": 4, "target_modules": ["lm_head"]}):
        nlp, _ = toy.make_nlp("flan-t5", lora=settings)
        examples = toy.make_examples(nlp)
        nlp.initialize(lambda examples=examples: examples)
        with pytest.raises(ValueError, match="H039"):
            nlp.update(examples)


def test_texts_do_not_depend_on_their_neighbours() -> None:
    """Windows included: a text that is cut is cut alike alone and in a batch."""
    nlp, tagger = toy.make_nlp("bart", margin=16)
    toy.train(nlp, steps=2)
    words = ("play Abbey Road by The Beatles in London " * 12).split()
    docs = [spacy.tokens.Doc(nlp.vocab, words=words[:n]) for n in (40, 90, 3)]
    _, together = tagger.predict(docs)
    alone = [np.asarray(tagger.predict([doc])[1].probabilities) for doc in docs]
    np.testing.assert_allclose(together.probabilities, np.concatenate(alone), atol=1e-5)


def test_adapters_need_peft(monkeypatch: pytest.MonkeyPatch) -> None:
    nlp, _ = toy.make_nlp(lora={"r": 4})
    examples = toy.make_examples(nlp)
    nlp.initialize(lambda: examples)
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(ImportError, match="H035"):
        nlp.update(examples)
