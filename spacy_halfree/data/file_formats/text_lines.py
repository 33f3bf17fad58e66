"""Raw texts in lines of plain text or JSON."""

import gzip
import json
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

from ..records import InvalidRecord, Numbered, Record, RecordError, to_record
from ..text_encoding import OTHER_MARKS
from .file_format import RawFormat

NOT_UTF8 = "is not valid UTF-8"


def read_lines(file: BinaryIO, name: str) -> Iterator[Numbered]:
    """Read plain text, a text a line."""
    return _read(lambda line: Record(text=line), file, name)


def read_json_lines(file: BinaryIO, name: str) -> Iterator[Numbered]:
    """Read JSON lines, which may be compressed."""
    if name.endswith(".gz"):
        with gzip.open(file, "rb") as unpacked:
            yield from _read(_parse_json, cast(BinaryIO, unpacked), name)
    else:
        yield from _read(_parse_json, file, name)


def _read(parse: Callable[[str], Record], file: BinaryIO, name: str) -> Iterator[Numbered]:
    for number, raw in enumerate(_lines(file), start=1):
        if not raw.strip():
            continue
        try:
            # the first line may begin with a byte-order mark
            line = raw.decode("utf-8-sig" if number == 1 else "utf8")
            # white space of other scripts, too
            if line.strip():
                yield number, parse(line)
        except UnicodeDecodeError as error:
            yield number, InvalidRecord(name, number, f"{NOT_UTF8} ({error.reason})")
        except RecordError as error:
            yield number, InvalidRecord(name, number, str(error))


def _lines(file: BinaryIO) -> Iterator[bytes]:
    is_first = True
    for line in file:
        if is_first and line.startswith(OTHER_MARKS):
            raise ValueError("it is UTF-16 or UTF-32; save it as UTF-8")
        is_first = False
        # old files end their lines with a carriage return alone
        yield from line.splitlines()


def _parse_json(line: str) -> Record:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise RecordError(f"is not valid JSON ({error})") from error
    if not isinstance(value, dict):
        raise RecordError("is not an object with a string under the key 'text'")
    return to_record(value)


LINES = RawFormat(".txt (a text a line)", (".txt",), read_lines)
JSON_LINES = RawFormat(".jsonl or .jsonl.gz (key 'text')", (".jsonl", ".jsonl.gz"), read_json_lines)
