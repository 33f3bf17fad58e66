"""Commands inside the process of the tests, because starting spaCy takes seconds."""

import contextlib
import io
import re

from spacy.cli import app
from spacy.util import registry
from typer.testing import CliRunner


def run_command(*arguments: object) -> tuple[int, str]:
    """Run `python -m spacy halfree ...`.

    RETURNS: The exit code, and all that was printed, on one line and without colours.
    """
    code, printed = run_as_it_is(*arguments)
    return code, plain(printed)


def run_as_it_is(*arguments: object) -> tuple[int, str]:
    """Run `python -m spacy halfree ...`.

    RETURNS: The exit code, and all that was printed.
    """
    registry.cli.get_all()
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        result = CliRunner().invoke(app, ["halfree", *map(str, arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, printed.getvalue() + result.output


def plain(output: str) -> str:
    """Without colours, and on one line, as messages are wrapped."""
    return " ".join(re.sub(r"\x1b\[[0-9;]*m", "", output).split())
