"""Raw texts in Parquet tables, which pyarrow reads."""

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from ...errors import Errors
from ..records import InvalidRecord, Numbered, RecordError, to_record
from .file_format import RawFormat
from .text_lines import NOT_UTF8

COLUMNS = ("id", "text", "words", "spaces")
ROWS_AT_A_TIME = 1024
MOST_NAMES = 20
"""The most columns that a message names."""
CONVERSIONS = (ValueError, OverflowError, TypeError)
"""The errors of text that is not UTF-8, and of times that Python does not have."""


def read(file: BinaryIO, name: str) -> Iterator[Numbered]:
    """Read the columns `id`, `text`, `words` and `spaces` of a table.

    RAISES: ImportError (H054) if pyarrow is not installed, ValueError if there is neither a column
        `text` nor a column `words`.
    """
    table = open_table(file, name)
    names = table.schema_arrow.names
    columns = [column for column in COLUMNS if column in names]
    if not {"text", "words"} & set(columns):
        others = ", ".join(names[:MOST_NAMES]) or "none"
        raise ValueError(
            f"there is neither a column 'text' nor a column 'words'; its columns are: {others}"
        )
    for number, row in enumerate(read_rows(table, columns), start=1):
        try:
            if isinstance(row, str):
                raise RecordError(row)
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


def read_rows(table: Any, columns: Sequence[str]) -> Iterator[dict[str, Any] | str]:
    """Read the rows of a table.

    table: What `open_table` returns.
    columns: The columns to read.
    YIELDS: The rows; of one whose values Python does not have, the reason.
    RAISES: ValueError if two columns have the same name, or rows are missing.
    """
    names = table.schema_arrow.names
    twice = next((name for name in columns if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"it has several columns called '{twice}'; keep one of them")
    groups = [table.metadata.row_group(group).num_rows for group in range(table.num_row_groups)]
    check_rows(sum(groups), table.metadata.num_rows, "the file")
    # pyarrow cannot read lists of categories beyond the end of a row group
    for group, expected in enumerate(groups):
        n_rows = 0
        for batch in table.iter_batches(ROWS_AT_A_TIME, row_groups=[group], columns=columns):
            n_rows += len(batch)
            yield from _rows(batch)
        # of a column chunk that says that it has fewer values, pyarrow reads no more than these
        check_rows(n_rows, expected, f"row group {group + 1}")


def check_rows(n_rows: int, expected: int, where: str) -> None:
    """RAISES: ValueError if there are more or fewer rows than the footer of a table says."""
    if n_rows != expected:
        raise ValueError(f"it is damaged: {where} has {n_rows} rows, but should have {expected}")


def _rows(batch: Any) -> Iterator[dict[str, Any] | str]:
    try:
        rows = batch.to_pylist()
    except CONVERSIONS:
        # find the rows that are to blame
        for place in range(len(batch)):
            try:
                (row,) = batch.slice(place, 1).to_pylist()
            except UnicodeDecodeError:
                row = NOT_UTF8
            except CONVERSIONS as error:
                row = f"has a value that cannot be read ({error})"
            yield row
    else:
        yield from rows


PARQUET = RawFormat(".parquet (column 'text')", (".parquet",), read)
