"""What stands in a file of annotated texts."""

from dataclasses import dataclass, field
from typing import Any, TypeGuard

from spacy.tokens import Doc


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
class LabelledText:
    """A text as it stands in a file.

    number: The line in the file, or the number of the doc or task; from 1 on.
    doc: The text with its tokens.
    spans: Its spans, in the order of the file.
    missing: The indices of tokens about which the file says nothing.
    depends_on_unit: Whether the file does not say in which unit it counts, and other units would
        give other spans.
    """

    number: int
    doc: Doc
    spans: tuple[LabelledSpan, ...]
    missing: tuple[int, ...] = ()
    depends_on_unit: bool = False

    @property
    def text(self) -> str:
        return str(self.doc.text)


@dataclass(frozen=True)
class BadLine:
    """A line, task or sentence that cannot be read.

    number: The line or the number of the task, from 1 on.
    reason: What is wrong with it.
    """

    number: int
    reason: str


@dataclass(frozen=True)
class LeftOut:
    """A text that has no annotation to learn from, because a human decided so, or nobody has yet.

    number: The line or the number of the task, from 1 on.
    reason: What the file says about it, in a few words; the same for all of its kind.
    text: The text, if somebody has looked at it and decided against it; empty if nobody has yet.
    """

    number: int
    reason: str
    text: str = ""


class EntryError(ValueError):
    """Something in a file is not what it should be; the message says what."""


Entry = LabelledText | BadLine | LeftOut


def without_white_space(text: str) -> str:
    """What two texts have in common if they differ in nothing but white space."""
    return "".join(text.split())


def is_whole(value: Any) -> TypeGuard[int]:
    """Whether a value is a whole number; true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool)
