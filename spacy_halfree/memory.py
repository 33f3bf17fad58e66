"""Out of memory is not damage: told apart from whatever else fails while files are read."""

import errno
import re

from .errors import Errors

WORDING = re.compile(
    r"cannot allocate memory|can't allocate memory|not enough memory|out of memory"
    r"|unable to allocate|failed to allocate|bad[_ ]alloc|os error 12\b",
    re.IGNORECASE,
)
"""How the system, numpy, torch, CuPy and safetensors say so, where the exception has no class."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception, or one that it was raised from, says that memory was not enough.

    error: The exception.
    """
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        if isinstance(cause, MemoryError):
            return True
        if isinstance(cause, OSError) and cause.errno == errno.ENOMEM:
            return True
        # torch raises nothing more specific on a CPU
        is_general = isinstance(cause, (OSError, RuntimeError))
        is_general |= type(cause).__name__ == "SafetensorError"
        if is_general and WORDING.search(str(cause)):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def check_memory(error: BaseException, what: object) -> None:
    """Let out of memory be reported as such. Call it before an error is reported as damage.

    error: What was raised while something was read.
    what: What was read: a file, or the part of a pipeline.
    RAISES: MemoryError (H160) if memory was not enough.
    """
    if is_out_of_memory(error):
        raise MemoryError(Errors.H160.format(what=what)) from error
