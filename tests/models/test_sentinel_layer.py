"""The pretrained encoder-decoder as a thinc layer: loading, learning, bytes, bad input."""

from __future__ import annotations

import gc
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
import srsly
from spacy.training import Example
from strategies import history_of
from thinc.api import SGD, Adam, fix_random_seed

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from tiny_seq2seq import make_pretrained, saved  # noqa: E402

from spacy_halfree.models.architectures import build_sentinel_seq2seq  # noqa: E402
from spacy_halfree.models.torch import wording_scores  # noqa: E402

LABELS = ["object", "object_name", "PER"]
ANNOTATED = [
    ("play Abbey Road by The Beatles", [(5, 15, "object_name"), (19, 30, "PER")]),
    ("find bars in London", [(13, 19, "object")]),
    ("what is on tonight ?", []),
]
TEXTS = [text for text, _ in ANNOTATED]


@pytest.fixture(autouse=True)
def garbage_collection() -> Iterator[None]:
    """srsly leaves it switched off when it meets damaged bytes."""
    yield
    gc.enable()


def make_nlp(family: str = "t5", labels: list[str] = LABELS, **settings: Any) -> tuple[Any, Any]:
    fix_random_seed(0)
    nlp = spacy.blank("en")
    model = {
        "@architectures": "halfree.SentinelSeq2Seq.v1",
        "name": saved(family),
        "local_files_only": True,
        "margin": 2,
        **settings,
    }
    return nlp, nlp.add_pipe("halfree_tagger", config={"model": model, "labels": labels})


def make_examples(nlp: Any) -> list[Example]:
    return [Example.from_dict(nlp.make_doc(text), {"entities": spans}) for text, spans in ANNOTATED]


def train(nlp: Any, steps: int = 60, learn_rate: float = 0.01) -> list[float]:
    """Returns the loss of each step."""
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    optimizer = Adam(learn_rate, L2=0.0)
    found = []
    for _ in range(steps):
        losses: dict[str, float] = {}
        nlp.update(examples, sgd=optimizer, losses=losses)
        found.append(losses["halfree_tagger"])
    return found


def probabilities(nlp: Any) -> Any:
    _, prediction = nlp.get_pipe("halfree_tagger").predict([nlp.make_doc(text) for text in TEXTS])
    return np.asarray(prediction.probabilities)


def shim_of(nlp: Any) -> Any:
    return nlp.get_pipe("halfree_tagger").model.shims[0]


def weights(nlp: Any) -> dict[str, Any]:
    model = shim_of(nlp).tagger.language_model.pretrained
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


# -- learning


@pytest.mark.parametrize("loss", ["tags", "lm", "both"])
@pytest.mark.parametrize("style", ["token", "words"])
@pytest.mark.parametrize("family", ["flan-t5", "bart"])
def test_every_loss_learns_the_tags(family: str, style: str, loss: str) -> None:
    nlp, _ = make_nlp(family, label_style=style, loss=loss, dropout=0.0)
    losses = train(nlp)
    assert losses[-1] < 0.3 * losses[0]
    assert nlp.evaluate(make_examples(nlp))["ents_f"] == 1.0


def test_the_text_loss_is_that_of_the_library() -> None:
    """For one text, the cross-entropy of the whole target as `transformers` computes it."""
    nlp, tagger = make_nlp(label_style="words", loss="lm", dropout=0.0)
    text, spans = ANNOTATED[1]
    example = Example.from_dict(nlp.make_doc(text), {"entities": spans})
    nlp.initialize(lambda: [example])
    losses = tagger.update([example], losses={})
    shim = shim_of(nlp)
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
    nlp, tagger = make_nlp(label_style=style, loss="both", dropout=0.0)
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    module = shim_of(nlp).tagger.double()
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
    nlp, _ = make_nlp(loss="both", dropout=0.0)
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    before = weights(nlp)
    bare = [Example(nlp.make_doc(text), nlp.make_doc(text)) for text in TEXTS]
    losses = nlp.update(bare, sgd=SGD(1.0, L2=0.0), losses={})
    assert losses["halfree_tagger"] == 0
    after = weights(nlp)
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_gathered_gradients_equal_those_of_one_batch() -> None:
    """Gradient accumulation: two halves without an optimizer, then one step."""
    moved = []
    for parts in ([slice(0, 1), slice(1, 2)], [slice(0, 2)]):
        nlp, tagger = make_nlp(dropout=0.0)
        # of as many words each, so that the mean of the halves is that of the whole
        examples = make_examples(nlp)[1:2] * 2
        nlp.initialize(lambda examples=examples: examples)
        before = weights(nlp)
        for part in parts:
            tagger.update(examples[part])
        scale = len(parts)
        tagger.finish_update(SGD(0.1 / scale, L2=0.0, grad_clip=0.0))
        after = weights(nlp)
        moved.append({name: after[name] - before[name] for name in before})
    assert any(bool(change.abs().max() > 0) for change in moved[0].values())
    for name, change in moved[0].items():
        assert torch.allclose(change, moved[1][name], atol=1e-5), name


@pytest.mark.parametrize("fixed", [None, 0.5])
def test_dropout_reaches_the_model(fixed: float | None) -> None:
    nlp, tagger = make_nlp(dropout=fixed)
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)

    def two_losses(drop: float) -> list[float]:
        return [tagger.update(examples, drop=drop, losses={})["halfree_tagger"] for _ in range(2)]

    first, second = two_losses(0.5)
    assert first != second
    first, second = two_losses(0.0)
    assert (first == second) == (fixed is None)
    assert np.array_equal(probabilities(nlp), probabilities(nlp))


def test_gradient_checkpointing_changes_no_gradient() -> None:
    losses = [
        train(make_nlp("flan-t5", loss="both", dropout=0.0, gradient_checkpointing=on)[0], steps=5)
        for on in (False, True)
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)


def test_checkpoints_cannot_share_what_was_read() -> None:
    with pytest.raises(ValueError, match="H037"):
        make_nlp(gradient_checkpointing=True, label_style="words", loss="both")
    make_nlp(gradient_checkpointing=True, label_style="words", loss="lm")


def test_mixed_precision() -> None:
    nlp, _ = make_nlp("flan-t5", mixed_precision=True, dropout=0.0)
    losses = train(nlp)
    assert losses[-1] < 0.3 * losses[0]
    assert all(tensor.dtype == torch.float32 for tensor in weights(nlp).values())
    exact, _ = make_nlp("flan-t5", dropout=0.0)
    examples = make_examples(exact)
    exact.initialize(lambda: examples)
    exact.from_bytes(nlp.to_bytes())
    difference = np.abs(probabilities(exact) - probabilities(nlp)).max()
    assert 0 < difference < 0.1


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
@pytest.mark.parametrize("mixed_precision", [False, True])
def test_learning_on_a_gpu(mixed_precision: bool) -> None:
    spacy.require_gpu()
    nlp, _ = make_nlp("flan-t5", mixed_precision=mixed_precision, dropout=0.0)
    losses = train(nlp)
    assert losses[-1] < 0.3 * losses[0]
    assert shim_of(nlp).device.type == "cuda"


def test_improbable_wordings_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A trained model's tags are far apart, so that few of the tree's nodes need be read."""
    nlp, _ = make_nlp("flan-t5", label_style="words", dropout=0.0)
    train(nlp)
    language_model = shim_of(nlp).tagger.language_model
    n_rows = []
    go_on = language_model.go_on

    def counting(memory: Any, tokens: Any, *args: Any, **settings: Any) -> Any:
        if not settings.get("append"):
            n_rows.append(len(tokens))
        return go_on(memory, tokens, *args, **settings)

    monkeypatch.setattr(language_model, "go_on", counting)
    found = probabilities(nlp)
    pruned, n_rows[:] = sum(n_rows), []
    monkeypatch.setattr(wording_scores, "TOLERANCE", 0.0)
    complete = probabilities(nlp)
    assert 0 < pruned < sum(n_rows)
    np.testing.assert_allclose(found, complete, atol=2e-5)


# -- adapters


def test_adapters_learn_and_leave_no_trace() -> None:
    pytest.importorskip("peft")
    lora = {"r": 4, "lora_alpha": 8, "target_modules": ["q", "v"]}
    nlp, _ = make_nlp("flan-t5", lora=lora, dropout=0.0)
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    before = weights(nlp)
    losses = train(nlp, steps=80)
    assert losses[-1] < 0.5 * losses[0]
    trained = shim_of(nlp).tagger.language_model.pretrained
    names = {name for name, parameter in trained.named_parameters() if parameter.requires_grad}
    # new tokens were added, so that embeddings learn as well
    assert {name.split(".")[-1] for name in names if "lora" not in name} == {"weight"}
    assert all("lora" in name or "shared" in name or "lm_head" in name for name in names)
    loaded, _ = make_nlp("flan-t5", lora=lora, dropout=0.0)
    loaded.from_bytes(nlp.to_bytes())
    np.testing.assert_allclose(probabilities(loaded), probabilities(nlp), atol=1e-5)
    after = weights(loaded)
    assert after.keys() == before.keys()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert any(".q." in name for name in changed)
    assert not any(".wo." in name or ".k." in name for name in changed)
    # and what was loaded goes on learning by adapters
    loaded.update(make_examples(loaded), sgd=Adam(0.01, L2=0.0))
    assert any("lora" in name for name in weights(loaded))


def test_adapters_that_do_not_fit() -> None:
    pytest.importorskip("peft")
    for settings in ({"target_modules": ["no_such"]}, {"r": 4, "target_modules": ["lm_head"]}):
        nlp, _ = make_nlp("flan-t5", lora=settings)
        examples = make_examples(nlp)
        nlp.initialize(lambda examples=examples: examples)
        with pytest.raises(ValueError, match="H039"):
            nlp.update(examples)


def test_texts_do_not_depend_on_their_neighbours() -> None:
    """Windows included: a text that is cut is cut alike alone and in a batch."""
    nlp, tagger = make_nlp("bart", margin=16)
    train(nlp, steps=2)
    words = ("play Abbey Road by The Beatles in London " * 12).split()
    docs = [spacy.tokens.Doc(nlp.vocab, words=words[:n]) for n in (40, 90, 3)]
    _, together = tagger.predict(docs)
    alone = [np.asarray(tagger.predict([doc])[1].probabilities) for doc in docs]
    np.testing.assert_allclose(together.probabilities, np.concatenate(alone), atol=1e-5)


def test_adapters_need_peft(monkeypatch: pytest.MonkeyPatch) -> None:
    nlp, _ = make_nlp(lora={"r": 4})
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(ImportError, match="H035"):
        nlp.update(examples)


# -- tokens


def test_t5_keeps_its_tokens_and_rows() -> None:
    nlp, _ = make_nlp(label_style="words")
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    model, tokenizer = make_pretrained("t5")
    shim = shim_of(nlp)
    assert len(shim.tokenizer) == len(tokenizer)
    assert shim.tagger.language_model.n_tokens == model.config.vocab_size
    expected = [tokenizer.convert_tokens_to_ids(f"<extra_id_{i}>") for i in range(7)]
    assert shim.tagger.vocabulary.sentinels.tolist() == expected


@pytest.mark.parametrize("family", ["t5", "flan-t5", "bart"])
def test_tag_tokens_start_as_the_means_of_their_wordings(family: str) -> None:
    nlp, _ = make_nlp(family, label_words={"PER": "The Beatles"})
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    shim = shim_of(nlp)
    model = shim.tagger.language_model.pretrained
    tokens = shim.tagger.vocabulary.tags.data.tolist()
    wordings = ["O", "I", "object", "object name", "The Beatles"]
    matrices = {
        "input": model.get_input_embeddings().weight,
        "output": model.get_output_embeddings().weight,
    }
    for matrix in matrices.values():
        for token, wording in zip(tokens[:-1], wordings, strict=True):
            pieces = shim.tokenizer(f" {wording}", add_special_tokens=False)["input_ids"]
            assert torch.allclose(matrix[token], matrix[pieces].mean(dim=0), atol=1e-6)
    assert len(set(tokens)) == len(tokens)


def test_other_families_get_sentinels() -> None:
    nlp, _ = make_nlp("bart")
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    shim = shim_of(nlp)
    sentinels = shim.tagger.vocabulary.sentinels.tolist()
    assert len(set(sentinels)) == 100
    rows = shim.tagger.language_model.pretrained.get_input_embeddings().weight[sentinels]
    distances = torch.cdist(rows, rows)[~torch.eye(100, dtype=torch.bool)]
    assert float(distances.detach().min()) > 0


@pytest.mark.parametrize("family", ["t5", "mt5", "bart"])
@pytest.mark.parametrize("style", ["token", "words"])
def test_words_that_look_like_sentinels_are_words(family: str, style: str) -> None:
    nlp, _ = make_nlp(family, label_style=style)
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    shim = shim_of(nlp)
    vocabulary = shim.tagger.vocabulary
    words = [
        *(
            "<extra_id_0>",
            "▁<extra_id_1>",
            "<halfree_sentinel_3>",
            "<halfree_tag_0>",
            "</s>",
            "<pad>",
            "<mask>",
        ),
        *("", " ", "\n", "\u200b", "\ufffe", "🙂"),
    ]
    pieces = shim.split_words(words)
    assert (pieces.lengths > 0).all()
    special = {*vocabulary.sentinels.tolist(), *shim.tokenizer.all_special_ids}
    if style == "token":
        special |= set(vocabulary.tags.data.tolist())
    assert not (special - {shim.tokenizer.unk_token_id}) & set(pieces.data.tolist())
    doc = nlp(spacy.tokens.Doc(nlp.vocab, words=[word for word in words if word.strip()]))
    assert len(doc) == 10


def test_long_words_are_cut_with_a_warning() -> None:
    nlp, _ = make_nlp()
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    with pytest.warns(UserWarning, match=r"W003.*200 pieces|W003"):
        doc = nlp("play " + "é" * 200 + " by")
    assert len(doc) == 3


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"label_words": {"PER": "object", "object": "object"}}, r"H029.*'object' and 'PER'"),
        ({"outside_words": "object"}, "H029"),
        ({"label_words": {"PER": " "}}, r"H030.*'PER'"),
        ({"label_words": {"PER": "ЖЩ"}}, r"H030.*'PER'.*does not know"),
        ({"label_words": {"ORG": "organization"}}, r"H031.*'ORG'"),
    ],
)
def test_wordings_that_do_not_serve(settings: dict[str, Any], message: str) -> None:
    nlp, _ = make_nlp(label_style="words", **settings)
    with pytest.raises(ValueError, match=message):
        nlp.initialize()


@pytest.mark.parametrize(
    "settings",
    [
        {"label_style": "letters"},
        {"loss": "mse"},
        {"lora": {"use_dora": True}},
        {"lora": {"modules_to_save": ["wo"]}},
        {"window": 4, "margin": 2},
        {"margin": -1},
        {"max_batch_items": 0},
        {"dropout": 1.0},
    ],
)
def test_settings_out_of_range(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="H013"):
        build_sentinel_seq2seq("nowhere", **settings)


# -- loading and saving


@pytest.mark.parametrize("family", ["t5", "mt5", "bart"])
@pytest.mark.parametrize("style", ["token", "words"])
def test_round_trips(tmp_path: Path, family: str, style: str) -> None:
    nlp, _ = make_nlp(family, label_style=style)
    train(nlp, steps=2)
    expected = probabilities(nlp)
    nlp.to_disk(tmp_path / "nlp")
    other, _ = make_nlp(family, label_style=style)
    for loaded in (spacy.load(tmp_path / "nlp"), other.from_bytes(nlp.to_bytes())):
        assert np.array_equal(probabilities(loaded), expected)
        assert shim_of(loaded).to_bytes() == shim_of(nlp).to_bytes()


LOAD_WITHOUT_NETWORK = """
import socket, sys

def blocked(*args, **settings):
    raise AssertionError("the network was used")

socket.socket.connect = blocked
socket.create_connection = blocked
socket.getaddrinfo = blocked
import spacy
print([(ent.text, ent.label_) for ent in spacy.load(sys.argv[1])(sys.argv[2]).ents])
"""


def test_a_saved_pipeline_loads_without_network_and_without_its_source(tmp_path: Path) -> None:
    model, tokenizer = make_pretrained("t5")
    model.save_pretrained(tmp_path / "source")
    tokenizer.save_pretrained(tmp_path / "source")
    nlp, _ = make_nlp(name=str(tmp_path / "source"), dropout=0.0)
    train(nlp)
    nlp.to_disk(tmp_path / "nlp")
    (tmp_path / "source").rename(tmp_path / "elsewhere")
    command = [sys.executable, "-c", LOAD_WITHOUT_NETWORK, str(tmp_path / "nlp"), TEXTS[0]]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "[('Abbey Road', 'object_name'), ('The Beatles', 'PER')]"


def test_no_path_of_this_machine_is_saved(tmp_path: Path) -> None:
    model, tokenizer = make_pretrained("t5")
    model.save_pretrained(tmp_path / "source")
    tokenizer.save_pretrained(tmp_path / "source")
    nlp, _ = make_nlp(name=str(tmp_path / "source"))
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    assert str(tmp_path).encode() not in shim_of(nlp).to_bytes()


def test_weights_are_safetensors() -> None:
    from safetensors.torch import load

    nlp, _ = make_nlp()
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    state = load(srsly.msgpack_loads(shim_of(nlp).to_bytes())["state"])
    own = weights(nlp)
    assert all(torch.equal(state[name], own[name]) for name in state)


@pytest.mark.parametrize(
    "missing", ["config", "tokenizer", "vocabulary", "one_token", "format", "state"]
)
def test_damaged_bytes(missing: str) -> None:
    nlp, _ = make_nlp()
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    whole = srsly.msgpack_loads(shim_of(nlp).to_bytes())
    loaded = shim_of(make_nlp()[0])
    for change in (None, b"\x00\x01", {"a": 1}, "text", "{}"):
        damaged = {**whole, missing: change}
        if change is None:
            del damaged[missing]
        with pytest.raises(ValueError, match="H017"):
            loaded.from_bytes(srsly.msgpack_dumps(damaged))


def test_bytes_of_another_format() -> None:
    nlp, _ = make_nlp()
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    other, _ = make_nlp(format={"@misc": "halfree.TagOnlyFormat.v1"})
    with pytest.raises(ValueError, match=r"H017.*SentinelTagFormat"):
        shim_of(other).from_bytes(shim_of(nlp).to_bytes())


def test_bytes_of_another_style_or_size() -> None:
    nlp, _ = make_nlp(label_style="words")
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    saved_bytes = shim_of(nlp).to_bytes()
    with pytest.raises(ValueError, match=r"H017.*label_style"):
        shim_of(make_nlp(label_style="token")[0]).from_bytes(saved_bytes)
    message = srsly.msgpack_loads(saved_bytes)
    message["config"] = json.dumps({**json.loads(message["config"]), "d_model": 32})
    with pytest.raises(ValueError, match="H017"):
        shim_of(make_nlp(label_style="words")[0]).from_bytes(srsly.msgpack_dumps(message))


def test_tokenizer_files_cannot_leave_their_folder(tmp_path: Path) -> None:
    nlp, _ = make_nlp()
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    message = srsly.msgpack_loads(shim_of(nlp).to_bytes())
    trap = tmp_path / "trap"
    message["tokenizer"] = {**message["tokenizer"], str(trap): b"x", "../../trap": b"x"}
    loaded = shim_of(make_nlp()[0])
    loaded.from_bytes(srsly.msgpack_dumps(message))
    assert not trap.exists()


def test_sources_that_cannot_be_loaded(tmp_path: Path) -> None:
    for name, reason in (
        (str(tmp_path), "no config.json"),
        (str(tmp_path / "nowhere"), "no such folder"),
    ):
        nlp, _ = make_nlp(name=name)
        with pytest.raises(ValueError, match=rf"H032.*{reason}"):
            nlp.initialize()
    # pickled weights are never read
    model, tokenizer = make_pretrained("t5")
    model.save_pretrained(tmp_path / "pickled", safe_serialization=False)
    tokenizer.save_pretrained(tmp_path / "pickled")
    nlp, _ = make_nlp(name=str(tmp_path / "pickled"))
    with pytest.raises(ValueError, match=r"H032.*safetensors"):
        nlp.initialize()
    make_pretrained("t5")[0].save_pretrained(tmp_path / "dumb")
    nlp, _ = make_nlp(name=str(tmp_path / "dumb"))
    with pytest.raises(ValueError, match=r"H032.*no tokenizer"):
        nlp.initialize()
    # an encoder without a decoder
    config = transformers.BertConfig(
        vocab_size=50, hidden_size=8, num_hidden_layers=1, num_attention_heads=2
    )
    transformers.BertModel(config).save_pretrained(tmp_path / "bert")
    tokenizer.save_pretrained(tmp_path / "bert")
    nlp, _ = make_nlp(name=str(tmp_path / "bert"))
    with pytest.raises(ValueError, match="H032"):
        nlp.initialize()


@pytest.mark.parametrize("family", ["led", "prophetnet"])
def test_families_that_are_built_otherwise(family: str) -> None:
    nlp, _ = make_nlp(family)
    with pytest.raises(ValueError, match=rf"H033.*{family}"):
        nlp.initialize()


def test_local_files_only_uses_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def blocked(*args: Any, **settings: Any) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", blocked)
    nlp, _ = make_nlp(name="no-such-owner/no-such-model", revision="v1.0")
    with pytest.raises(ValueError, match="H032"):
        nlp.initialize()


def test_a_model_too_small_for_any_word(tmp_path: Path) -> None:
    model, tokenizer = make_pretrained("t5")
    tokenizer.model_max_length = 3
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    nlp, _ = make_nlp(name=str(tmp_path))
    with pytest.raises(ValueError, match="H034"):
        nlp.initialize()


def test_initializing_the_model_without_a_batch() -> None:
    with pytest.raises(ValueError, match="H038"):
        build_sentinel_seq2seq(saved("t5")).initialize()


def test_history_of_decoding_is_its_own() -> None:
    nlp, tagger = make_nlp("flan-t5", label_style="words")
    train(nlp, steps=3)
    batch, prediction = tagger.predict([nlp.make_doc(text) for text in TEXTS])
    history = history_of(batch, np.asarray(prediction.tags))
    assert batch.transitions[history, prediction.tags].all()
