"""Offsets as annotation tools count them, and those of Python: Unicode code points.

- UTF-16 units, as JavaScript counts: a character outside of Unicode's first plane (most emoji) is
  two.
- Code points, as Python and spaCy count.
- Extended grapheme clusters, what readers take for a character: a letter with its accents, a family
  of emoji, a line end of two characters. They follow Unicode 10, as the editor of doccano does:
  later versions join more characters.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, get_args

import numpy as np

from .records import LabelledSpan, MisplacedSpan

OffsetUnit = Literal["utf-16", "code-points", "graphemes"]
UNITS: tuple[OffsetUnit, ...] = get_args(OffsetUnit)
DEFAULT_UNIT: OffsetUnit = "utf-16"
"""The unit of files that do not name theirs."""
NAMES = {"utf-16": "UTF-16 units", "code-points": "code points", "graphemes": "grapheme clusters"}
LAST_OF_FIRST_PLANE = 0xFFFF

CONTROL = r"\p{GCB=Control}\p{GCB=CR}\p{GCB=LF}"
MODIFIER = "[\U0001f3fb-\U0001f3ff]"
"""Skin tones. They extend what they follow only if it is one of `BASE`."""
EXTEND = rf"[\p{{GCB=Extend}}--{MODIFIER}]"
FAMILY = "\U0001f466-\U0001f469"
"""Boy, girl, man and woman: they take skin tones, and are joined to what comes before them."""
BASE = (
    f"{FAMILY}\u261d\u26f9\u270a-\u270d\U0001f385\U0001f3c2-\U0001f3c4\U0001f3c7"
    "\U0001f3ca-\U0001f3cc\U0001f442\U0001f443\U0001f446-\U0001f450\U0001f46e"
    "\U0001f470-\U0001f478\U0001f47c\U0001f481-\U0001f483\U0001f485-\U0001f487\U0001f4aa"
    "\U0001f574\U0001f575\U0001f57a\U0001f590\U0001f595\U0001f596\U0001f645-\U0001f647"
    "\U0001f64b-\U0001f64f\U0001f6a3\U0001f6b4-\U0001f6b6\U0001f6c0\U0001f6cc"
    "\U0001f918-\U0001f91c\U0001f91e\U0001f91f\U0001f926\U0001f930-\U0001f939"
    "\U0001f93d\U0001f93e\U0001f9d1-\U0001f9dd"
)
"""Emoji that take skin tones (the classes E_Base and E_Base_GAZ of Unicode 10)."""
GLUE = (
    f"{FAMILY}\u2640\u2642\u2695\u2696\u2708\u2764\U0001f308\U0001f33e\U0001f373\U0001f393"
    "\U0001f3a4\U0001f3a8\U0001f3eb\U0001f3ed\U0001f48b\U0001f4bb\U0001f4bc\U0001f527\U0001f52c"
    "\U0001f5e8\U0001f680\U0001f692"
)
"""What a zero-width joiner joins to what comes before it (Glue_After_Zwj and E_Base_GAZ)."""
CLUSTER = rf"""
    \r\n | [{CONTROL}]
    | \p{{GCB=Prepend}}*
    (?:
        \p{{GCB=Regional_Indicator}}{{2}}
        | \p{{GCB=L}}* (?: \p{{GCB=V}}+ | \p{{GCB=LV}} \p{{GCB=V}}* | \p{{GCB=LVT}} ) \p{{GCB=T}}*
        | \p{{GCB=L}}+
        | \p{{GCB=T}}+
        | [{BASE}] {EXTEND}* {MODIFIER}
        | [^{CONTROL}]
    )
    (?:
        [{EXTEND}\p{{GCB=ZWJ}}\p{{GCB=SpacingMark}}]
        | (?<=\p{{GCB=ZWJ}}) (?: [{FAMILY}] {EXTEND}* {MODIFIER} | [{GLUE}] )
    )*
"""
"""An extended grapheme cluster by the rules of Unicode 10 (UAX #29, revision 31)."""


@dataclass(frozen=True)
class OffsetTable:
    """The places of a text that can be counted to in a unit.

    unit: The unit.
    code_points: The places, in code points, from 0 to the length of the text.
    offsets: The same places, in the unit.
    """

    unit: OffsetUnit
    code_points: Sequence[int]
    offsets: Sequence[int]

    def to_code_points(self, start: int, end: int) -> tuple[int, int] | None:
        """Where something stands, in code points.

        start, end: Where it stands, in the unit.
        RETURNS: Start and end; places outside of the text stay as far outside of it. None if one of
            them is inside of a character.
        """
        found = self._place(start), self._place(end)
        return None if found[0] is None or found[1] is None else (found[0], found[1])

    def _place(self, offset: int) -> int | None:
        if not self.is_inside(offset):
            return offset if offset < 0 else offset - self.offsets[-1] + self.code_points[-1]
        i = bisect_left(self.offsets, offset)
        return self.code_points[i] if self.offsets[i] == offset else None

    def is_inside(self, offset: int) -> bool:
        """Whether an offset in the unit is neither before the text nor behind it."""
        return 0 <= offset <= self.offsets[-1]

    def from_code_points(self, start: int, end: int) -> tuple[int, int]:
        """Where something stands, in the unit.

        start, end: Where it stands, in code points, inside of the text.
        RETURNS: Start and end. A bound inside of a grapheme cluster is moved to take in all of it.
        """
        first = bisect_right(self.code_points, start) - 1
        last = bisect_left(self.code_points, end)
        return self.offsets[first], self.offsets[last]

    def widened(self, start: int, end: int) -> tuple[int, int]:
        """The whole characters that something touches.

        start, end: Where it stands, in the unit.
        RETURNS: Start and end, in code points, inside of the text.
        """
        first = bisect_right(self.offsets, max(start, 0)) - 1
        last = bisect_left(self.offsets, min(end, self.offsets[-1]))
        return self.code_points[first], self.code_points[last]


@lru_cache(maxsize=len(UNITS))
def offset_table(text: str, unit: OffsetUnit) -> OffsetTable:
    """The places of a text in a unit. Those of the last texts are kept."""
    if unit == "graphemes":
        ends = [match.end() for match in grapheme_pattern().finditer(text)]
        return OffsetTable(unit, [0, *ends], range(len(ends) + 1))
    places = range(len(text) + 1)
    if unit == "code-points":
        return OffsetTable(unit, places, places)
    code_points = np.frombuffer(text.encode("utf-32-le", errors="surrogatepass"), dtype="<u4")
    widths = 1 + (code_points > LAST_OF_FIRST_PLANE)
    return OffsetTable(unit, places, [0, *np.cumsum(widths).tolist()])


@lru_cache(maxsize=1)
def grapheme_pattern() -> Any:
    """The compiled `CLUSTER`, which finds a text's grapheme clusters."""
    # most files need none
    import regex

    return regex.compile(CLUSTER, regex.VERBOSE | regex.VERSION1)


def is_plain(text: str) -> bool:
    """Whether a text is the same in all units by a look at it: ASCII, no line end of two."""
    return text.isascii() and "\r\n" not in text


def in_code_points(
    text: str, spans: Sequence[LabelledSpan], unit: OffsetUnit
) -> tuple[LabelledSpan, ...]:
    """Spans as Python counts.

    text: Their text.
    spans: The spans, in the unit.
    unit: How they are counted.
    RETURNS: The spans in code points; a `MisplacedSpan` for each that stands outside of the text,
        or begins or ends inside of a character.
    """
    if is_plain(text) or not spans:
        return tuple(spans)
    table = offset_table(text, unit)
    return tuple(_in_code_points(span, table) for span in spans)


def _in_code_points(span: LabelledSpan, table: OffsetTable) -> LabelledSpan:
    place = table.to_code_points(span.start, span.end)
    name = NAMES[table.unit]
    others = " or ".join(f"`--offsets {unit}`" for unit in UNITS if unit != table.unit)
    advice = f"if the file counts otherwise, use {others}"
    if place is None:
        reason = (
            f"counted in {name} it is from {span.start} to {span.end}, which cuts a character in "
            f"two; {advice}"
        )
        place = table.widened(span.start, span.end)
        return MisplacedSpan(*place, span.label, "cuts a character", reason)
    if span.start < span.end and not (table.is_inside(span.start) and table.is_inside(span.end)):
        reason = (
            f"counted in {name} it is from {span.start} to {span.end}, and the text has "
            f"{table.offsets[-1]}; {advice}"
        )
        return MisplacedSpan(*place, span.label, "outside of the text", reason)
    return LabelledSpan(*place, span.label)
