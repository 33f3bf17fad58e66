"""Read raw texts of every format."""

import zlib
from collections.abc import Iterator

from ..errors import Errors
from .file_formats import RAW
from .inputs import InputFile
from .records import InvalidRecord, Numbered, Record

UNREADABLE = (OSError, EOFError, ValueError, KeyError, TypeError, RuntimeError, zlib.error)
"""The errors of files that are damaged or of another kind. NotImplementedError is one of them."""


def read_raw_texts(file: InputFile, max_length: int = 1_000_000) -> Iterator[Numbered]:
    """Read the records of a file, one by one.

    file: A file `.txt` (a text a line, UTF-8), `.jsonl` or `.jsonl.gz` (an object a line with the
        key `text`, or `words` and optionally `spaces`, and optionally `id`), `.parquet` (columns of
        the same names) or `.spacy` (docs, of which only the tokens are read). Lines end with a line
        feed, a carriage return, or both.
    max_length: The most characters of a text, as in `Language.max_length`.
    YIELDS: Numbers and records. Empty lines are skipped.
    RAISES: ValueError (H019) if the file cannot be read, ImportError (H054) if that needs a library
        that is not installed.
    """
    read = next(own.read for own in RAW if file.name.endswith(own.suffixes))
    try:
        with file.open() as opened:
            for number, record in read(opened, file.name):
                if not isinstance(record, InvalidRecord):
                    record.setdefault("id", f"{file.name}:{number}")
                    reason = why_unusable(record, max_length)
                    if reason:
                        record = InvalidRecord(file.name, number, reason)
                yield number, record
    except UNREADABLE as error:
        raise ValueError(Errors.H019.format(path=file.path, reason=error)) from error


def why_unusable(record: Record, max_length: int) -> str | None:
    """Why a pipeline cannot read a record; None if it can.

    record: The record.
    max_length: The most characters of its text, including a space after each word.
    """
    words = record["words"] if "words" in record else [record["text"]]
    if any("\0" in word for word in words):
        return "holds the character U+0000, as files do that are not UTF-8, or no texts"
    n_characters = sum(map(len, words)) + (len(words) if "words" in record else 0)
    if n_characters > max_length:
        return f"has {n_characters} characters, more than the pipeline's {max_length}"
    return None
