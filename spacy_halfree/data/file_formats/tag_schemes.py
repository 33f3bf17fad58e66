"""Tags of words: IOB1, IOB2 (BIO), BIOES (IOBES), BILUO (BILOU), BMES and BMEWO.

All schemes are read by one rule, that of CoNLL's evaluation: a span starts at a tag that begins one
or is a single word's (B, S, U, W), and at every other tag whose word does not continue the span
before it, because that one has another label or has ended.
"""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from ...errors import Warnings
from ..records import Annotation, LabelledSpan, RecordError

logger = logging.getLogger("spacy.halfree")
BEGIN, INSIDE, END, SINGLE = "B", "I", "E", "S"
OUTSIDE, UNKNOWN = "O", "-"
POSITIONS = {
    **{"B": BEGIN, "I": INSIDE, "M": INSIDE, "E": END, "L": END},
    **{"S": SINGLE, "U": SINGLE, "W": SINGLE},
}
"""The meanings of the letters before labels in all schemes."""
WITHOUT_LABEL = {"O": OUTSIDE, "o": OUTSIDE, "-": UNKNOWN, "_": UNKNOWN}
LABELLED = re.compile(r"([BIMELSUWbimelsuw])[-_:](\S.*)", flags=re.DOTALL)
SEVERAL = re.compile(r".*[|,;+]\s*[BIMELSUW]-\S", flags=re.DOTALL)
"""What stands in a label if a cell holds several tags, as `B-CITY|B-ORG` does."""


class Tag(NamedTuple):
    """A word's tag.

    position: Where in a span the word is: BEGIN, INSIDE, END, SINGLE, OUTSIDE, or UNKNOWN if it is
        not annotated.
    label: The span's label; "" outside of spans.
    """

    position: str
    label: str = ""


NO_TAG = Tag(OUTSIDE)
"""What stands before and after a sentence."""


@lru_cache(maxsize=1 << 16)
def parse_tag(tag: str) -> Tag | None:
    """Read a tag such as `B-CITY`, `i_city`, `O`, or `-` and `_` for words without annotation.

    RETURNS: The tag; None if it is one of no scheme.
    """
    if tag in WITHOUT_LABEL:
        return Tag(WITHOUT_LABEL[tag])
    match = LABELLED.fullmatch(tag)
    if match and SEVERAL.match(match[2]):
        return None
    return Tag(POSITIONS[match[1].upper()], match[2]) if match else None


def describe_no_tag(cell: str) -> str:
    """What is wrong with a cell that is no tag, to follow a mention of its word."""
    if not cell:
        return "without a tag; words outside of entities have the tag O"
    if SEVERAL.match(cell):
        return f"with several tags ({cell!r}); a word has one, and other layers need other columns"
    if cell.upper() in POSITIONS:
        return f"with a tag {cell!r} without a label; tags look like 'B-CITY'"
    return f"with a tag {cell!r} that is not a tag; tags look like 'B-CITY' or 'O'"


def to_tag(tag: str) -> Tag:
    """Read a tag, see `parse_tag`.

    RAISES: RecordError if it is one of no scheme.
    """
    parsed = parse_tag(tag)
    if parsed is None:
        raise RecordError(
            f"has the tag {tag!r}, which is not a tag; tags look like 'O', 'B-CITY' or 'I-CITY'"
        )
    return parsed


def starts_span(tag: Tag, before: Tag) -> bool:
    """Whether a span starts at a tag.

    tag: The tag.
    before: The tag before it; `NO_TAG` at the start of a sentence.
    """
    if tag.position in (BEGIN, SINGLE):
        return True
    return tag.position in (INSIDE, END) and not (
        before.position in (BEGIN, INSIDE) and before.label == tag.label
    )


def spans_of_tags(bounds: Sequence[tuple[int, int]], tags: Sequence[Tag]) -> list[LabelledSpan]:
    """Find the spans that tags stand for.

    bounds: The starts and ends of words, in characters.
    tags: The words' tags.
    RETURNS: The spans, in order.
    """
    spans = []
    first, before = 0, NO_TAG
    for index, tag in enumerate([*tags, NO_TAG]):
        is_start = starts_span(tag, before)
        if before.label and (is_start or not tag.label):
            spans.append(LabelledSpan(bounds[first][0], bounds[index - 1][1], before.label))
        if is_start:
            first = index
        before = tag
    return spans


def unknown_stretches(
    bounds: Sequence[tuple[int, int]], tags: Sequence[Tag]
) -> list[tuple[int, int]]:
    """Find the stretches of words that are not annotated, the longest possible.

    bounds: The starts and ends of words, in characters.
    tags: The words' tags.
    RETURNS: The stretches' starts and ends, in order.
    """
    stretches: list[tuple[int, int]] = []
    goes_on = False
    for (start, end), tag in zip(bounds, tags, strict=True):
        if tag.position == UNKNOWN:
            stretches.append((stretches.pop()[0] if goes_on else start, end))
        goes_on = tag.position == UNKNOWN
    return stretches


def join_words(words: Sequence[str], *, spaces: bool = True) -> tuple[str, list[tuple[int, int]]]:
    """Make a text of words.

    words: The words.
    spaces: Whether spaces separate them.
    RETURNS: The text, and the starts and ends of the words.
    """
    separator = " " if spaces else ""
    starts = accumulate((len(word) + len(separator) for word in words), initial=0)
    bounds = [(start, start + len(word)) for start, word in zip(starts, words, strict=False)]
    return separator.join(words), bounds


def annotate_words(words: Sequence[str], tags: Sequence[Tag], *, spaces: bool = True) -> Annotation:
    """Make a text of words and their tags.

    words, tags: The words and tags.
    spaces: Whether spaces separate the words in the text.
    RETURNS: The text, with the spans and the words that are not annotated.
    """
    text, bounds = join_words(words, spaces=spaces)
    return Annotation(
        text,
        tuple(spans_of_tags(bounds, tags)),
        unknown=tuple(unknown_stretches(bounds, tags)),
    )


@dataclass
class Misfits:
    """The tags that do not follow a scheme.

    n: How many there are.
    line: The line of the first one.
    """

    n: int = 0
    line: int = 0

    def add(self, line: int) -> None:
        """Count another one."""
        self.line = self.line or line
        self.n += 1


class SchemeCheck:
    """Counts the tags of a file that do not follow its scheme.

    The scheme is that of the whole file. If tags mark the ends of spans or single words, it is
    BIOES, or the same with other letters. Otherwise it is IOB2 or IOB1, whichever fits more tags.
    """

    def __init__(self) -> None:
        self._has_ends = False
        self._misfits = {scheme: Misfits() for scheme in ("IOB2", "IOB1", "BIOES")}

    def add(self, tags: Sequence[Tag], lines: Sequence[int]) -> None:
        """Count the tags of a sentence.

        tags: Its tags.
        lines: Their lines.
        """
        before, line_before = NO_TAG, 0
        for tag, line in zip([*tags, NO_TAG], [*lines, 0], strict=True):
            if tag.label or before.label:
                self._compare(tag, line, before, line_before)
            before, line_before = tag, line

    def _compare(self, tag: Tag, line: int, before: Tag, line_before: int) -> None:
        self._has_ends |= tag.position in (END, SINGLE)
        if UNKNOWN in (tag.position, before.position):
            # a span may go on among words that are not annotated
            return
        is_start = starts_span(tag, before)
        if is_start and tag.position in (INSIDE, END):
            self._misfits["IOB2"].add(line)
            self._misfits["BIOES"].add(line)
        if tag.position == BEGIN and tag.label != before.label:
            self._misfits["IOB1"].add(line)
        if before.position in (BEGIN, INSIDE) and (is_start or not tag.label):
            self._misfits["BIOES"].add(line_before)

    def find(self) -> tuple[str, Misfits]:
        """The scheme, and the tags that do not follow it."""
        if self._has_ends:
            return "BIOES, BILUO or BMES", self._misfits["BIOES"]
        scheme = min(("IOB2", "IOB1"), key=lambda own: self._misfits[own].n)
        return scheme, self._misfits[scheme]

    def warn(self, path: str) -> None:
        """Tell how many tags of a file do not follow its scheme (W031), if any."""
        scheme, misfits = self.find()
        if misfits.n:
            logger.warning(
                Warnings.W031.format(path=path, n=misfits.n, scheme=scheme, line=misfits.line)
            )
