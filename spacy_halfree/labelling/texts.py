"""Reading raw texts: lines, JSON lines, docs or Parquet; what cannot be used is set aside."""

import codecs
import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, cast

from spacy.tokens import DocBin
from spacy.vocab import Vocab

from ..errors import Errors
from .inputs import InputFile
from .records import BadRecord, Record, from_doc

Numbered = tuple[int, Record | BadRecord]
"""A line's number, counted from 1, and what stands in it."""
COLUMNS = ("id", "text", "words", "spaces")
ROWS_AT_A_TIME = 1024
NOT_UTF8 = "is not valid UTF-8"
OTHER_MARKS = (
    *(codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),
    *(codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
)
"""What files begin with that are Unicode, but no UTF-8."""


class UnusableError(Exception):
    """A record that cannot be used; says why."""


def read_texts(file: InputFile, max_length: int = 1_000_000) -> Iterator[Numbered]:
    """Read the records of a file.

    file: A file `.txt` (a text a line, UTF-8), `.jsonl` or `.jsonl.gz` (an object a line with the
        key `text`, or `words` and perhaps `spaces`, and perhaps `id`), `.parquet` (columns of the
        same names) or `.spacy` (docs, of which the tokens alone are taken). Lines end as those of
        any system: with a line feed, a carriage return, or both.
    max_length: The most characters of a text, as in `Language.max_length`.
    YIELDS: Records, and reasons why there is none; empty lines are passed over.
    RAISES: ValueError (H019) if the file as a whole cannot be read, ImportError (H054) if it asks
        for a library that is not installed.
    """
    read = reader_for(file)
    try:
        with file.open() as opened:
            for number, record in read(opened, file.name):
                if not isinstance(record, BadRecord):
                    record.setdefault("id", f"{file.name}:{number}")
                    reason = no_characters(record) or too_long(record, max_length)
                    if reason:
                        record = BadRecord(file.name, number, reason)
                yield number, record
    except (OSError, EOFError, ValueError, KeyError, TypeError, zlib.error) as error:
        raise ValueError(Errors.H019.format(path=file.path, reason=error)) from error


def reader_for(file: InputFile) -> Callable[[BinaryIO, str], Iterator[Numbered]]:
    """The function that reads files of that ending."""
    if file.name.endswith(".spacy"):
        return read_docs
    if file.name.endswith(".parquet"):
        return read_parquet
    if file.name.endswith(".txt"):
        return read_lines
    return read_json_lines


def read_docs(file: BinaryIO, name: str) -> Iterator[Numbered]:
    """The tokens of the docs of a `.spacy` file."""
    docs = DocBin().from_bytes(file.read()).get_docs(Vocab())
    for number, doc in enumerate(docs, start=1):
        if doc.text.strip():
            yield number, from_doc(doc)
        else:
            yield number, BadRecord(name, number, "has an empty text")


def read_lines(file: BinaryIO, name: str) -> Iterator[Numbered]:
    """The texts of a `.txt` file, one a line."""
    return _usable(lambda line: Record(text=line), file, name)


def read_json_lines(file: BinaryIO, name: str) -> Iterator[Numbered]:
    """The texts of a file of JSON lines, which may be compressed."""
    if name.endswith(".gz"):
        with gzip.open(file, "rb") as unpacked:
            yield from _usable(_parse_json, cast(BinaryIO, unpacked), name)
    else:
        yield from _usable(_parse_json, file, name)


def _usable(parse: Callable[[str], Record], file: BinaryIO, name: str) -> Iterator[Numbered]:
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
            yield number, BadRecord(name, number, f"{NOT_UTF8} ({error.reason})")
        except UnusableError as error:
            yield number, BadRecord(name, number, str(error))


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
        raise UnusableError(f"is not valid JSON ({error})") from error
    if not isinstance(value, dict):
        raise UnusableError("is not an object with a string under the key 'text'")
    return to_record(value)


def read_parquet(file: BinaryIO, name: str) -> Iterator[Numbered]:
    """The texts of a Parquet file: its columns `text` or `words`, `spaces` and `id`.

    RAISES: ImportError (H054) if pyarrow is not installed, ValueError if there is no such column.
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
                    raise UnusableError(NOT_UTF8)
                yield number, to_record(row)
            except UnusableError as error:
                yield number, BadRecord(name, number, str(error))


def _rows(batch: Any) -> Iterator[dict[str, Any] | None]:
    try:
        yield from batch.to_pylist()
    except UnicodeDecodeError:
        # whose fault it is is found out one by one
        for place in range(len(batch)):
            try:
                (row,) = batch.slice(place, 1).to_pylist()
            except UnicodeDecodeError:
                row = None
            yield row


def to_record(value: dict[str, Any]) -> Record:
    """A record of what stands in a line or row.

    value: The object; other keys than a record's are passed over.
    RAISES: UnusableError if there is neither a text nor words, or they are of another type.
    """
    value = {key: own for key, own in value.items() if own is not None}
    record = Record()
    if "id" in value:
        record["id"] = str(value["id"])
        _check_characters(record["id"])
    # a table has empty lists where there is nothing
    if "words" in value and not (value["words"] == [] and "text" in value):
        record["words"] = _check_words(value["words"])
        if "spaces" in value:
            record["spaces"] = _check_spaces(value["spaces"], len(record["words"]))
        return record
    text = value.get("text")
    if not isinstance(text, str):
        raise UnusableError("is not an object with a string under the key 'text'")
    if not text.strip():
        raise UnusableError("has an empty text")
    _check_characters(text)
    record["text"] = text
    return record


def _check_words(words: Any) -> list[str]:
    if not isinstance(words, list) or not words:
        raise UnusableError("has no list of words under the key 'words'")
    if not all(isinstance(word, str) and word for word in words):
        raise UnusableError("has words that are no strings, or empty")
    _check_characters("".join(words))
    if not "".join(words).strip():
        raise UnusableError("has an empty text")
    return words


def _check_spaces(spaces: Any, n_words: int) -> list[bool]:
    if not isinstance(spaces, list) or len(spaces) != n_words:
        raise UnusableError("has not as many spaces as words")
    return [bool(space) for space in spaces]


def _check_characters(text: str) -> None:
    try:
        text.encode("utf8")
    except UnicodeEncodeError as error:
        raise UnusableError("holds half of a surrogate pair, which is no character") from error


def no_characters(record: Record) -> str | None:
    """What a record holds that is no text, though it is UTF-8; None if there is no such thing."""
    text = "".join(record["words"]) if "words" in record else record["text"]
    if "\0" in text:
        return "holds the character U+0000, as files do that are not UTF-8, or no texts"
    return None


def too_long(record: Record, max_length: int) -> str | None:
    """Why a record has more characters than the pipeline takes; None if it has not."""
    if "words" in record:
        n_characters = sum(map(len, record["words"])) + len(record["words"])
    else:
        n_characters = len(record["text"])
    if n_characters <= max_length:
        return None
    return f"has {n_characters} characters, more than the pipeline's {max_length}"
