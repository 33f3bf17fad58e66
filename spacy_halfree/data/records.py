"""What is read from files of texts: raw and annotated texts, and records that cannot be used."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypedDict

from spacy.tokens import Doc
from spacy.vocab import Vocab

DIGITS = 4
"""Of the numbers that are written for annotation tools."""


class Record(TypedDict, total=False):
    """A raw text. Either `text` is there, or `words`.

    id: Its name.
    text: The text.
    words: Its words, if it is tokenized.
    spaces: Whether white space follows each word; unknown if it is not there.
    """

    id: str
    text: str
    words: list[str]
    spaces: list[bool]


@dataclass(frozen=True)
class InvalidRecord:
    """A record that cannot be used. Journals and manifests of shards keep it under these names.

    file: The file it stands in.
    line: Its line there (or its number, in files without lines), counted from 1.
    reason: What is wrong with it, as a sentence goes on that begins with "it".
    """

    file: str
    line: int
    reason: str


Numbered = tuple[int, Record | InvalidRecord]
"""A line's number, counted from 1, and what stands in it."""


class RecordError(ValueError):
    """A record cannot be used; the message is the reason of an `InvalidRecord`."""


@dataclass(frozen=True)
class LabelledSpan:
    """A stretch of a text, in characters, the end excluded, and its label."""

    start: int
    end: int
    label: str


@dataclass(frozen=True)
class MisplacedSpan(LabelledSpan):
    """A span whose offsets are no places of its text; start and end are the nearest ones.

    kind: What is wrong, in a few words; the same for all of its kind.
    reason: What exactly is wrong, with the offsets as they stand in the file.
    """

    kind: str = field(compare=False)
    reason: str = field(compare=False)


@dataclass(frozen=True)
class AnnotatedText:
    """A text with the annotation that its file has.

    number: The line in the file, or the number of the doc or task; from 1 on.
    doc: The text with its tokens.
    spans: Its spans, in the order of the file.
    missing: The indices of tokens about which the file says nothing.
    """

    number: int
    doc: Doc
    spans: tuple[LabelledSpan, ...]
    missing: tuple[int, ...] = ()

    @property
    def text(self) -> str:
        return str(self.doc.text)


@dataclass(frozen=True)
class Skipped:
    """A text that has no annotation to learn from, because a human decided so, or nobody has yet.

    reason: What the file says about it, in a few words; the same for all of its kind.
    text: The text, if somebody has looked at it and decided against it; empty if nobody has yet.
    """

    reason: str
    text: str = ""


AnnotatedRecord = AnnotatedText | InvalidRecord | Skipped


@dataclass(frozen=True)
class TextToken:
    """A token of a text. start, end: Characters. space: Whether a space follows it."""

    text: str
    start: int
    end: int
    space: bool


@dataclass(frozen=True)
class Suggestion:
    """A raw text with the models' annotation, to be corrected in an annotation tool.

    source: Where it comes from: its id, or its file and line.
    text: The text.
    tokens: Its tokens, white space included.
    spans: What the models found: entities or spans; for tags, one for each token.
    score: What it is worth by itself, in nats, by the measure that was asked for.
    confidence: The mean probability (the geometric one) of the decoded tags.
    gain: What it is worth, given the texts that are known.
    """

    source: str
    text: str
    tokens: tuple[TextToken, ...]
    spans: tuple[LabelledSpan, ...]
    score: float
    confidence: float
    gain: float

    @property
    def meta(self) -> dict[str, Any]:
        """What the tools show or keep beside the text."""
        numbers = {"score": self.score, "gain": self.gain, "confidence": self.confidence}
        rounded = {name: round(number, DIGITS) for name, number in numbers.items()}
        return {**rounded, "source": self.source}


def to_input(record: Record, vocab: Vocab) -> str | Doc:
    """What a pipeline takes: a text, or a doc with the record's words."""
    if "words" in record:
        return Doc(vocab, words=record["words"], spaces=record.get("spaces"))
    return record["text"]


def text_of(record: Record) -> str:
    """The text of a record; a space follows each word if its spaces are unknown."""
    if "words" not in record:
        return record["text"]
    spaces = record.get("spaces", [True] * len(record["words"]))
    pairs = zip(record["words"], spaces, strict=True)
    return "".join(word + " " * space for word, space in pairs)


def without_white_space(text: str) -> str:
    """What two texts have in common if they differ in nothing but white space."""
    return "".join(text.split())


def touched_tokens(doc: Doc, bounds: Iterable[tuple[int, int]]) -> set[int]:
    """The indices of the tokens that have a character in common with a stretch of the text.

    doc: The text.
    bounds: Starts and ends, in characters.
    """
    return {
        token.i
        for start, end in bounds
        for token in doc
        if token.idx < end and start < token.idx + len(token)
    }


def to_record(value: dict[str, Any]) -> Record:
    """A record of what stands in a line or row.

    value: The object; other keys than a record's are passed over.
    RAISES: RecordError if there is neither a text nor words, or they are of another type.
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
        raise RecordError("is not an object with a string under the key 'text'")
    if not text.strip():
        raise RecordError("has an empty text")
    _check_characters(text)
    record["text"] = text
    return record


def _check_words(words: Any) -> list[str]:
    if not isinstance(words, list) or not words:
        raise RecordError("has no list of words under the key 'words'")
    if not all(isinstance(word, str) and word for word in words):
        raise RecordError("has words that are no strings, or empty")
    _check_characters("".join(words))
    if not "".join(words).strip():
        raise RecordError("has an empty text")
    return words


def _check_spaces(spaces: Any, n_words: int) -> list[bool]:
    if not isinstance(spaces, list) or len(spaces) != n_words:
        raise RecordError("has not as many spaces as words")
    return [bool(space) for space in spaces]


def _check_characters(text: str) -> None:
    try:
        text.encode("utf8")
    except UnicodeEncodeError as error:
        raise RecordError("holds half of a surrogate pair, which is no character") from error
