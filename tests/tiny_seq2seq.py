"""Tiny encoder-decoders with random weights and tokenizers trained on the spot; no download."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from tokenizers import ByteLevelBPETokenizer, SentencePieceBPETokenizer  # noqa: E402
from tokenizers.processors import TemplateProcessing  # noqa: E402

CORPUS = [
    "a London é 12 . Straße 新 play Abbey Road by The Beatles person object name object city",
    "find bars in Zürich what is on tonight ? O I other album title künstler 地点 object names",
    "Play Find What Hear Björk Debut now",
]
MAX_LENGTH = 64
T5_ROLES = {"eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
SIZES = {"n_sentinels": 7, "width": 16, "layers": 2, "heads": 2}


def sentence_pieces(extra: list[str]) -> Any:
    """A SentencePiece-like tokenizer of a few pieces (BPE: unigrams differ from run to run).

    extra: Pieces that it has beside those that it learns.
    """
    tokenizer = SentencePieceBPETokenizer()
    tokenizer.train_from_iterator(
        CORPUS * 3,
        vocab_size=150,
        show_progress=False,
        special_tokens=["<pad>", "</s>", "<unk>", *extra],
    )
    return tokenizer._tokenizer


def tokenizer_of(pieces: Any, template: str, **roles: str) -> Any:
    """A tokenizer of no family's class, since these are not what they were in `transformers` 5.

    pieces: A tokenizer of the library `tokenizers`.
    template: What stands around a text.
    roles: Its special tokens.
    """
    special = [(token, pieces.token_to_id(token)) for token in template.split() if token != "$A"]
    pieces.post_processor = TemplateProcessing(single=template, special_tokens=special)
    return transformers.PreTrainedTokenizerFast(tokenizer_object=pieces, **roles)


def t5_tokenizer(n_sentinels: int) -> Any:
    pieces = sentence_pieces([])
    pieces.add_special_tokens([f"<extra_id_{i}>" for i in range(n_sentinels)])
    return tokenizer_of(pieces, "$A </s>", **T5_ROLES)


def mt5_tokenizer(n_sentinels: int) -> Any:
    """Sentinels are ordinary pieces, with the mark of a word's beginning."""
    pieces = sentence_pieces([f"▁<extra_id_{i}>" for i in range(n_sentinels)])
    return tokenizer_of(pieces, "$A </s>", **T5_ROLES)


def bart_tokenizer() -> Any:
    tokenizer = ByteLevelBPETokenizer()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer.train_from_iterator(
        CORPUS * 3, vocab_size=320, show_progress=False, special_tokens=special
    )
    roles = {**T5_ROLES, "bos_token": "<s>", "mask_token": "<mask>"}
    return tokenizer_of(tokenizer._tokenizer, "<s> $A </s>", **roles)


def t5_config(kind: type, tokenizer: Any, **settings: Any) -> Any:
    return kind(
        # T5 has more rows than its tokenizer has tokens
        vocab_size=len(tokenizer) + 5,
        d_model=SIZES["width"],
        d_kv=8,
        d_ff=24,
        num_layers=SIZES["layers"],
        num_heads=SIZES["heads"],
        relative_attention_num_buckets=8,
        relative_attention_max_distance=20,
        decoder_start_token_id=0,
        **settings,
    )


def bart_config(kind: type, tokenizer: Any, **settings: Any) -> Any:
    sizes = {f"{part}_layers": SIZES["layers"] for part in ("encoder", "decoder")}
    sizes |= {f"{part}_attention_heads": SIZES["heads"] for part in ("encoder", "decoder")}
    sizes |= {f"{part}_ffn_dim": 24 for part in ("encoder", "decoder")}
    return kind(
        vocab_size=len(tokenizer),
        d_model=SIZES["width"],
        max_position_embeddings=64,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        decoder_start_token_id=tokenizer.eos_token_id,
        **(sizes | settings),
    )


def make_pretrained(family: str, n_sentinels: int = SIZES["n_sentinels"]) -> tuple[Any, Any]:
    """A model with random weights, and its tokenizer."""
    if family in ("t5", "flan-t5", "umt5", "longt5", "switch"):
        tokenizer = t5_tokenizer(n_sentinels)
    elif family == "mt5":
        tokenizer = mt5_tokenizer(n_sentinels)
    else:
        tokenizer = bart_tokenizer()
    gated = {"feed_forward_proj": "gated-gelu", "tie_word_embeddings": False}
    makers: dict[str, Any] = {
        "t5": lambda: t5_config(transformers.T5Config, tokenizer),
        "flan-t5": lambda: t5_config(transformers.T5Config, tokenizer, **gated),
        "mt5": lambda: t5_config(transformers.MT5Config, tokenizer, **gated),
        "umt5": lambda: t5_config(transformers.UMT5Config, tokenizer, **gated),
        "longt5": lambda: t5_config(transformers.LongT5Config, tokenizer),
        "switch": lambda: t5_config(
            transformers.SwitchTransformersConfig, tokenizer, num_experts=2
        ),
        "bart": lambda: bart_config(transformers.BartConfig, tokenizer),
        "mbart": lambda: bart_config(transformers.MBartConfig, tokenizer),
        "pegasus": lambda: bart_config(transformers.PegasusConfig, tokenizer),
        "marian": lambda: bart_config(transformers.MarianConfig, tokenizer),
        "m2m100": lambda: bart_config(transformers.M2M100Config, tokenizer),
        "blenderbot": lambda: bart_config(transformers.BlenderbotConfig, tokenizer),
        "blenderbot-small": lambda: bart_config(transformers.BlenderbotSmallConfig, tokenizer),
        "led": lambda: bart_config(
            transformers.LEDConfig,
            tokenizer,
            max_encoder_position_embeddings=64,
            max_decoder_position_embeddings=64,
            attention_window=8,
        ),
        "bigbird-pegasus": lambda: bart_config(
            transformers.BigBirdPegasusConfig, tokenizer, attention_type="original_full"
        ),
        "plbart": lambda: bart_config(transformers.PLBartConfig, tokenizer),
        "prophetnet": lambda: transformers.ProphetNetConfig(
            vocab_size=len(tokenizer),
            hidden_size=16,
            encoder_ffn_dim=24,
            num_encoder_layers=2,
            num_encoder_attention_heads=2,
            decoder_ffn_dim=24,
            num_decoder_layers=2,
            num_decoder_attention_heads=2,
            max_position_embeddings=64,
        ),
    }
    torch.manual_seed(7)
    model = transformers.AutoModelForSeq2SeqLM.from_config(makers[family]())
    with torch.no_grad():
        for parameter in model.parameters():
            # so that distributions are far from even, and positions matter
            parameter.add_(torch.randn_like(parameter) * 0.2)
    tokenizer.model_max_length = MAX_LENGTH
    return model.eval(), tokenizer


@lru_cache
def models_folder() -> TemporaryDirectory[str]:
    """Goes when the tests end."""
    return TemporaryDirectory(prefix="halfree-models-")


@lru_cache
def saved(family: str, n_sentinels: int = SIZES["n_sentinels"]) -> str:
    """The folder of a saved model."""
    path = Path(models_folder().name) / f"{family}-{n_sentinels}"
    model, tokenizer = make_pretrained(family, n_sentinels)
    model.save_pretrained(path)
    tokenizer.save_pretrained(path)
    return str(path)
