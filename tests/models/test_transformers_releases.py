"""What must not depend on the installed release of `transformers`, nor change unnoticed."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sentinel_pipelines as toy
import srsly
from tiny_seq2seq import T5_ROLES, make_pretrained

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from tokenizers import Tokenizer, normalizers, pre_tokenizers, processors  # noqa: E402
from tokenizers.models import Unigram  # noqa: E402

from spacy_halfree.errors import OtherResultsError  # noqa: E402
from spacy_halfree.models.torch.pretrained import load_pretrained  # noqa: E402
from spacy_halfree.models.torch.pretrained_tokenizer import split_texts  # noqa: E402
from spacy_halfree.models.torch.saved_sample import TEXTS  # noqa: E402

MANY_LABELS = [f"label {i}" for i in range(12)]
"""More than there are rows for, so that the embeddings grow."""


def initialized(family: str = "t5", **settings: Any) -> Any:
    nlp, _ = toy.make_nlp(family, **settings)
    examples = toy.make_examples(nlp)
    nlp.initialize(lambda: examples)
    return nlp


# -- output layers


def save_with_own_output_layer(family: str, path: Path) -> Any:
    """A model whose output layer is no embedding, as that of FLAN-T5 and mT5."""
    model, tokenizer = make_pretrained(family)
    layer = model.get_output_embeddings()
    torch.manual_seed(1)
    layer.weight = torch.nn.Parameter(torch.randn_like(layer.weight))
    model.config.tie_word_embeddings = False
    model.save_pretrained(path)
    tokenizer.save_pretrained(path)
    return model


@pytest.mark.parametrize("family", ["flan-t5", "mt5", "umt5"])
def test_an_output_layer_of_its_own_stays_when_tokens_are_added(
    family: str, tmp_path: Path
) -> None:
    original = save_with_own_output_layer(family, tmp_path)
    n_rows = len(original.get_output_embeddings().weight)
    nlp = initialized(name=str(tmp_path), labels=[*toy.LABELS, *MANY_LABELS])
    language_model = toy.shim_of(nlp).tagger.language_model
    model = language_model.pretrained
    assert language_model.n_tokens > n_rows
    assert language_model.scale == 1
    n_known = n_rows - 5
    for name in ("get_input_embeddings", "get_output_embeddings"):
        before, after = getattr(original, name)().weight, getattr(model, name)().weight
        assert torch.equal(after[:n_known], before[:n_known])
    inputs = torch.tensor([[5, 7, 9, 1]])
    target = torch.tensor([[0, 11, 13]])
    with torch.no_grad():
        states, _ = language_model.encode(
            inputs, torch.ones_like(inputs), target, np.array([3]), remember=False
        )
        found = language_model.logits(states, np.arange(n_known))
        # as releases up to 4 compute it: no scale where the layer is not tied
        encoded = original.get_encoder()(input_ids=inputs)[0]
        decoded = original.get_decoder()(input_ids=target, encoder_hidden_states=encoded)[0]
        expected = decoded @ original.get_output_embeddings().weight[:n_known].T
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("family", ["flan-t5", "mt5", "umt5"])
def test_an_output_layer_of_its_own_is_trained_and_saved(family: str, tmp_path: Path) -> None:
    save_with_own_output_layer(family, tmp_path)
    labels = [*toy.LABELS, *MANY_LABELS]
    nlp, _ = toy.make_nlp(name=str(tmp_path), labels=labels)
    toy.train(nlp, steps=2)
    model = toy.shim_of(nlp).tagger.language_model.pretrained
    assert model.get_output_embeddings().weight is not model.get_input_embeddings().weight
    loaded, _ = toy.make_nlp(name=str(tmp_path), labels=labels)
    loaded.from_bytes(nlp.to_bytes())
    assert np.array_equal(toy.probabilities(loaded), toy.probabilities(nlp))
    assert json.loads(message_of(nlp)["config"])["tie_word_embeddings"] is False


@pytest.mark.parametrize("family", ["t5", "bart"])
def test_tied_weights_are_saved_once(family: str) -> None:
    nlp = initialized(family)
    model = toy.shim_of(nlp).tagger.language_model.pretrained
    assert model.get_output_embeddings().weight is model.get_input_embeddings().weight
    loaded, _ = toy.make_nlp(family)
    loaded.from_bytes(nlp.to_bytes())
    model = toy.shim_of(loaded).tagger.language_model.pretrained
    assert model.get_output_embeddings().weight is model.get_input_embeddings().weight


def test_weights_of_another_type_become_float32(tmp_path: Path) -> None:
    model, tokenizer = make_pretrained("t5")
    model.to(torch.bfloat16).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    nlp = initialized(name=str(tmp_path))
    loaded, _ = toy.make_nlp(name=str(tmp_path))
    loaded.from_bytes(nlp.to_bytes())
    for own in (nlp, loaded):
        assert {tensor.dtype for tensor in toy.weights(own).values()} == {torch.float32}


# -- tokenizers


def save_t5_with_normalizer(path: Path) -> Any:
    """A tokenizer of T5's class with a normalizer that this class does not know."""
    model, _ = make_pretrained("t5")
    characters = sorted(set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,?"))
    vocabulary = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0)]
    vocabulary += [(character, -3.0) for character in characters]
    backend = Tokenizer(Unigram(vocabulary, unk_id=2))
    backend.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    backend.pre_tokenizer = pre_tokenizers.Metaspace()
    backend.add_special_tokens([f"<extra_id_{i}>" for i in range(7)])
    backend.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", 1)]
    )
    model.save_pretrained(path)
    backend.save(str(path / "tokenizer.json"))
    settings = {**T5_ROLES, "tokenizer_class": "T5Tokenizer", "extra_ids": 7}
    settings |= {"model_max_length": 64}
    (path / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf8")
    return backend


def test_tokenizers_are_as_their_file_says(tmp_path: Path) -> None:
    backend = save_t5_with_normalizer(tmp_path)
    nlp = initialized(name=str(tmp_path))
    loaded, _ = toy.make_nlp(name=str(tmp_path))
    loaded.from_bytes(nlp.to_bytes())
    backend.encode_special_tokens = True
    texts = [*TEXTS, " \uff30lay", " ABBEY"]
    expected = [own.ids for own in backend.encode_batch(texts, add_special_tokens=False)]
    assert expected[-2] == backend.encode(" play", add_special_tokens=False).ids
    for own in (nlp, loaded):
        assert split_texts(toy.shim_of(own).tokenizer, texts) == expected
    vocabulary = toy.shim_of(loaded).tagger.vocabulary
    assert (vocabulary.before.tolist(), vocabulary.after.tolist()) == ([], [1])
    assert vocabulary.max_length == 64


@pytest.mark.parametrize(("family", "around"), [("t5", ([], [1])), ("bart", ([0], [2]))])
def test_what_stands_around_a_text(family: str, around: Any, tmp_path: Path) -> None:
    model, tokenizer = make_pretrained(family)
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    pretrained = load_pretrained(str(tmp_path), None, True)
    assert (pretrained.before, pretrained.after) == around


# -- samples


def message_of(nlp: Any) -> dict[str, Any]:
    message: dict[str, Any] = srsly.msgpack_loads(toy.shim_of(nlp).to_bytes())
    return message


def load(message: dict[str, Any], **settings: Any) -> Any:
    nlp, tagger = toy.make_nlp(**settings)
    tagger.model.set_dim("nO", tagger.scheme.n_tags)
    toy.shim_of(nlp).from_bytes(srsly.msgpack_dumps(message))
    return nlp


def test_texts_that_are_split_otherwise_are_named() -> None:
    message = message_of(initialized())
    whole = json.loads(message["tokenizer"]["tokenizer.json"])
    whole["normalizer"] = {"type": "Lowercase"}
    message["tokenizer"]["tokenizer.json"] = json.dumps(whole).encode()
    message["sample"]["transformers"] = "0.1"
    with pytest.warns(UserWarning, match=r"W060.*transformers 0\.1.*' Words'"):
        load(message)


def test_tokens_that_mean_something_else_are_named() -> None:
    message = message_of(initialized())
    text = message["tokenizer"]["tokenizer.json"].decode()
    message["tokenizer"]["tokenizer.json"] = text.replace("<extra_id_3>", "<extra_id_9>").encode()
    with pytest.raises(OtherResultsError, match=r"H176.*<extra_id_3>"):
        load(message)


@pytest.mark.parametrize("setting", ["relative_attention_max_distance", "feed_forward_proj"])
def test_other_scores_are_an_error(setting: str, tmp_path: Path) -> None:
    """A setting stands for what a release computes otherwise."""
    nlp = initialized()
    message = message_of(nlp)
    changed = {"relative_attention_max_distance": 4, "feed_forward_proj": "gelu"}
    config = {**json.loads(message["config"]), setting: changed[setting]}
    for own in ("dense_act_fn", "is_gated_act"):
        config.pop(own, None)
    if setting == "relative_attention_max_distance":
        # the first distances have a place of their own
        config["relative_attention_num_buckets"] = 8
    message["config"] = json.dumps(config)
    with pytest.raises(OtherResultsError, match="H177"):
        load(message)
    # and the file is not called damaged
    nlp.to_disk(tmp_path)
    own_shim = type(toy.shim_of(nlp))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(own_shim, "to_message", lambda shim: message)
        nlp.to_disk(tmp_path)
    other, _ = toy.make_nlp()
    with pytest.raises(OtherResultsError, match=r"^\[H177\]"):
        other.from_disk(tmp_path)


def test_the_same_release_says_nothing() -> None:
    message = message_of(initialized())
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        load(message)


# -- files of other releases

FILES = sorted((Path(__file__).parents[1] / "previous" / "sentinel").glob("*.msgpack"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_files_of_other_releases_say_the_same(path: Path) -> None:
    family = path.name.split("_")[0]
    message = srsly.msgpack_loads(path.read_bytes())
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        nlp = load(message, family=family, label_style="words")
    expected = json.loads(path.with_suffix(".json").read_text("utf8"))
    np.testing.assert_allclose(toy.probabilities(nlp), expected, atol=2e-5)
    assert ("sample" in message) == ("without_sample" not in path.name)


def test_there_are_files_of_releases_4_and_5() -> None:
    releases = {path.name.split("_")[1].partition(".")[0] for path in FILES}
    assert releases == {"4", "5"}
