"""Names of folders and files in a project: those that spaCy can use, and how others are refused."""

import json
import re
from collections.abc import Iterable
from pathlib import Path

from ..errors import Errors

NOT_IN_VARIABLES = re.compile(r'[$"\\\x00-\x1f]')
"""What spaCy does not keep as it is when it puts variables of a project into its commands."""


def check_are_utf8(**names: str | Path | Iterable[str | Path] | None) -> None:
    """Check that names can be written to files and printed.

    **names: A name or several, by what they are names of.
    RAISES: ValueError (H148) for a name that is not UTF-8.
    """
    for what, given in names.items():
        for name in [given] if isinstance(given, str | Path) else given or []:
            if not is_utf8(str(name)):
                reason = "bytes that are not UTF-8"
                raise ValueError(Errors.H148.format(what=what, name=repr(str(name)), reason=reason))


def is_utf8(name: str) -> bool:
    """Whether a name is UTF-8. Python writes other bytes in names as lone surrogates."""
    return not any("\ud800" <= character <= "\udfff" for character in name)


def find_variable_path(folder: Path) -> str:
    """The path of a folder as a variable of a project, whose commands run in another folder.

    folder: An existing folder.
    RETURNS: Its absolute path, with "/": behind all links, unless only a link has a name that a
        variable can have.
    RAISES: ValueError (H148) if there is no such name.
    """
    paths = [folder.resolve().as_posix(), folder.absolute().as_posix()]
    for path in paths:
        if is_utf8(path) and not NOT_IN_VARIABLES.search(path):
            return path
    check_are_utf8(encoder=paths[0])
    found = ", ".join(map(repr, sorted(set(NOT_IN_VARIABLES.findall(paths[0])))))
    reason = f"characters that spaCy changes in a variable of `project.yml` ({found})"
    raise ValueError(Errors.H148.format(what="encoder", name=repr(paths[0]), reason=reason))


def quote_in_yaml(text: str) -> str:
    """Write a text as a value of YAML, which takes some characters for line breaks."""
    quoted = json.dumps(text, ensure_ascii=False)
    return re.sub(r"[^\x20-\x7e]", lambda match: f"\\U{ord(match[0]):08x}", quoted)


def make_title(name: str) -> str:
    """The name of a project as it can stand in a title.

    name: The name of its folder.
    RETURNS: The name on one line, without what spaCy takes for a variable.
    """
    return " ".join(re.sub(r"\$\{", "{", name).split())
