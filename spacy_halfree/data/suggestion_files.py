"""Write suggestions for annotation tools."""

import json
from collections.abc import Sequence
from pathlib import Path

from ..errors import Errors
from ..ranges import check_choice
from .file_formats import WRITABLE
from .offsets import DEFAULT_UNIT, OffsetUnit
from .records import Suggestion


def check_tool(tool: str, offsets: OffsetUnit | None) -> None:
    """RAISES: ValueError (H013) for an unknown tool, (H110) for a unit that it does not have."""
    check_choice(WRITABLE, format=tool)
    if offsets is not None and not WRITABLE[tool].has_any_unit:
        raise ValueError(Errors.H110.format(tool=tool))


def check_suffix(path: Path, tool: str) -> None:
    """RAISES: ValueError (H084) if a tool's files have another suffix."""
    suffix = WRITABLE[tool].suffixes[0]
    if path.suffix != suffix:
        raise ValueError(Errors.H084.format(path=path, tool=tool, suffix=suffix))


def write_suggestions(
    suggestions: Sequence[Suggestion], tool: str, *, offsets: OffsetUnit | None = None
) -> bytes:
    """Make the content of a file for an annotation tool.

    suggestions: The texts, in order.
    tool: The name of the tool's format, e.g. "prodigy".
    offsets: The unit of the offsets if the format does not fix it; UTF-16 units if None.
    RETURNS: JSON lines or a JSON list, as the tool imports it.
    RAISES: ValueError (H013) for an unknown tool, (H110) for a unit that it does not have.
    """
    check_tool(tool, offsets)
    own = WRITABLE[tool]
    assert own.write is not None
    unit = offsets or DEFAULT_UNIT
    lines = [json.dumps(own.write(text, unit), ensure_ascii=False) for text in suggestions]
    if own.suffixes[0] == ".jsonl":
        return "".join(line + "\n" for line in lines).encode()
    return ("[\n" + ",\n".join(lines) + "\n]\n").encode()
