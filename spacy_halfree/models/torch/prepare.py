"""Giving a pretrained encoder-decoder the tokens that a tagger needs."""

from collections.abc import Sequence

import numpy as np
from transformers import PreTrainedTokenizerBase

from ...errors import Errors
from ..sentinel.ragged import Ragged
from ..sentinel.target_texts import Vocabulary
from ..sentinel.wording import TagStyle, tag_wordings
from .language_model import LanguageModel
from .pretrained import Pretrained, add_tokens, start_as_means, start_at_random
from .pretrained_tokenizer import special_ids, split_texts

N_SENTINELS = 100
"""How many sentinels a model gets that has none: as many as T5 has."""
DEFAULT_LENGTH = 512
"""The most tokens at a time of a model that does not say how many it takes: T5's."""


def prepare(
    pretrained: Pretrained, labels: Sequence[str], *, spans: bool, style: TagStyle
) -> Vocabulary:
    """Find or add sentinels, and find the tags' wordings or add their tokens.

    pretrained: Model and tokenizer, changed in place.
    labels: The labels.
    spans: Whether O and I come before their tags.
    style: How tags are written.
    RAISES: ValueError (H029 to H031) if the wordings do not serve.
    """
    tokenizer, model = pretrained.tokenizer, pretrained.model
    known = min(len(tokenizer), model.get_input_embeddings().weight.shape[0])
    sentinels = find_sentinels(tokenizer)
    has_new = style.one_token or not sentinels
    if not sentinels:
        sentinels = add_tokens(pretrained, [f"<halfree_sentinel_{i}>" for i in range(N_SENTINELS)])
        start_at_random(model, sentinels, known)
    wordings = tag_wordings(labels, spans=spans, style=style)
    names = [*(["O", "I"] if spans else []), *labels]
    pieces = wording_pieces(tokenizer, names, wordings, sentinels, check=not style.one_token)
    if style.one_token:
        tokens = add_tokens(pretrained, [f"<halfree_tag_{i}>" for i in range(len(names))])
        start_as_means(model, tokens, pieces)
        pieces = [[token] for token in tokens]
    language_model = LanguageModel(model)
    unknown = tokenizer.unk_token_id
    unknown = language_model.pad_token if unknown is None else unknown
    return Vocabulary(
        sentinels=np.array(sentinels, dtype=np.int64),
        tags=Ragged.of([*pieces, [unknown]]),
        before=np.array(pretrained.before, dtype=np.int64),
        after=np.array(pretrained.after, dtype=np.int64),
        start=language_model.start_token,
        padding=language_model.pad_token,
        max_length=longest_input(pretrained),
        has_new=has_new,
    )


def find_sentinels(tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """T5's sentinels, in mT5's spelling as well; empty if there are none."""
    vocabulary = tokenizer.get_vocab()
    for spelling in ("<extra_id_{}>", "▁<extra_id_{}>", "<halfree_sentinel_{}>"):
        found: list[int] = []
        while (token := vocabulary.get(spelling.format(len(found)))) is not None:
            found.append(int(token))
        if len(found) > 1:
            return found
    return []


def wording_pieces(
    tokenizer: PreTrainedTokenizerBase,
    names: Sequence[str],
    wordings: Sequence[str],
    sentinels: Sequence[int],
    *,
    check: bool,
) -> list[list[int]]:
    """The pieces of each tag's wording.

    check: Whether the model has to tell tags apart by them.
    RAISES: ValueError (H029) if two are the same, (H030) if one cannot be used.
    """
    found = split_texts(tokenizer, [f" {wording}" for wording in wordings])
    taken: dict[tuple[int, ...], int] = {}
    reserved = special_ids(tokenizer).union(sentinels)
    for i, (name, wording, pieces) in enumerate(zip(names, wordings, found, strict=True)):
        reason = None
        if not wording.strip() or not pieces:
            reason = "there is nothing to write"
        elif check and tokenizer.unk_token_id in pieces:
            reason = "the tokenizer does not know all of it"
        elif check and reserved & set(pieces):
            reason = "it has a sentinel or another special token in it"
        if reason:
            raise ValueError(Errors.H030.format(tag=name, wording=wording, reason=reason))
        other = taken.setdefault(tuple(pieces), i)
        if check and other != i:
            raise ValueError(Errors.H029.format(first=names[other], second=name, wording=wording))
    return found


def longest_input(pretrained: Pretrained) -> int:
    """The most tokens that the model reads or writes at a time."""
    config = pretrained.model.config
    found = [
        pretrained.tokenizer.model_max_length,
        getattr(config, "n_positions", None),
        getattr(config, "max_position_embeddings", None),
    ]
    # tokenizers that know no limit say 10 ** 30
    known = [length for length in found if length is not None and length < 10**9]
    return int(min(known, default=DEFAULT_LENGTH))
