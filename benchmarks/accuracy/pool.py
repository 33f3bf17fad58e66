"""Which part of the labelled pool a student learns: how many texts, which, and how much of each."""

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import spacy
from spacy.tokens import Doc, DocBin

from spacy_halfree.data.docbin import write_docs
from spacy_halfree.tagging.soft_labels import KEY, keep_top_k

SEED = 1


@dataclass(frozen=True)
class PoolPart:
    """A part of the pool.

    Attributes:
        texts: how many texts, drawn at random; all if None.
        surest: the share of texts that are kept, those first whose least sure word is the surest.
        top_k: how many tags of each word keep their probability; all if None.
    """

    texts: int | None = None
    surest: float = 1.0
    top_k: int | None = None

    @property
    def name(self) -> str:
        """A name for its file."""
        return f"texts{self.texts}-surest{self.surest}-top{self.top_k}"


def sureness(doc: Doc) -> float:
    """The probability of the decoded tag at the word where it is lowest."""
    soft: dict[str, Any] = doc.user_data[KEY]
    if not len(soft["tags"]):
        return 1.0
    chosen = np.take_along_axis(soft["probabilities"], soft["tags"][:, None].astype(np.int64), 1)
    return float(chosen.min())


def write_part(pool: Path, part: PoolPart, output: Path) -> None:
    """Write a part of a labelled pool.

    Args:
        pool: what `halfree annotate` wrote, with all probabilities.
        part: which part.
        output: the file to write.
    """
    docs = list(DocBin().from_disk(pool).get_docs(spacy.blank("en").vocab))
    if part.texts is not None:
        docs = random.Random(SEED).sample(docs, min(part.texts, len(docs)))
    if part.surest < 1:
        docs = sorted(docs, key=sureness, reverse=True)[: round(part.surest * len(docs))]
    if part.top_k is not None:
        for doc in docs:
            doc.user_data[KEY] = keep_top_k(doc.user_data[KEY], part.top_k)
    write_docs(docs, output)
