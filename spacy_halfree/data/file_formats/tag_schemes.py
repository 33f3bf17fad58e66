"""Tags of words: IOB1, IOB2 (BIO), BIOES (IOBES), BILUO (BILOU), BMES and BMEWO.

All schemes are read by one rule, that of CoNLL's evaluation: a span starts at a tag that begins one
or is a single word's (B, S, U, W), and at every other tag whose word does not continue the span
before it, because that one has another label or has ended.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from ..records import Annotation, LabelledSpan, RecordError

BEGIN, INSIDE, END, SINGLE = "B", "I", "E", "S"
OUTSIDE, UNKNOWN = "O", "-"
POSITIONS = {
    **{"B": BEGIN, "I": INSIDE, "M": INSIDE, "E": END, "L": END},
    **{"S": SINGLE, "U": SINGLE, "W": SINGLE},
}
"""The meanings of the letters before labels in all schemes."""
WITHOUT_LABEL = {"O": OUTSIDE, "o": OUTSIDE, "-": UNKNOWN, "_": UNKNOWN}
LABELLED = re.compile(r"([BIMELSUWbimelsuw])[-_:](\S.*)", flags=re.DOTALL)


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
    return Tag(POSITIONS[match[1].upper()], match[2]) if match else None


def to_tag(tag: str) -> Tag:
    """Read a tag, see `parse_tag`.

    RAISES: RecordError if it is one of no scheme.
    """
    parsed = parse_tag(tag)
    if parsed is None:
        raise RecordError(f"has the tag {tag!r}, which is none such as 'O', 'B-CITY' or 'I-CITY'")
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
