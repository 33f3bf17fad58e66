"""Pretrained encoder-decoders and their tokenizers: from the hub or a folder, to bytes and back."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load
from tokenizers import AddedToken
from torch import Tensor, nn
from transformers import (
    AutoConfig,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    PretrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils import cached_file

from ...errors import Errors
from ...memory import check_memory
from .pretrained_tokenizer import ROLES, WHOLE, around_text, tokenizer_as_saved
from .transformers_versions import is_output_layer_separate, separate_output_layer

TOKENIZER_FILES = (
    *("tokenizer.json", "tokenizer_config.json", "spiece.model", "source.spm"),
    *("sentencepiece.bpe.model", "vocab.json", "vocab.txt"),
)
"""By these a folder is known to have a tokenizer."""
DTYPES = ("dtype", "torch_dtype")
"""What a configuration calls the type of weights; ours are float32."""


@dataclass
class Pretrained:
    """A model and its tokenizer.

    before, after: The tokens that stand before and after a text.
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    before: list[int] = field(default_factory=list)
    after: list[int] = field(default_factory=list)


def load_pretrained(source: str, revision: str | None, local_files_only: bool) -> Pretrained:
    """Load from the hub or a folder: weights from safetensors only, and no code.

    source: The name or the folder.
    revision: A branch, tag or commit of the hub.
    local_files_only: Whether to read nothing but what is on disk already.
    RAISES: ValueError (H032) if there is no such model, or it is none that reads and writes text.
    """
    _check_folder(source)
    where = {"revision": revision or "main", "local_files_only": local_files_only}
    try:
        tokenizer, before, after = load_tokenizer(source, where)
        # from 5 on, the type of the file's numbers is the default
        model = AutoModelForSeq2SeqLM.from_pretrained(source, use_safetensors=True, **where).float()
    except Exception as error:  # a damaged tokenizer raises nothing more specific
        check_memory(error, source)
        reason = str(error).strip().rstrip(".")
        raise ValueError(Errors.H032.format(source=source, reason=reason)) from error
    for tensor in own_tensors(model).values():
        # out of the mapped file, where they lie unaligned: the same numbers would give results that
        # differ in the last bit once the pipeline is saved and loaded
        tensor.data = tensor.data.clone()
    if is_output_layer_separate(model):
        separate_output_layer(model)
    return Pretrained(model, tokenizer, before, after)


def load_tokenizer(
    source: str, where: dict[str, Any]
) -> tuple[PreTrainedTokenizerBase, list[int], list[int]]:
    """Load a tokenizer from the hub or a folder.

    source: The name or the folder.
    where: The arguments `revision` and `local_files_only`.
    RETURNS: The tokenizer, and the tokens that it puts before and after a text.
    """
    tokenizer = AutoTokenizer.from_pretrained(source, **where)
    before, after = around_text(tokenizer)
    path = cached_file(source, WHOLE, _raise_exceptions_for_missing_entries=False, **where)
    if path is not None and tokenizer.is_fast:
        settings = {name: getattr(tokenizer, name) for name in (*ROLES, "model_max_length")}
        tokenizer = tokenizer_as_saved(Path(path).read_text(encoding="utf8"), settings)
    return tokenizer, before, after


def _check_folder(source: str) -> None:
    """Raise H032 if a folder does not exist, or lacks configuration or tokenizer: the libraries'
    own messages would be about the hub and other packages."""
    folder, reason = Path(source), None
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            reason = "there is no config.json in this folder"
        elif not any((folder / name).is_file() for name in TOKENIZER_FILES):
            reason = f"there is no tokenizer in this folder (none of {', '.join(TOKENIZER_FILES)})"
    elif source.startswith((".", "/", "~")) or source.count("/") > 1:
        reason = "there is no such folder"
    if reason is not None:
        raise ValueError(Errors.H032.format(source=source, reason=reason))


def add_tokens(pretrained: Pretrained, names: list[str]) -> list[int]:
    """Add tokens that no text can contain, in place, unless they exist.

    RETURNS: The tokens of the names.
    """
    tokenizer, model = pretrained.tokenizer, pretrained.model
    tokenizer.add_tokens(
        [AddedToken(name, special=True, normalized=False) for name in names], special_tokens=True
    )
    # T5 has more rows than its tokenizer has tokens
    if len(tokenizer) > model.get_input_embeddings().weight.shape[0]:
        model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    return [int(token) for token in tokenizer.convert_tokens_to_ids(names)]


def embeddings(model: PreTrainedModel) -> list[nn.Parameter]:
    """The matrices with a row for each token: one if input and output share it, two otherwise."""
    matrices = [model.get_input_embeddings().weight, model.get_output_embeddings().weight]
    return matrices[:1] if matrices[0] is matrices[1] else matrices


def start_as_means(model: PreTrainedModel, tokens: list[int], pieces: list[list[int]]) -> None:
    """Set the embedding of each token to the mean of its pieces' embeddings, in place."""
    with torch.no_grad():
        for matrix in embeddings(model):
            means = torch.stack([matrix[own].mean(dim=0) for own in pieces])
            matrix[tokens] = means


def start_at_random(model: PreTrainedModel, tokens: list[int], known: int) -> None:
    """Draw the embeddings of tokens from the distribution of pretrained ones, in place.

    known: How many of the first rows are pretrained.
    """
    with torch.no_grad():
        for matrix in embeddings(model):
            center, spread = matrix[:known].mean(dim=0), matrix[:known].std(dim=0)
            noise = torch.randn(len(tokens), matrix.shape[1], device=matrix.device)
            matrix[tokens] = center + noise * spread


def model_from_bytes(config: str, weights: bytes) -> PreTrainedModel:
    """A model from its configuration (JSON) and its weights (safetensors)."""
    settings = {key: value for key, value in json.loads(config).items() if key not in DTYPES}
    kind: type[PretrainedConfig] = type(AutoConfig.for_model(settings["model_type"]))
    own_config = kind.from_dict(settings)
    # the weights say whether the output layer is tied to the embeddings, not the configuration,
    # which from 5 on also decides whether the embeddings of encoder and decoder are
    own_config.tie_word_embeddings = True
    model = AutoModelForSeq2SeqLM.from_config(own_config).float()
    state = load(weights)
    if output_layer_name(model) in state.keys() - own_tensors(model).keys():
        separate_output_layer(model)
    own = own_tensors(model)
    if state.keys() != own.keys():
        raise ValueError(f"other weights than expected: {sorted(state.keys() ^ own.keys())[:5]}")
    with torch.no_grad():
        for name, tensor in own.items():
            if tensor.shape != state[name].shape:
                raise ValueError(f"'{name}' has the shape {tuple(state[name].shape)}")
            tensor.copy_(state[name])
    return model


def output_layer_name(model: PreTrainedModel) -> str:
    """The name of the output layer's matrix."""
    layer = model.get_output_embeddings()
    return next(f"{name}.weight" for name, module in model.named_modules() if module is layer)


def own_tensors(model: nn.Module) -> dict[str, Tensor]:
    """A model's weights without what is tied to others, by their names."""
    saved = model.state_dict(keep_vars=True).keys()
    tensors: dict[str, Tensor] = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    return {name: tensor for name, tensor in tensors.items() if name in saved}


def config_to_json(model: PreTrainedModel) -> str:
    """A model's configuration, without where it came from."""
    settings: dict[str, Any] = model.config.to_dict()
    own = {key: settings[key] for key in settings.keys() - {"_name_or_path", *DTYPES}}
    return json.dumps(own, sort_keys=True)
