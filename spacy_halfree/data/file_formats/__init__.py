"""The tables of formats. To add one, write a module in this folder and enter it here."""

from .argilla import ARGILLA
from .brat import BRAT
from .columns import COLUMNS
from .doc_json import DOC_JSON
from .doccano import DOCCANO
from .file_format import AnnotationFormat, RawFormat
from .gliner import GLINER
from .hugging_face import HUGGING_FACE
from .label_studio import LABEL_STUDIO
from .pairs import PAIRS
from .parquet import PARQUET
from .prodigy import PRODIGY
from .spacy2 import SPACY_2
from .spacy_docs import DOCS, TOKENS
from .text_lines import JSON_LINES, LINES
from .uima_cas import CAS
from .webanno import WEBANNO

RAW: tuple[RawFormat, ...] = (LINES, JSON_LINES, PARQUET, TOKENS)
"""Files of raw texts."""
ANNOTATED: dict[str, AnnotationFormat] = {
    own.name: own
    for own in (
        *(DOCS, ARGILLA, CAS, HUGGING_FACE, GLINER, PAIRS, SPACY_2, DOC_JSON),
        *(LABEL_STUDIO, DOCCANO, PRODIGY, WEBANNO, BRAT, COLUMNS),
    )
}
"""Files of annotated texts, by name. The first format that recognizes a file reads it."""

RAW_SUFFIXES = tuple(suffix for own in RAW for suffix in own.suffixes)
WRITABLE = {own.name: own for own in ANNOTATED.values() if own.write is not None}
"""What `suggest` writes, by name."""
RAW_FILES = ", ".join(own.title for own in RAW)
ANNOTATED_FILES = ", ".join(own.title for own in ANNOTATED.values())
"""Descriptions for help texts and messages."""
