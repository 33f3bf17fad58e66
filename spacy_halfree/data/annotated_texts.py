"""Read annotated texts of every format, and write suggestions for annotation tools."""

import json
import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from spacy.language import Language

from ..errors import Errors, Warnings
from ..ranges import check_choice
from .file_formats import ANNOTATED_FILES, FILES, TOOLS, WRITABLE
from .file_formats.file_format import Annotation, Format, ObjectReader, read_bytes
from .offsets import UNITS, OffsetUnit, is_plain
from .records import (
    AnnotatedRecord,
    AnnotatedText,
    InvalidRecord,
    RecordError,
    Skipped,
    Suggestion,
    touched_tokens,
)

logger = logging.getLogger("spacy.halfree")
DEFAULT_UNIT: OffsetUnit = "utf-16"
"""The unit of files that do not name theirs."""
MOST_NUMBERS = 50
"""The most texts that a warning names."""


def read_annotated_texts(
    path: Path,
    nlp: Language,
    spans_key: str | None = None,
    *,
    offsets: OffsetUnit | None = None,
) -> Iterator[AnnotatedRecord]:
    """Read a file of annotated texts.

    path: A file of any format in `file_formats`. Files of annotation tools hold an object a line
        (`.jsonl`) or a list of objects (`.json`).
    nlp: Tokenizes all texts, those of `.spacy` files again: spans that do not fit a pipeline's
        tokens cannot be learned.
    spans_key: The span group to read from a `.spacy` file; the entities if None.
    offsets: The unit of the offsets if the format does not fix it. If None, UTF-16 units, and a
        warning (W023) names the texts whose spans depend on the unit.
    YIELDS: Annotated texts, records that cannot be used, and skipped texts.
    RAISES: ValueError (H046, H047) if the file cannot be read, or has no known format, (H013) for
        another unit.
    """
    check_choice((None, *UNITS), offsets=offsets)
    # some systems write suffixes in upper case
    suffix = path.suffix.lower()
    for own in FILES:
        if suffix in own.suffixes:
            yield from own.read(path, nlp, spans_key)
            return
    if not any(suffix in tool.suffixes for tool in TOOLS):
        raise ValueError(Errors.H047.format(path=path, formats=ANNOTATED_FILES))
    unclear = []
    for number, value in _json_lines(path) if suffix == ".jsonl" else _json_list(path):
        if isinstance(value, InvalidRecord):
            yield value
            continue
        try:
            tool = next((own for own in TOOLS[1:] if own.recognize(value)), TOOLS[0])
            found = list(tool.read(value, offsets or DEFAULT_UNIT))
            yield from _to_records(found, number, nlp)
        except RecordError as error:
            yield InvalidRecord(str(path), number, str(error))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            reason = f"is of a shape that none of the known tools writes ({error!r})"
            yield InvalidRecord(str(path), number, reason)
        else:
            if offsets is None and depends_on_unit(tool, value, found):
                unclear.append(number)
    if unclear:
        rest = len(unclear) - MOST_NUMBERS
        numbers = ", ".join(map(str, unclear[:MOST_NUMBERS]))
        numbers += f" and {rest} more" if rest > 0 else ""
        logger.warning(Warnings.W023.format(path=path, n=len(unclear), numbers=numbers))


def _json_lines(path: Path) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(read_bytes(path).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            # the first line of a file may begin with a byte order mark
            yield number, json.loads(line.decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            yield number, InvalidRecord(str(path), number, f"is no JSON: {error}")


def _json_list(path: Path) -> Iterator[tuple[int, Any]]:
    try:
        values = json.loads(read_bytes(path).decode("utf-8-sig"))
        if not isinstance(values, list):
            raise ValueError("it is not a list of objects")
    except (ValueError, RecursionError) as error:
        raise ValueError(Errors.H046.format(path=path, reason=error)) from error
    return enumerate(values, start=1)


def _to_records(
    found: Iterable[Annotation | Skipped], number: int, nlp: Language
) -> Iterator[AnnotatedText | Skipped]:
    for own in found:
        if isinstance(own, Skipped):
            yield own
            continue
        doc = nlp.make_doc(own.text)
        missing: set[int] = set()
        if own.is_partial:
            bounds = [(span.start, span.end) for span in own.spans]
            missing = set(range(len(doc))) - touched_tokens(doc, bounds)
        yield AnnotatedText(number, doc, own.spans, tuple(sorted(missing)))


def depends_on_unit(
    tool: Format[ObjectReader], value: Any, found: Sequence[Annotation | Skipped]
) -> bool:
    """Whether an object has other spans in other units than the default.

    tool: The object's format.
    value: The object.
    found: What is read of it in the default unit.
    """
    if not tool.has_any_unit or all(is_plain(own.text) for own in found):
        return False
    return any(list(tool.read(value, unit)) != found for unit in UNITS if unit != DEFAULT_UNIT)


def check_tool(tool: str, offsets: OffsetUnit | None) -> None:
    """RAISES: ValueError (H013) for an unknown tool, (H097) for a unit that it does not have."""
    check_choice(WRITABLE, format=tool)
    if offsets is not None and not WRITABLE[tool].has_any_unit:
        raise ValueError(Errors.H097.format(tool=tool))


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
    RAISES: ValueError (H013) for an unknown tool, (H097) for a unit that it does not have.
    """
    check_tool(tool, offsets)
    own = WRITABLE[tool]
    assert own.write is not None
    unit = offsets or DEFAULT_UNIT
    lines = [json.dumps(own.write(text, unit), ensure_ascii=False) for text in suggestions]
    if own.suffixes[0] == ".jsonl":
        return "".join(line + "\n" for line in lines).encode()
    return ("[\n" + ",\n".join(lines) + "\n]\n").encode()
