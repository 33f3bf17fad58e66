"""A decoder that starts from a pretrained encoder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from spacy_halfree.models.torch.aligned_decoder import AlignedDecoder  # noqa: E402
from spacy_halfree.models.torch.warm_start import copy_last_layers  # noqa: E402
from spacy_halfree.models.torch_layer import aligned_decoder  # noqa: E402

WIDTH, LAYERS, HEADS, FACTOR = 24, 2, 4, 2


@pytest.fixture(scope="module")
def encoder_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = transformers.BertConfig(
        vocab_size=11,
        hidden_size=WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=FACTOR * WIDTH,
        max_position_embeddings=16,
    )
    torch.manual_seed(0)
    model = transformers.BertModel(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_()
    path = tmp_path_factory.mktemp("encoder")
    model.save_pretrained(path)
    return path


def make_decoder(**changes: int) -> AlignedDecoder:
    sizes = {"width": WIDTH, "n_tags": 4, "layers": 1, "heads": HEADS, "hidden_factor": FACTOR}
    return AlignedDecoder(**{**sizes, "window": 8, "margin": 1, **changes})


def check_copied(decoder: AlignedDecoder, path: Path) -> None:
    state = transformers.AutoModel.from_pretrained(path).state_dict()
    first = LAYERS - len(decoder.layers)
    names = {
        **{
            f"self_attention.{part}": f"attention.self.{part}" for part in ("query", "key", "value")
        },
        **{
            f"cross_attention.{part}": f"attention.self.{part}"
            for part in ("query", "key", "value")
        },
        "self_attention.output": "attention.output.dense",
        "cross_attention.output": "attention.output.dense",
        "self_norm": "attention.output.LayerNorm",
        "cross_norm": "attention.output.LayerNorm",
        "expand": "intermediate.dense",
        "contract": "output.dense",
        "output_norm": "output.LayerNorm",
    }
    compared = set()
    for i, layer in enumerate(decoder.layers):
        own = layer.state_dict()
        for name, source in names.items():
            for kind in ("weight", "bias"):
                expected = state[f"encoder.layer.{first + i}.{source}.{kind}"]
                assert torch.equal(own[f"{name}.{kind}"], expected), name
                compared.add(f"{name}.{kind}")
        assert compared == set(own)


@pytest.mark.parametrize("layers", [1, 2])
def test_the_last_layers_are_copied(encoder_path: Path, layers: int) -> None:
    decoder = make_decoder(layers=layers)
    copy_last_layers(decoder, str(encoder_path))
    check_copied(decoder, encoder_path)


def test_the_layer_starts_warm(encoder_path: Path) -> None:
    layer = aligned_decoder(
        layers=2,
        heads=HEADS,
        hidden_factor=FACTOR,
        dropout=None,
        window=8,
        margin=1,
        warm_start=str(encoder_path),
        share_label_words=True,
    )
    layer.set_dim("nI", WIDTH)
    layer.set_dim("nO", 4)
    layer.initialize()
    check_copied(layer.shims[0]._model, encoder_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"width": 32},
        {"heads": 3},
        {"hidden_factor": 4},
        {"layers": 3},
    ],
)
def test_other_shapes(encoder_path: Path, changes: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="H015"):
        copy_last_layers(make_decoder(**changes), str(encoder_path))


def damage(path: Path, kind: str) -> None:
    if kind == "missing":
        return
    path.mkdir()
    if kind == "empty":
        return
    config: Any = transformers.BertConfig(
        vocab_size=11,
        hidden_size=WIDTH,
        num_hidden_layers=1,
        num_attention_heads=HEADS,
        intermediate_size=FACTOR * WIDTH,
        max_position_embeddings=16,
    )
    if kind == "other":
        config = transformers.GPT2Config(
            n_embd=WIDTH, n_layer=1, n_head=HEADS, vocab_size=11, n_positions=16
        )
    transformers.AutoModel.from_config(config).save_pretrained(path)
    weights = path / "model.safetensors"
    if kind == "no weights":
        weights.unlink()
    elif kind == "truncated weights":
        weights.write_bytes(weights.read_bytes()[:100])
    elif kind == "damaged config":
        (path / "config.json").write_text("{", encoding="utf8")


@pytest.mark.parametrize(
    "kind", ["missing", "empty", "other", "no weights", "truncated weights", "damaged config"]
)
def test_no_such_encoder(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "encoder"
    damage(path, kind)
    with pytest.raises(ValueError, match="H015"):
        copy_last_layers(make_decoder(), str(path))
