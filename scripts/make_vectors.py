"""Make static word vectors from an encoder's embedding table, for students.

    python scripts/make_vectors.py training/encoder pool.txt --output training/vectors

The words are those of the texts and those that are a single piece of the encoder's vocabulary. A
word's vector is the mean of its pieces' rows, reduced by a principal component analysis. The
output is a blank pipeline that holds the vectors, for `initialize.vectors` of a config.
"""

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import spacy
import typer
from numpy.typing import NDArray
from spacy.attrs import LOWER
from spacy.vectors import Vectors
from transformers import AutoModel, AutoTokenizer

Floats = NDArray[np.float32]


def gather_words(texts: Path, tokenizer: Any, lang: str) -> list[str]:
    """The words of the texts, most frequent first, and the vocabulary's own after these."""
    nlp = spacy.blank(lang)
    counts: Counter[str] = Counter()
    with texts.open(encoding="utf-8") as lines:
        for doc in nlp.pipe(line.rstrip("\n") for line in lines):
            counts.update(token.lower_ for token in doc if not token.is_space)
    words = dict.fromkeys(word for word, _ in counts.most_common())
    words |= dict.fromkeys(piece for piece in tokenizer.get_vocab() if piece.isalpha())
    return list(words)


def embed(words: list[str], tokenizer: Any, table: Floats) -> Floats:
    """The mean of the rows of each word's pieces (n_words x width)."""
    pieces = tokenizer(words, add_special_tokens=False)["input_ids"]
    return np.stack([table[ids or [tokenizer.unk_token_id]].mean(axis=0) for ids in pieces])


def reduce(vectors: Floats, width: int) -> Floats:
    """The first principal components, scaled to a mean length of 1."""
    centred = vectors - vectors.mean(axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    reduced = centred @ directions[:width].T
    return (reduced / np.linalg.norm(reduced, axis=1).mean()).astype(np.float32)


def main(
    encoder: Annotated[str, typer.Argument(help="Folder or hub name of the encoder.")],
    texts: Annotated[Path, typer.Argument(help="Texts, one a line.", exists=True)],
    output: Annotated[Path, typer.Option(help="Folder for the blank pipeline.")],
    width: Annotated[int, typer.Option(help="Width of the vectors.", min=1)] = 96,
    lang: Annotated[str, typer.Option(help="Language of the texts.")] = "en",
) -> None:
    """Make word vectors of ENCODER's embedding table for the words of TEXTS."""
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    model = AutoModel.from_pretrained(encoder)
    table = model.get_input_embeddings().weight.detach().numpy()
    words = gather_words(texts, tokenizer, lang)
    nlp = spacy.blank(lang)
    nlp.vocab.vectors = Vectors(
        strings=nlp.vocab.strings,
        data=reduce(embed(words, tokenizer, table), width),
        keys=[nlp.vocab.strings.add(word) for word in words],
        attr=LOWER,
    )
    nlp.to_disk(output)
    typer.echo(f"{len(words)} words: {output}")


if __name__ == "__main__":
    typer.run(main)
