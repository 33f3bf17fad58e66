"""A pretrained encoder in form, not in knowledge, for tests of whole workflows."""

from pathlib import Path

import pytest

transformers = pytest.importorskip("transformers")


def write_encoder(folder: Path) -> None:
    """A random BERT of 12 heads and width 24 that reads characters."""
    folder.mkdir(parents=True)
    characters = "abcdefghijklmnopqrstuvwxyz0123456789.,#&"
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters]
    pieces += [f"##{character}" for character in characters]
    (folder / "vocab.txt").write_text("\n".join(pieces), encoding="utf8")
    transformers.BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    config = transformers.BertConfig(
        vocab_size=len(pieces),
        hidden_size=24,
        num_hidden_layers=3,
        num_attention_heads=12,
        intermediate_size=32,
    )
    transformers.BertModel(config).save_pretrained(folder)
