"""How a command ends when something fails: with a numbered message and status 1."""

import os
import re
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from ..errors import Errors
from ..outputs import reason_of
from ..printable import printable

NOT_REGISTERED = re.compile(r"\[E(002|893)\]")
"""spaCy's messages of a component or another function that is not registered."""
NUMBER = re.compile(r"\[[HE]\d{3}\]")
Command = TypeVar("Command", bound=Callable[..., None])


def reports_failures(command: Command) -> Command:
    """Let a command end with a message where it can neither print nor catch what has failed.

    command: The command. It catches what concerns its own work.
    """

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            if sys.stdout is None:
                raise OSError(Errors.H101.format(reason="it is closed"))
            command(*args, **kwargs)
            sys.stdout.flush()
        except UnicodeEncodeError as error:
            reason = f"{error.object[error.start : error.end]!a} is not in {error.encoding}"
            stop(OSError(Errors.H101.format(reason=reason)))
        except (OSError, MemoryError) as error:
            stop(error)

    return run  # type: ignore[return-value]


def stop(error: OSError | MemoryError) -> None:
    """Say on the standard error why a command has failed, and end it with status 1."""
    message = str(error)
    if not is_numbered(message):
        if isinstance(error, MemoryError):
            message = Errors.H160.format(what="this command")
        # only files have a name: what fails without one is printing
        elif error.filename is None:
            message = Errors.H101.format(reason=reason_of(error))
        else:
            message = describe(error)
    print(printable(message), file=sys.stderr)
    if sys.stdout is not None:
        # what is still to be printed must not fail once more when Python ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise SystemExit(1)


def describe(error: Exception) -> str:
    """What a user is told of an error: its own text if it has a number, or what the system says.

    error: The error.
    RETURNS: The message.
    """
    # spaCy's messages have several lines
    message = " ".join(str(error).split("\n")) if not isinstance(error, OSError) else str(error)
    if NOT_REGISTERED.match(message):
        return Errors.H129.format(reason=message.strip())
    if isinstance(error, OSError) and error.errno is not None and not is_numbered(message):
        # what fails in the middle of a file has no name
        path = error.filename or "a file"
        return Errors.H100.format(path=path, reason=reason_of(error))
    return message


def is_numbered(message: str) -> bool:
    """Whether a message has a number of ours or of spaCy's."""
    return NUMBER.match(message) is not None
