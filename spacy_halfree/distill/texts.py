"""Reading raw texts: lines, JSON lines, or docs."""

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab

from ..errors import Errors

TEXT_SUFFIXES = (".txt", ".jsonl", ".jsonl.gz", ".spacy")


@dataclass(frozen=True)
class BadLine:
    """A line that could not be used. number: Counted from 1. reason: What is wrong with it."""

    number: int
    reason: str


@dataclass
class TextReader:
    """Reads texts, setting aside the lines that cannot be used.

    path: A file `.txt` (a text a line, UTF-8), `.jsonl` or `.jsonl.gz` (an object a line with the
        key `text`), or `.spacy` (docs, of which the tokens alone are taken).
    max_length: The most characters of a text, as in `Language.max_length`.
    bad_lines: Filled while reading.
    n_lines: How many lines or docs there were, empty ones of `.txt` not counted.
    """

    path: Path
    max_length: int = 1_000_000
    bad_lines: list[BadLine] = field(default_factory=list)
    n_lines: int = 0

    def __post_init__(self) -> None:
        if not self.path.name.endswith(TEXT_SUFFIXES):
            raise ValueError(Errors.H018.format(path=self.path))
        if not self.path.is_file():
            raise FileNotFoundError(Errors.H019.format(path=self.path, reason="there is no file"))

    def read(self, vocab: Vocab) -> Iterator[str | Doc]:
        """Yield texts, or unannotated docs with the tokens of a `.spacy` file's.

        vocab: The vocabulary for the docs.
        RAISES: ValueError (H019) if the file as a whole cannot be read.
        """
        try:
            yield from self._read(vocab)
        except (OSError, EOFError, ValueError, KeyError, zlib.error) as error:
            raise ValueError(Errors.H019.format(path=self.path, reason=error)) from error

    def _read(self, vocab: Vocab) -> Iterator[str | Doc]:
        if self.path.suffix == ".spacy":
            for doc in DocBin().from_disk(self.path).get_docs(vocab):
                self.n_lines += 1
                spaces = [bool(token.whitespace_) for token in doc]
                yield Doc(
                    vocab,
                    words=[token.text for token in doc],
                    spaces=None if doc.has_unknown_spaces else spaces,
                )
            return
        is_json = self.path.suffix != ".txt"
        with self._open() as file:
            for number, line in enumerate(file, start=1):
                text = self._parse(number, line, is_json)
                if text is not None:
                    yield text

    def _open(self) -> BinaryIO:
        if self.path.suffix == ".gz":
            return cast(BinaryIO, gzip.open(self.path, "rb"))
        return self.path.open("rb")

    def _parse(self, number: int, raw: bytes, is_json: bool) -> str | None:
        """The text of a line; None if it is empty or bad."""
        if not raw.strip():
            return None
        self.n_lines += 1
        try:
            # the first line may begin with a byte-order mark
            line = raw.decode("utf-8-sig" if number == 1 else "utf8").rstrip("\r\n")
            text = _text_of_record(line) if is_json else line
            if len(text) <= self.max_length:
                return text
            reason = f"has {len(text)} characters, more than the pipeline's {self.max_length}"
        except UnicodeDecodeError as error:
            reason = f"is not valid UTF-8 ({error.reason})"
        except _NoTextError as error:
            reason = str(error)
        self.bad_lines.append(BadLine(number, reason))
        return None


class _NoTextError(Exception):
    """A record without a text; says why."""


def _text_of_record(line: str) -> str:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _NoTextError(f"is not valid JSON ({error})") from error
    if not isinstance(record, dict) or not isinstance(record.get("text"), str):
        raise _NoTextError("is not an object with a string under the key 'text'")
    text: str = record["text"]
    if not text.strip():
        raise _NoTextError("has an empty text")
    try:
        text.encode("utf8")
    except UnicodeEncodeError as error:
        raise _NoTextError("holds half of a surrogate pair, which is no character") from error
    return text
