"""The tokenizer of a project, if it is not that of the language: so that a project is complete."""

import ast
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokenizer import Tokenizer
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
LOADED_AS = {
    "prefix_search": "search",
    "suffix_search": "search",
    "infix_finditer": "finditer",
    "token_match": "match",
    "url_match": "match",
}
"""The functions of spaCy's tokenizer, and the method of a pattern as which each is loaded."""


@dataclass(frozen=True)
class OwnTokenizer:
    """How the configs of a project make its tokenizer.

    sections: The sections to add to each config; "" if the language's own tokenizer is used.
    is_copied: Whether it is copied from `TOKENIZER`, as its settings alone do not make it.
    """

    sections: str = ""
    is_copied: bool = False


def check_can_be_saved(nlp: Language) -> None:
    """Check that pipelines with a tokenizer tokenize alike once they are saved and loaded.

    RAISES: ValueError (H128) if they cannot be saved, or would tokenize in another way.
    """
    missing = [name for name in TO_SAVE if not hasattr(nlp.tokenizer, name)]
    lost = [f"`{name}`" for name in LOADED_AS if not _is_saved(nlp.tokenizer, name)]
    if missing:
        reason = (
            "spaCy could not save a pipeline with it, because it has no methods "
            f"{', '.join(missing)}. Add them (they may do nothing if the tokenizer is made by its "
            "settings alone)"
        )
    elif lost:
        reason = (
            "a saved pipeline would tokenize in another way, as spaCy saves the texts of patterns "
            f"without their flags. Write flags into the pattern of {', '.join(lost)}, as in "
            "`(?i)km$`, compile it with `re`, and give the method that spaCy loads: `search` for "
            "prefixes and suffixes, `finditer` for infixes, `match` for the others"
        )
    else:
        return
    raise ValueError(Errors.H128.format(source=type(nlp.tokenizer).__name__, reason=reason))


def _is_saved(tokenizer: Any, name: str) -> bool:
    """Whether a function of spaCy's tokenizer finds the same once it is saved and loaded."""
    function = getattr(tokenizer, name, None)
    # other classes, and subclasses that save in their own way, know what they need
    if function is None or getattr(type(tokenizer), "to_bytes", None) != Tokenizer.to_bytes:
        return True
    pattern = getattr(function, "__self__", None)
    if not isinstance(pattern, re.Pattern) or function.__name__ != LOADED_AS[name]:
        return False
    try:
        return bool(re.compile(pattern.pattern) == pattern)
    except re.error:
        return False


def write_tokenizer(folder: Path, nlp: Language, settings: ProjectSettings) -> OwnTokenizer:
    """Write what the tokenizer of a project needs: the user's code, and the tokenizer itself.

    folder: The project's folder.
    nlp: A pipeline with the tokenizer.
    settings: Where the code and the tokenizer are from.
    RETURNS: How the project's configs make the tokenizer.
    """
    if settings.code:
        check_stands_alone(Path(settings.code))
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


def check_stands_alone(code: Path) -> None:
    """Check that a Python file imports no file beside it, which would not be copied with it.

    RAISES: ValueError (H127) if it does.
    """
    names: set[str] = set()
    for node in ast.walk(ast.parse(code.read_bytes())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add("." * node.level + (node.module or ""))
    for name in sorted(names):
        first = name.lstrip(".").split(".")[0]
        if name.startswith(".") or any(
            (code.parent / own).exists() for own in (f"{first}.py", f"{first}/__init__.py")
        ):
            reason = f"it imports '{name}', another file of yours, which a project does not have"
            raise ValueError(Errors.H127.format(path=code, reason=reason))
