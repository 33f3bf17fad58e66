"""Lines of text files, and how they are split into columns."""

import csv
import io
import re
from collections.abc import Callable, Iterator

from ...errors import Errors
from ..sources import Source

DOCUMENT = "-DOCSTART-"
BLANKS = " \t"
"""What separates columns if tabs do not. Other white space, as no-break spaces, is in words."""
BETWEEN = re.compile("[ \t]+")
MOST_DIGITS = 18
"""So many digits have numbers at most."""
QUOTED = re.compile(r'"((?:[^"]|"")*)"')


def read_lines(source: Source) -> Iterator[tuple[int, str]]:
    r"""Read the lines of a text file, which end in `\n`, `\r\n` or `\r`, with flat memory.

    source: The file.
    YIELDS: The lines' numbers, from 1 on, and the lines without their ends.
    RAISES: ValueError (H046) if the file cannot be read, or is not UTF-8.
    """
    number, is_after_return = 0, False
    with source.open() as file:
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        try:
            for line in text:
                # some programs write "\r\r\n" for the end of one line
                if is_after_return and line == "\r\n":
                    is_after_return = False
                    continue
                number += 1
                yield number, line.rstrip("\r\n")
                is_after_return = line[-1] == "\r"
        except UnicodeDecodeError as error:
            # the text is decoded in blocks, so the error does not know the line
            reason = f"line {find_invalid_line(source)} is not UTF-8 ({error.reason})"
            raise ValueError(Errors.H046.format(path=source.name, reason=reason)) from error


def find_invalid_line(source: Source) -> int:
    """The number of the first line that is not UTF-8; 0 if there is none."""
    with source.open() as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    return 0


def split_lines(text: str) -> list[str]:
    """Split the beginning of a file into lines, as `read_lines` does."""
    return re.split(r"\r\n|\r|\n", text.replace("\r\r\n", "\n"))


def is_number(cell: str) -> bool:
    """Whether a cell is a whole number. Python refuses to read very long ones."""
    return cell.isdecimal() and len(cell) <= MOST_DIGITS


def is_blank(line: str) -> bool:
    """Whether a line ends a sentence: it is empty, or starts a document."""
    stripped = line.strip(BLANKS)
    return not stripped or stripped.startswith(DOCUMENT)


def split_at_tabs(line: str) -> list[str]:
    """Split a line at its tabs. Words and labels may contain spaces."""
    return [cell.strip(" ") for cell in line.split("\t")]


def split_at_blanks(line: str) -> list[str]:
    """Split a line at spaces and tabs."""
    return BETWEEN.split(line.strip(BLANKS))


def csv_splitter(separator: str) -> Callable[[str], list[str]]:
    """A function that splits a line of a CSV file, with quotes, at a character."""

    def split(line: str) -> list[str]:
        if '"' not in line:
            return [cell.strip(" ") for cell in line.split(separator)]
        try:
            (cells,) = csv.reader([line], delimiter=separator)
        except csv.Error:
            return [line]
        return [cell.strip(" ") for cell in cells]

    return split


def split_table(line: str) -> list[str]:
    """Split a line of a table with tabs whose program may have quoted cells."""
    cells = split_at_tabs(line)
    return [unquote(cell) for cell in cells] if '"' in line else cells


def unquote(cell: str) -> str:
    """Remove the quotes around a cell, if it is quoted as in CSV files."""
    match = QUOTED.fullmatch(cell)
    return match[1].replace('""', '"') if match else cell


def split_at_pipes(line: str) -> list[str]:
    """Split a line at `|`."""
    return [cell.strip(BLANKS) for cell in line.split("|")]


SPLITTERS: dict[str, Callable[[str], list[str]]] = {
    "tabs": split_at_tabs,
    "tabs, with quotes": split_table,
    "commas": csv_splitter(","),
    "semicolons": csv_splitter(";"),
    "pipes": split_at_pipes,
    "blanks": split_at_blanks,
}
"""The ways to split lines into columns, in the order in which they are tried."""
