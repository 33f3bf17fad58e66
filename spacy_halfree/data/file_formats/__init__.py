"""The table of formats. To add one, write a module in this folder and enter it here."""

from collections.abc import Sequence

from .doccano import DOCCANO
from .file_format import FileReader, Format, ObjectReader, RawReader
from .iob import IOB
from .label_studio import LABEL_STUDIO
from .parquet import PARQUET
from .prodigy import PRODIGY
from .spacy_docs import DOCS, TOKENS
from .text_lines import JSON_LINES, LINES

RAW: tuple[Format[RawReader], ...] = (LINES, JSON_LINES, PARQUET, TOKENS)
"""Files of raw texts."""
FILES: tuple[Format[FileReader], ...] = (DOCS, IOB)
"""Files of annotated texts."""
TOOLS: tuple[Format[ObjectReader], ...] = (PRODIGY, DOCCANO, LABEL_STUDIO)
"""JSON files of annotation tools. The first format reads what no other recognizes."""

RAW_SUFFIXES = tuple(suffix for own in RAW for suffix in own.suffixes)
WRITABLE = {own.name: own for own in TOOLS if own.write is not None}
"""What `suggest` writes, by name."""


def titles(formats: Sequence[Format], last: str) -> str:
    """List formats. last: What separates the last one from the others."""
    *others, final = [own.title for own in formats]
    return f"{', '.join(others)}{last} {final}"


RAW_FILES = titles(RAW, " or")
ANNOTATED_FILES = f"{titles(FILES, ',')}, or .jsonl or .json of {titles(TOOLS, ' or')}"
"""Descriptions for help texts and messages."""
