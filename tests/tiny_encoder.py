"""A pretrained encoder in form, not in knowledge, for tests of whole workflows."""

from collections.abc import Sequence
from pathlib import Path

import pytest

transformers = pytest.importorskip("transformers")

CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789.,#&"
SIZES = {
    "hidden_size": 24,
    "num_hidden_layers": 3,
    "num_attention_heads": 12,
    "intermediate_size": 32,
}


def write_encoder(folder: Path, words: Sequence[str] = CHARACTERS, **sizes: int) -> None:
    """A random BERT of 12 heads and width 24 that reads characters, or some words.

    sizes: settings of BERT that are others.
    """
    folder.mkdir(parents=True)
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]
    pieces += [f"##{word}" for word in words]
    (folder / "vocab.txt").write_text("\n".join(pieces), encoding="utf8")
    transformers.BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    config = transformers.BertConfig(vocab_size=len(pieces), **(SIZES | sizes))
    transformers.BertModel(config).save_pretrained(folder)
