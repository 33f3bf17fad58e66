"""Python files with functions that a user has registered, which pipelines and configs name.

Such a file is only run if the user names it (`--code`, or an argument `code`): never because of
what stands in a config, a pipeline or a file of texts.
"""

import traceback
from pathlib import Path

from spacy.util import import_file

from .errors import Errors
from .files import hash_file

MODULE = "python_code"
"""The name of such a module, as in spaCy's own commands."""
IMPORTED: dict[Path, str] = {}
"""The files that this process has imported, and the SHA-256 of each."""


def import_code(path: str | Path | None) -> str:
    """Import a Python file, as `spacy train --code` does. A process imports a file once.

    path: The file, or None for none. If it has changed since, it is imported again.
    RETURNS: The SHA-256 of the file; "" if there is none.
    RAISES: ValueError (H127) if it cannot be imported.
    """
    if path is None:
        return ""
    place = Path(path).resolve()
    try:
        sha256 = hash_file(place)
        if IMPORTED.get(place) != sha256:
            import_file(MODULE, place)
            IMPORTED[place] = sha256
    # a file that ends the process would end the command, too, without a word
    except (Exception, SystemExit) as error:
        reason = f"{type(error).__name__}: {error}{_line_of(error, place)}"
        raise ValueError(Errors.H127.format(path=path, reason=reason)) from error
    return sha256


def _line_of(error: BaseException, place: Path) -> str:
    """Where a file has failed: its last line that was run."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(place)]
    return f" (line {lines[-1]})" if lines else ""
