"""The tokenizer of a project, if it is not that of the language: so that a project is complete."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spacy.language import Language
from thinc.api import Config

from ..data.tokenizers import (
    from_settings,
    is_made_by_settings,
    make_tokenizing_pipeline,
    read_source,
    tokenizer_settings,
)
from ..errors import Errors
from .project_settings import STUDENT, ProjectSettings

FUNCTIONS = "functions.py"
"""The user's Python file, in the project."""
TOKENIZER = "assets/tokenizer"
"""The pipeline from which all pipelines of the project copy their tokenizer."""
TO_SAVE = ("to_disk", "from_disk", "to_bytes", "from_bytes")
"""The methods without which a tokenizer can be neither saved nor copied."""


@dataclass(frozen=True)
class OwnTokenizer:
    """How the configs of a project make its tokenizer.

    sections: The sections to add to each config; "" if the language's own tokenizer is used.
    is_copied: Whether it is copied from `TOKENIZER`, as its settings alone do not make it.
    """

    sections: str = ""
    is_copied: bool = False


def check_can_be_saved(nlp: Language) -> None:
    """Check that pipelines with a tokenizer can be saved once they are trained.

    RAISES: ValueError (H128) if they cannot.
    """
    missing = [name for name in TO_SAVE if not hasattr(nlp.tokenizer, name)]
    if missing:
        reason = (
            f"spaCy could not save a pipeline with it, as it has no methods {', '.join(missing)}. "
            "Add them (they may do nothing if the tokenizer is made by its settings alone)"
        )
        raise ValueError(Errors.H128.format(source=type(nlp.tokenizer).__name__, reason=reason))


def write_tokenizer(folder: Path, nlp: Language, settings: ProjectSettings) -> OwnTokenizer:
    """Write what the tokenizer of a project needs: the user's code, and the tokenizer itself.

    folder: The project's folder.
    nlp: A pipeline with the tokenizer.
    settings: Where the code and the tokenizer are from.
    RETURNS: How the project's configs make the tokenizer.
    """
    if settings.code:
        shutil.copyfile(settings.code, folder / FUNCTIONS)
    if not settings.tokenizer:
        return OwnTokenizer()
    own: dict[str, Any] = {"nlp": tokenizer_settings(nlp.config)}
    is_copied = not is_made_by_settings(nlp)
    if is_copied:
        (folder / TOKENIZER).parent.mkdir()
        nlp.to_disk(folder / TOKENIZER)
        before_init = {"@callbacks": "spacy.copy_from_base_model.v1", "tokenizer": TOKENIZER}
        own["initialize"] = {"before_init": before_init}
    # the configs have a section [nlp] already
    sections = Config(own).to_str().removeprefix("[nlp]\n\n")
    return OwnTokenizer(f"\n# the tokenizer\n{sections}\n", is_copied)


def load_tokenizer(folder: Path, lang: str) -> Language:
    """Make a pipeline that tokenizes as those of an existing project.

    folder: The project's folder. Its code is not imported.
    lang: The project's language.
    RAISES: ValueError (H128) if the tokenizer cannot be read, (E893) if it needs a function that is
        not registered.
    """
    if (folder / TOKENIZER).is_dir():
        return make_tokenizing_pipeline(lang, folder / TOKENIZER)
    config, _ = read_source(folder / "configs" / STUDENT)
    return from_settings({"nlp": {"lang": lang, **tokenizer_settings(config)}})
