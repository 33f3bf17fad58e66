"""Pretrained models from folders, to bytes and back; what cannot be loaded."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sentinel_pipelines as toy
import spacy
import srsly
from strategies import history_of
from tiny_seq2seq import make_pretrained, saved

from spacy_halfree.models.architectures import build_sentinel_seq2seq

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

# -- loading and saving


@pytest.mark.parametrize("family", ["t5", "mt5", "bart"])
@pytest.mark.parametrize("style", ["token", "words"])
def test_round_trips(tmp_path: Path, family: str, style: str) -> None:
    nlp, _ = toy.make_nlp(family, label_style=style)
    toy.train(nlp, steps=2)
    expected = toy.probabilities(nlp)
    nlp.to_disk(tmp_path / "nlp")
    other, _ = toy.make_nlp(family, label_style=style)
    for loaded in (spacy.load(tmp_path / "nlp"), other.from_bytes(nlp.to_bytes())):
        assert np.array_equal(toy.probabilities(loaded), expected)
        assert toy.shim_of(loaded).to_bytes() == toy.shim_of(nlp).to_bytes()


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
    nlp, _ = toy.make_nlp(name=str(tmp_path / "source"), dropout=0.0)
    toy.train(nlp)
    nlp.to_disk(tmp_path / "nlp")
    (tmp_path / "source").rename(tmp_path / "elsewhere")
    command = [sys.executable, "-c", LOAD_WITHOUT_NETWORK, str(tmp_path / "nlp"), toy.TEXTS[0]]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "[('Abbey Road', 'object_name'), ('The Beatles', 'PER')]"


def test_no_path_of_this_machine_is_saved(tmp_path: Path) -> None:
    model, tokenizer = make_pretrained("t5")
    model.save_pretrained(tmp_path / "source")
    tokenizer.save_pretrained(tmp_path / "source")
    nlp, _ = toy.make_nlp(name=str(tmp_path / "source"))
    examples = toy.make_examples(nlp)
    nlp.initialize(lambda: examples)
    assert str(tmp_path).encode() not in toy.shim_of(nlp).to_bytes()


def test_weights_are_safetensors() -> None:
    from safetensors.torch import load

    nlp, _ = toy.make_nlp()
    examples = toy.make_examples(nlp)
    nlp.initialize(lambda: examples)
    state = load(srsly.msgpack_loads(toy.shim_of(nlp).to_bytes())["state"])
    own = toy.weights(nlp)
    assert all(torch.equal(state[name], own[name]) for name in state)


@pytest.mark.parametrize(
    "missing", ["config", "tokenizer", "vocabulary", "one_token", "format", "state"]
)
def test_damaged_bytes(missing: str) -> None:
    nlp, _ = toy.make_nlp()
    examples = toy.make_examples(nlp)
    nlp.initialize(lambda: examples)
    whole = srsly.msgpack_loads(toy.shim_of(nlp).to_bytes())
    loaded = toy.shim_of(toy.make_nlp()[0])
    for change in (None, b"\x00\x01", {"a": 1}, "text", "{}"):
        damaged = {**whole, missing: change}
        if change is None:
            del damaged[missing]
        with pytest.raises(ValueError, match="H017"):
            loaded.from_bytes(srsly.msgpack_dumps(damaged))


def test_bytes_of_another_format() -> None:
    nlp, _ = toy.make_nlp()
    examples = toy.make_examples(nlp)
    nlp.initialize(lambda: examples)
    other, _ = toy.make_nlp(format={"@misc": "halfree.TagOnlyFormat.v1"})
    with pytest.raises(ValueError, match=r"H017.*SentinelTagFormat"):
        toy.shim_of(other).from_bytes(toy.shim_of(nlp).to_bytes())


def test_bytes_of_another_style_or_size() -> None:
    nlp, _ = toy.make_nlp(label_style="words")
    examples = toy.make_examples(nlp)
    nlp.initialize(lambda: examples)
    saved_bytes = toy.shim_of(nlp).to_bytes()
    with pytest.raises(ValueError, match=r"H017.*label_style"):
        toy.shim_of(toy.make_nlp(label_style="token")[0]).from_bytes(saved_bytes)
    message = srsly.msgpack_loads(saved_bytes)
    message["config"] = json.dumps({**json.loads(message["config"]), "d_model": 32})
    with pytest.raises(ValueError, match="H017"):
        toy.shim_of(toy.make_nlp(label_style="words")[0]).from_bytes(srsly.msgpack_dumps(message))


def test_tokenizer_files_cannot_leave_their_folder(tmp_path: Path) -> None:
    nlp, _ = toy.make_nlp()
    examples = toy.make_examples(nlp)
    nlp.initialize(lambda: examples)
    message = srsly.msgpack_loads(toy.shim_of(nlp).to_bytes())
    trap = tmp_path / "trap"
    message["tokenizer"] = {**message["tokenizer"], str(trap): b"x", "../../trap": b"x"}
    loaded = toy.shim_of(toy.make_nlp()[0])
    loaded.from_bytes(srsly.msgpack_dumps(message))
    assert not trap.exists()


def test_sources_that_cannot_be_loaded(tmp_path: Path) -> None:
    for name, reason in (
        (str(tmp_path), "no config.json"),
        (str(tmp_path / "nowhere"), "no such folder"),
    ):
        nlp, _ = toy.make_nlp(name=name)
        with pytest.raises(ValueError, match=rf"H032.*{reason}"):
            nlp.initialize()
    # pickled weights are never read
    model, tokenizer = make_pretrained("t5")
    model.save_pretrained(tmp_path / "pickled")
    # from 5 on, `transformers` does not write them itself
    (tmp_path / "pickled" / "model.safetensors").unlink()
    torch.save(model.state_dict(), tmp_path / "pickled" / "pytorch_model.bin")
    tokenizer.save_pretrained(tmp_path / "pickled")
    nlp, _ = toy.make_nlp(name=str(tmp_path / "pickled"))
    with pytest.raises(ValueError, match=r"H032.*safetensors"):
        nlp.initialize()
    make_pretrained("t5")[0].save_pretrained(tmp_path / "dumb")
    nlp, _ = toy.make_nlp(name=str(tmp_path / "dumb"))
    with pytest.raises(ValueError, match=r"H032.*no tokenizer"):
        nlp.initialize()
    # an encoder without a decoder
    config = transformers.BertConfig(
        vocab_size=50, hidden_size=8, num_hidden_layers=1, num_attention_heads=2
    )
    transformers.BertModel(config).save_pretrained(tmp_path / "bert")
    tokenizer.save_pretrained(tmp_path / "bert")
    nlp, _ = toy.make_nlp(name=str(tmp_path / "bert"))
    with pytest.raises(ValueError, match="H032"):
        nlp.initialize()


def test_families_that_are_built_otherwise() -> None:
    nlp, _ = toy.make_nlp("prophetnet")
    with pytest.raises(ValueError, match=r"H033.*prophetnet"):
        nlp.initialize()


def test_local_files_only_uses_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def blocked(*args: Any, **settings: Any) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", blocked)
    nlp, _ = toy.make_nlp(name="no-such-owner/no-such-model", revision="v1.0")
    with pytest.raises(ValueError, match="H032"):
        nlp.initialize()


def test_a_model_too_small_for_any_word(tmp_path: Path) -> None:
    model, tokenizer = make_pretrained("t5")
    tokenizer.model_max_length = 3
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    nlp, _ = toy.make_nlp(name=str(tmp_path))
    with pytest.raises(ValueError, match="H034"):
        nlp.initialize()


def test_initializing_the_model_without_a_batch() -> None:
    with pytest.raises(ValueError, match="H038"):
        build_sentinel_seq2seq(saved("t5")).initialize()


def test_history_of_decoding_is_its_own() -> None:
    nlp, tagger = toy.make_nlp("flan-t5", label_style="words")
    toy.train(nlp, steps=3)
    batch, prediction = tagger.predict([nlp.make_doc(text) for text in toy.TEXTS])
    previous_tags = history_of(batch, np.asarray(prediction.tags))
    assert batch.transitions[previous_tags, prediction.tags].all()
