"""Raw texts in Parquet tables, which pyarrow reads."""

from collections.abc import Iterator, Sequence
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
    table = open_table(file, name)
    columns = [column for column in COLUMNS if column in table.schema_arrow.names]
    if not {"text", "words"} & set(columns):
        raise ValueError("there is neither a column 'text' nor a column 'words'")
    for number, row in enumerate(read_rows(table, columns), start=1):
        try:
            if row is None:
                raise RecordError(NOT_UTF8)
            yield number, to_record(row)
        except RecordError as error:
            yield number, InvalidRecord(name, number, str(error))


def open_table(file: BinaryIO, name: str) -> Any:
    """Open a table.

    file: The open file.
    name: What messages call it.
    RETURNS: A `pyarrow.parquet.ParquetFile`.
    RAISES: ImportError (H054) if pyarrow is not installed, ValueError if it is no table.
    """
    try:
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise ImportError(
            Errors.H054.format(what=name, package="pyarrow", extra="formats")
        ) from error
    return ParquetFile(file)


def read_rows(table: Any, columns: Sequence[str]) -> Iterator[dict[str, Any] | None]:
    """Read the rows of a table.

    table: What `open_table` returns.
    columns: The columns to read.
    YIELDS: The rows; None for one that is not UTF-8.
    """
    for batch in table.iter_batches(batch_size=ROWS_AT_A_TIME, columns=columns):
        yield from _rows(batch)


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
