"""Tokenizers of pretrained models: as their files say, whatever the release of `transformers`.

From 5 on, `transformers` builds a tokenizer anew from its class when it is loaded, and leaves out
what the class does not know: a normalizer, for instance. So `tokenizer.json` is read directly.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tokenizers import Tokenizer
from transformers import AutoTokenizer, PreTrainedTokenizerBase, PreTrainedTokenizerFast

WHOLE = "tokenizer.json"
"""All of a tokenizer but the roles of its special tokens."""
SETTINGS = "tokenizer_config.json"
"""These roles, and the most tokens that the model takes."""
ROLES = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")


def tokenizer_as_saved(whole: str, settings: Mapping[str, Any]) -> PreTrainedTokenizerBase:
    """A tokenizer exactly as its `tokenizer.json` describes it.

    whole: The content of `tokenizer.json`.
    settings: The special tokens by their roles, as strings or as `tokenizer_config.json` has them;
        `model_max_length`.
    RAISES: ValueError if the content is not valid.
    """
    try:
        backend = Tokenizer.from_str(whole)
    except Exception as error:  # the library raises nothing more specific
        raise ValueError(f"{WHOLE}: {error}") from error
    tokens = {role: token_text(settings.get(role)) for role in ROLES}
    given = {role: token for role, token in tokens.items() if token is not None}
    if settings.get("model_max_length") is not None:
        given["model_max_length"] = settings["model_max_length"]
    return PreTrainedTokenizerFast(tokenizer_object=backend, **given)


def token_text(token: Any) -> str | None:
    """The string of a token that may be a string, an object of the library or its JSON."""
    if isinstance(token, Mapping):
        token = token["content"]
    return None if token is None else str(token)


def special_ids(tokenizer: PreTrainedTokenizerBase) -> set[int]:
    """The tokens that are no pieces of texts, the unknown one left out."""
    found = set(tokenizer.all_special_ids)
    found.update(id for id, token in tokenizer.added_tokens_decoder.items() if token.special)
    return {int(id) for id in found} - {tokenizer.unk_token_id}


def split_texts(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> list[list[int]]:
    """The pieces of texts, which never become special tokens."""
    found: list[list[int]] = tokenizer(
        list(texts),
        add_special_tokens=False,
        split_special_tokens=True,
        return_attention_mask=False,
        return_token_type_ids=False,
        verbose=False,
    )["input_ids"]
    return found


def around_text(tokenizer: PreTrainedTokenizerBase) -> tuple[list[int], list[int]]:
    """What a tokenizer puts before and after a text."""
    inside: list[int] = tokenizer("a", add_special_tokens=False)["input_ids"]
    whole: list[int] = tokenizer("a")["input_ids"]
    build = getattr(tokenizer, "build_inputs_with_special_tokens", None)
    if whole == inside and build is not None:
        # up to 4, classes know it, too
        whole = build(inside)
    for place in range(len(whole) - len(inside) + 1):
        if whole[place : place + len(inside)] == inside:
            return whole[:place], whole[place + len(inside) :]
    return [], []


def tokenizer_to_files(tokenizer: PreTrainedTokenizerBase) -> dict[str, bytes]:
    """The files that a tokenizer is saved as, by their names."""
    if not tokenizer.is_fast:
        with TemporaryDirectory() as folder:
            tokenizer.save_pretrained(folder)
            return {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}
    settings = {role: token_text(getattr(tokenizer, role)) for role in ROLES}
    settings["tokenizer_class"] = "PreTrainedTokenizerFast"
    whole = {**settings, "model_max_length": tokenizer.model_max_length}
    return {
        WHOLE: tokenizer.backend_tokenizer.to_str().encode("utf8"),
        SETTINGS: json.dumps(whole, sort_keys=True).encode("utf8"),
    }


def tokenizer_from_files(files: dict[str, bytes]) -> PreTrainedTokenizerBase:
    """A tokenizer from its files; reads nothing else.

    RAISES: ValueError if a file is damaged.
    """
    if WHOLE in files:
        return tokenizer_as_saved(files[WHOLE].decode("utf8"), json.loads(files[SETTINGS]))
    with TemporaryDirectory() as folder:
        for name, data in files.items():
            # a name from a damaged or hostile file must not lead out of the folder
            (Path(folder) / Path(name).name).write_bytes(data)
        return AutoTokenizer.from_pretrained(folder, local_files_only=True)
