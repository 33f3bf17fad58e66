"""Pretrained encoder-decoders and their tokenizers: from the hub or a folder, to bytes and back."""

import json
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
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

from ...errors import Errors
from ...memory import check_memory

TOKENIZER_FILES = (
    *("tokenizer.json", "tokenizer_config.json", "spiece.model", "source.spm"),
    *("sentencepiece.bpe.model", "vocab.json", "vocab.txt"),
)
"""By these a folder is known to have a tokenizer."""


@dataclass
class Pretrained:
    """A model and its tokenizer."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase


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
        tokenizer = AutoTokenizer.from_pretrained(source, **where)
        model = AutoModelForSeq2SeqLM.from_pretrained(
            source, use_safetensors=True, torch_dtype=torch.float32, **where
        )
    except Exception as error:  # a damaged tokenizer raises nothing more specific
        check_memory(error, source)
        reason = str(error).strip().rstrip(".")
        raise ValueError(Errors.H032.format(source=source, reason=reason)) from error
    for tensor in own_tensors(model).values():
        # out of the mapped file, where they lie unaligned: the same numbers would give results that
        # differ in the last bit once the pipeline is saved and loaded
        tensor.data = tensor.data.clone()
    return Pretrained(model, tokenizer)


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


def tokenizer_to_files(tokenizer: PreTrainedTokenizerBase) -> dict[str, bytes]:
    """The files that a tokenizer is saved as, by their names."""
    with TemporaryDirectory() as folder:
        tokenizer.save_pretrained(folder)
        return {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}


def tokenizer_from_files(files: dict[str, bytes]) -> PreTrainedTokenizerBase:
    """A tokenizer from its files; reads nothing else."""
    with TemporaryDirectory() as folder:
        for name, data in files.items():
            # a name from a damaged or hostile file must not lead out of the folder
            (Path(folder) / Path(name).name).write_bytes(data)
        return AutoTokenizer.from_pretrained(folder, local_files_only=True)


def model_from_bytes(config: str, weights: bytes) -> PreTrainedModel:
    """A model from its configuration (JSON) and its weights (safetensors)."""
    settings = json.loads(config)
    kind: type[PretrainedConfig] = type(AutoConfig.for_model(settings["model_type"]))
    model = AutoModelForSeq2SeqLM.from_config(kind.from_dict(settings))
    state, own = load(weights), own_tensors(model)
    if state.keys() != own.keys():
        raise ValueError(f"other weights than expected: {sorted(state.keys() ^ own.keys())[:5]}")
    with torch.no_grad():
        for name, tensor in own.items():
            if tensor.shape != state[name].shape:
                raise ValueError(f"'{name}' has the shape {tuple(state[name].shape)}")
            tensor.copy_(state[name])
    return model


def own_tensors(model: nn.Module) -> dict[str, Tensor]:
    """A model's weights without what is tied to others, by their names."""
    saved = model.state_dict(keep_vars=True).keys()
    tensors: dict[str, Tensor] = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    return {name: tensor for name, tensor in tensors.items() if name in saved}


def config_to_json(model: PreTrainedModel) -> str:
    """A model's configuration, without where it came from."""
    settings: dict[str, Any] = model.config.to_dict()
    settings.pop("_name_or_path", None)
    return json.dumps(settings, sort_keys=True)
