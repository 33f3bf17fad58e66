"""Copies of the project with a tiny encoder, and tiny corpora, for tests of whole workflows."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from tiny_encoder import write_encoder

ROOT = Path(__file__).resolve().parents[1]


def copy_project(folder: Path, *names: str) -> None:
    """Copy some folders of the project, and write an encoder where its configs look for it."""
    for name in names:
        shutil.copytree(ROOT / name, folder / name)
    write_encoder(folder / "assets" / "minilm")


def write_split(corpus: Path, split: str, texts: Sequence[str], tags: str) -> None:
    """Write texts that all have the same tags, as files of the form of SNIPS."""
    corpus.mkdir(exist_ok=True)
    (corpus / f"{split}.seq.in").write_text("\n".join(texts), encoding="utf8")
    (corpus / f"{split}.seq.out").write_text("\n".join([tags] * len(texts)), encoding="utf8")
