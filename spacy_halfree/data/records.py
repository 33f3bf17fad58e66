"""Records of a file: raw texts, annotated texts, and what cannot be used."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypedDict

import numpy as np
from spacy.attrs import IDX, LENGTH
from spacy.tokens import Doc
from spacy.vocab import Vocab

from ..printable import printable
from .text_encoding import is_unicode

HALF_PAIR = "holds half of a surrogate pair, which is not a character"
MOST_SHOWN = 40
"""So many characters of a value are shown."""
DIGITS = 4
"""How many digits of these numbers annotation tools are given."""


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
    """A record that cannot be used. The fields' names are keys in journals and manifests.

    file: The file that it is in.
    line: Its line, or its number in files without lines; counted from 1.
    reason: What is wrong, without its subject: "has an empty text".
    """

    file: str
    line: int
    reason: str

    def __post_init__(self) -> None:
        """Reasons quote what is in files. They are printed, and written to files."""
        object.__setattr__(self, "reason", printable(self.reason))


Numbered = tuple[int, Record | InvalidRecord]
"""The number of a line, counted from 1, and its record."""


class RecordError(ValueError):
    """Raised if a record cannot be used. The message is the reason of an `InvalidRecord`."""


@dataclass(frozen=True)
class LabelledSpan:
    """A labelled span of a text. start, end: Characters, the end excluded."""

    start: int
    end: int
    label: str

    def __init__(self, start: int, end: int, label: str) -> None:
        # twice as fast as that of frozen dataclasses: large files have millions of spans
        own = self.__dict__
        own["start"] = start
        own["end"] = end
        own["label"] = label


@dataclass(frozen=True)
class MisplacedSpan(LabelledSpan):
    """A span whose offsets do not fit its text; start and end are the nearest that do.

    kind: The kind of problem.
    reason: What exactly is wrong, with the offsets of the file.
    """

    kind: str = field(compare=False)
    reason: str = field(compare=False)


@dataclass(frozen=True)
class Annotation:
    """The annotation of a text in a file, before the text is tokenized.

    text: The text.
    spans: Its spans, in code points.
    unknown: Stretches of the text without annotation: starts and ends, in code points.
    is_partial: Whether tokens outside of spans are not annotated.
    words, spaces: The text's tokens, and whether a space follows each, if the file stores them.
        They are used as they are stored.
    """

    text: str
    spans: tuple[LabelledSpan, ...]
    unknown: tuple[tuple[int, int], ...] = ()
    is_partial: bool = False
    words: tuple[str, ...] = ()
    spaces: tuple[bool, ...] = ()

    def __init__(
        self,
        text: str,
        spans: tuple[LabelledSpan, ...],
        unknown: tuple[tuple[int, int], ...] = (),
        is_partial: bool = False,
        words: tuple[str, ...] = (),
        spaces: tuple[bool, ...] = (),
    ) -> None:
        # see `LabelledSpan`
        own = self.__dict__
        own["text"] = text
        own["spans"] = spans
        own["unknown"] = unknown
        own["is_partial"] = is_partial
        own["words"] = words
        own["spaces"] = spaces


@dataclass(frozen=True)
class AnnotatedText:
    """An annotated text.

    number: The line in the file, or the number of the doc or task; counted from 1.
    doc: The text with its tokens.
    spans: Its spans, in the order of the file.
    missing: The indices of tokens without annotation.
    has_stored_tokens: Whether the file stores the tokens.
    """

    number: int
    doc: Doc
    spans: tuple[LabelledSpan, ...]
    missing: tuple[int, ...] = ()
    has_stored_tokens: bool = False

    def __init__(
        self,
        number: int,
        doc: Doc,
        spans: tuple[LabelledSpan, ...],
        missing: tuple[int, ...] = (),
        has_stored_tokens: bool = False,
    ) -> None:
        # see `LabelledSpan`
        own = self.__dict__
        own["number"] = number
        own["doc"] = doc
        own["spans"] = spans
        own["missing"] = missing
        own["has_stored_tokens"] = has_stored_tokens

    @property
    def text(self) -> str:
        return str(self.doc.text)


@dataclass(frozen=True)
class Skipped:
    """A text without annotation to learn from: rejected, or not annotated yet.

    reason: What the file says about it, the same for all such texts.
    text: The text if it was rejected, or else "".
    number: Its line, or the number of its doc or task; 0 if it is not known.
    """

    reason: str
    text: str = ""
    number: int = field(default=0, compare=False)


AnnotatedRecord = AnnotatedText | InvalidRecord | Skipped
FileRecord = Annotation | InvalidRecord | Skipped
"""What formats read."""
NumberedRecord = tuple[int, FileRecord]
"""The number of a line, doc or task, counted from 1, and what is read of it."""


@dataclass(frozen=True)
class TextToken:
    """A token of a text. start, end: Characters. space: Whether a space follows it."""

    text: str
    start: int
    end: int
    space: bool


@dataclass(frozen=True)
class Suggestion:
    """A raw text to annotate next, with the models' annotation.

    source: Its id, or its file and line.
    text: The text.
    tokens: Its tokens, white space included.
    spans: What the models found: entities or spans; for tags, one for each token.
    score: Its worth by the measure that was asked for, in nats.
    confidence: The geometric mean of the decoded tags' probabilities.
    gain: Its worth given the texts that are annotated or chosen already.
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
        """What an annotation tool shows beside the text."""
        numbers = {"score": self.score, "gain": self.gain, "confidence": self.confidence}
        rounded = {name: round(number, DIGITS) for name, number in numbers.items()}
        return {**rounded, "source": self.source}


def to_input(record: Record, vocab: Vocab) -> str | Doc:
    """Make what a pipeline takes: a text, or a doc with the record's words."""
    if "words" in record:
        return Doc(vocab, words=record["words"], spaces=record.get("spaces"))
    return record["text"]


def text_of(record: Record) -> str:
    """The text of a record. If the spaces are unknown, one follows each word."""
    if "words" not in record:
        return record["text"]
    spaces = record.get("spaces", [True] * len(record["words"]))
    pairs = zip(record["words"], spaces, strict=True)
    return "".join(word + " " * space for word, space in pairs)


def without_white_space(text: str) -> str:
    """Remove white space, to compare texts without it."""
    return "".join(text.split())


def touched_tokens(doc: Doc, bounds: Iterable[tuple[int, int]]) -> set[int]:
    """Find the tokens that overlap any of some stretches of a text.

    doc: The text.
    bounds: Starts and ends, in characters.
    RETURNS: The tokens' indices.
    """
    pairs = list(bounds)
    if not pairs or not len(doc):
        return set()
    starts, lengths = doc.to_array([IDX, LENGTH]).astype(np.int64).T
    ends = starts + lengths
    # a file may hold greater numbers than an array
    last = int(ends[-1])
    places = np.array([[min(max(place, 0), last) for place in pair] for pair in pairs])
    first = np.searchsorted(ends, places[:, 0], side="right")
    stop = np.searchsorted(starts, places[:, 1], side="left")
    is_any = first < stop
    # how many stretches begin at each token, less those that end before it
    changes = np.zeros(len(doc) + 1, dtype=np.int64)
    np.add.at(changes, first[is_any], 1)
    np.add.at(changes, stop[is_any], -1)
    return set(np.flatnonzero(np.cumsum(changes)).tolist())


def to_record(value: dict[str, Any]) -> Record:
    """Make a record of an object or a row.

    value: The object. Other keys than those of a record are ignored.
    RAISES: RecordError if it has neither a text nor words, or a value of a wrong type.
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
    if text is not None and not isinstance(text, str):
        raise RecordError(
            f"has a value of the type {type(text).__name__} under the key 'text', which is not a "
            f"string: {repr(text)[:MOST_SHOWN]}"
        )
    if text is None:
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
        raise RecordError("has words that are empty or not strings")
    _check_characters("".join(words))
    if not "".join(words).strip():
        raise RecordError("has an empty text")
    return words


def _check_spaces(spaces: Any, n_words: int) -> list[bool]:
    if not isinstance(spaces, list) or len(spaces) != n_words:
        raise RecordError("does not have as many spaces as words")
    if not all(isinstance(space, bool) or space in (0, 1) for space in spaces):
        raise RecordError("has spaces that are neither true nor false")
    return [bool(space) for space in spaces]


def _check_characters(text: str) -> None:
    if not is_unicode(text):
        raise RecordError(HALF_PAIR)
