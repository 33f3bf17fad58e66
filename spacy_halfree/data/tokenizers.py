"""Pipelines that tokenize as a language, a config or another pipeline does."""

import importlib
from configparser import Error as ConfigParserError
from pathlib import Path
from typing import Any

import spacy
from catalogue import RegistryError
from spacy.language import Language
from spacy.util import get_model_meta, get_package_path, is_package, load_config
from thinc.api import Config

from ..errors import Errors
from ..memory import check_memory

DEFAULT_LANG = "en"
NLP_SETTINGS = ("tokenizer", "before_creation", "after_creation")
"""The settings of a config's section `[nlp]` that tokens may depend on, beside the language."""
INITIALIZE_SETTINGS = ("before_init", "tokenizer")
"""The same of the section `[initialize]`. The files of a trained pipeline have their effect."""


def find_lang(lang: str | None = None, source: str | Path | None = None) -> str:
    """Find the language of a tokenizer.

    lang: The language, if it was chosen.
    source: A config or a pipeline, see `make_tokenizing_pipeline`.
    RETURNS: The language: that of the source, or English if there is none.
    RAISES: ValueError, OSError (H128) if the source cannot be read or has another language.
    """
    if source is None:
        return lang or DEFAULT_LANG
    config, _ = read_source(source)
    return lang_of(config, lang, source)


def make_tokenizing_pipeline(lang: str | None = None, source: str | Path | None = None) -> Language:
    """Make a pipeline without components, to tokenize texts.

    lang: The language, as spaCy abbreviates it. If None, that of the source, or English.
    source: Where the tokenizer is taken from: the path of a config, or a pipeline's folder or name.
        None for the language's own. Functions that it names must have been registered.
    RETURNS: The pipeline. Its config has the settings that made the tokenizer.
    RAISES: ValueError, OSError (H128) if the source cannot be used or has another language;
        ValueError (E893) if it names a function that is not registered; ImportError if there is no
        such language, or its tokenizer needs a package that is not installed.
    """
    if source is None:
        return spacy.blank(lang or DEFAULT_LANG)
    config, folder = read_source(source)
    own = {"lang": lang_of(config, lang, source), **tokenizer_settings(config)}
    settings: dict[str, Any] = {"nlp": own}
    if folder is None:
        settings["initialize"] = chosen(config, "initialize", INITIALIZE_SETTINGS)
    try:
        nlp = from_settings(settings)
        if folder is not None:
            nlp.tokenizer.from_disk(folder / "tokenizer", exclude=["vocab"])  # type: ignore[union-attr]
        elif settings["initialize"]:
            nlp.initialize()
    except (ImportError, RegistryError):
        raise
    # registered functions may raise anything
    except Exception as error:
        check_memory(error, f"the tokenizer of {source}")
        reason = f"{type(error).__name__}: {error}"
        raise ValueError(Errors.H128.format(source=source, reason=reason)) from error
    return nlp


def tokenizer_settings(config: dict[str, Any]) -> dict[str, Any]:
    """The settings of a config's `[nlp]` that the tokenizer is made by, beside the language."""
    return chosen(config, "nlp", NLP_SETTINGS)


def is_made_by_settings(nlp: Language) -> bool:
    """Whether the settings of a pipeline alone make its tokenizer, or it was changed since.

    nlp: The pipeline, whose tokenizer can be written (`to_bytes`).
    """
    fresh = from_settings({"nlp": {"lang": nlp.lang, **tokenizer_settings(nlp.config)}})
    made, own = (
        pipeline.tokenizer.to_bytes(exclude=["vocab"])  # type: ignore[union-attr]
        for pipeline in (fresh, nlp)
    )
    return bool(made == own)


def from_settings(settings: dict[str, Any]) -> Language:
    """Make a pipeline of the settings that its tokens depend on."""
    return spacy.util.load_model_from_config(Config(settings), auto_fill=True)


def chosen(config: dict[str, Any], section: str, names: tuple[str, ...]) -> dict[str, Any]:
    """Some settings of a section, if they are there."""
    found = config.get(section) or {}
    return {name: found[name] for name in names if found.get(name)}


def lang_of(config: dict[str, Any], lang: str | None, source: str | Path) -> str:
    """The language of a config.

    RAISES: ValueError (H128) if it is another one than was chosen, or if there is none.
    """
    own = (config.get("nlp") or {}).get("lang")
    if own and lang and own != lang:
        reason = f"its language is '{own}', but `--lang` is '{lang}'"
        raise ValueError(Errors.H128.format(source=source, reason=reason))
    if not own and not lang:
        reason = "it has no `lang` in [nlp]; use `--lang` as well"
        raise ValueError(Errors.H128.format(source=source, reason=reason))
    return str(own or lang)


def read_source(source: str | Path) -> tuple[Config, Path | None]:
    """Read where a tokenizer is taken from.

    source: A config's path, or a pipeline's name or folder.
    RETURNS: The config with all variables filled in, and the pipeline's folder if it is one.
    RAISES: ValueError (H128) if it is neither, or cannot be read.
    """
    path = Path(source)
    folder = None
    if is_package(str(source)):
        folder = package_folder(str(source))
    elif path.is_dir():
        folder = path
    if folder is not None:
        path = folder / "config.cfg"
    if not path.is_file():
        reason = (
            "there is no file, folder or installed package of this name"
            if folder is None
            else "it is not the folder of a pipeline: it has no `config.cfg`"
        )
        raise ValueError(Errors.H128.format(source=source, reason=reason))
    try:
        return load_config(path, interpolate=True), folder
    except (ValueError, OSError, ConfigParserError) as error:
        raise ValueError(Errors.H128.format(source=source, reason=error)) from error


def package_folder(name: str) -> Path:
    """The folder of the pipeline in an installed package, which registers what the pipeline needs.

    RAISES: ValueError (H128) if the package is no pipeline.
    """
    try:
        importlib.import_module(name)
        path = get_package_path(name)
        meta = get_model_meta(path)
    except (ValueError, OSError, ImportError) as error:
        raise ValueError(Errors.H128.format(source=name, reason=error)) from error
    return path / f"{meta['lang']}_{meta['name']}-{meta['version']}"
