"""Raw texts in Parquet tables, which pyarrow reads."""

from collections.abc import Iterator
from typing import Any, BinaryIO

from ...errors import Errors
from ..records import InvalidRecord, Numbered, RecordError, to_record
from .file_format import RawFormat
from .text_lines import NOT_UTF8

COLUMNS = ("id", "text", "words", "spaces")
ROWS_AT_A_TIME = 1024


def read(file: BinaryIO, name: str) -> Iterator[Numbered]:
    """Read the columns `id`, `text`, `words` and `spaces` of a table.

    RAISES: ImportError (H054) if pyarrow is not installed, ValueError if there is neither a column
        `text` nor a column `words`.
    """
    try:
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise ImportError(Errors.H054.format(what=name, package="pyarrow")) from error
    table = ParquetFile(file)
    columns = [column for column in COLUMNS if column in table.schema_arrow.names]
    if not {"text", "words"} & set(columns):
        raise ValueError("there is neither a column 'text' nor a column 'words'")
    number = 0
    for batch in table.iter_batches(batch_size=ROWS_AT_A_TIME, columns=columns):
        for row in _rows(batch):
            number += 1
            try:
                if row is None:
                    raise RecordError(NOT_UTF8)
                yield number, to_record(row)
            except RecordError as error:
                yield number, InvalidRecord(name, number, str(error))


def _rows(batch: Any) -> Iterator[dict[str, Any] | None]:
    try:
        yield from batch.to_pylist()
    except UnicodeDecodeError:
        # find the rows that are not UTF-8
        for place in range(len(batch)):
            try:
                (row,) = batch.slice(place, 1).to_pylist()
            except UnicodeDecodeError:
                row = None
            yield row


PARQUET = RawFormat(".parquet (column 'text')", (".parquet",), read)
