"""From words to the pieces of a pretrained tokenizer."""

import warnings
from collections.abc import Sequence

import numpy as np
from transformers import PreTrainedTokenizerBase

from ...errors import Warnings
from ...types import Ints
from ..sentinel.ragged import Ragged
from .pretrained_tokenizer import split_texts


def split_words(
    tokenizer: PreTrainedTokenizerBase, words: Sequence[str], reserved: Ints, limit: int
) -> Ragged:
    """Split words into pieces, each by itself.

    A word never becomes a sentinel or a tag, whatever it looks like; what has no piece becomes the
    unknown one.

    tokenizer: The tokenizer.
    words: The words; their pieces are those inside of a text, where a space comes before.
    reserved (n_reserved, int64): The tokens that no word may become.
    limit: The most pieces of a word; of longer ones (with a warning) only the first are taken.
    """
    if not words:
        return Ragged.of([])
    unknown = tokenizer.unk_token_id
    if unknown is None:
        unknown = tokenizer.pad_token_id or 0
    found = split_texts(tokenizer, [f" {word}" for word in words])
    for i, pieces in enumerate(found):
        if not pieces:
            found[i] = [unknown]
        elif len(pieces) > limit:
            warnings.warn(
                Warnings.W003.format(n_pieces=len(pieces), word=words[i][:40], limit=limit),
                stacklevel=2,
            )
            found[i] = pieces[:limit]
    ragged = Ragged.of(found)
    ragged.data[np.isin(ragged.data, reserved)] = unknown
    return ragged
