"""From the labelled tokens of an address to spans.

The conversion of the corpus and the CRF baseline must do it in the same way, or their scores
cannot be compared.
"""

import string
import unicodedata
from collections.abc import Iterable
from itertools import groupby

from records import Span

# '#' and '&' are the only punctuation which `usaddress.tokenize` makes tokens of their own, and
# they carry meaning at the edge of a span ('#5', the separator in '5th & Main').
WORD_LIKE_PUNCTUATION = frozenset("#&")
CLOSING_BRACKETS = {"(": ")", "[": "]", "{": "}"}
OPENING_BRACKETS = {closing: opening for opening, closing in CLOSING_BRACKETS.items()}


def is_punctuation(character: str) -> bool:
    """Tell whether a character is in `string.punctuation` or in a Unicode category P*."""
    return character in string.punctuation or unicodedata.category(character).startswith("P")


def strip_span(text: str, start: int, end: int) -> tuple[int, int]:
    """Move the ends of a span inwards, past white space and punctuation.

    Three kinds of punctuation stay, because they belong to the address part:

    - '#' and '&', anywhere: '#5', '# 209', 'A &'.
    - a full stop which ends the span right after a letter: 'W.', 'Ste.', 'P.O.'. It is an
      abbreviation mark, which usaddress keeps too. After anything else ('11201.') it goes.
    - a bracket whose partner is in the span: 'Springfield (East)'. A pair around the whole span
      goes: '(east side)'.

    In the labelled corpus (8,922 spans) the rule strips a comma, an unpaired bracket, or one of
    `: ; - / ! "`, leaves no span empty, and leaves 3 spans which do not align with the tokens of
    a blank English spaCy pipeline ('Monroe-' twice, 'B-' once, which are one spaCy token). If
    the full stop of an abbreviation were stripped, 296 would not align ('W.', 'St.').

    Args:
        text: the whole text.
        start: offset of the span's first character.
        end: offset after the span's last character.

    Returns:
        The new start and end. They are equal if nothing is left.
    """
    while start < end:
        inside = text[start:end]
        if _is_in_brackets(inside):
            start, end = start + 1, end - 1
        elif _is_loose_at_start(inside):
            start += 1
        elif _is_loose_at_end(inside):
            end -= 1
        else:
            break
    return start, end


def _is_in_brackets(inside: str) -> bool:
    """Tell whether one pair of brackets is around the whole string."""
    closing = CLOSING_BRACKETS.get(inside[0])
    return closing is not None and inside.find(closing) == len(inside) - 1


def _is_loose(character: str) -> bool:
    """Tell whether a character is stripped from an edge, brackets and full stops apart."""
    if character in WORD_LIKE_PUNCTUATION:
        return False
    return character.isspace() or is_punctuation(character)


def _is_loose_at_start(inside: str) -> bool:
    """Tell whether the first character is stripped."""
    closing = CLOSING_BRACKETS.get(inside[0])
    if closing is not None and closing in inside:
        return False
    return _is_loose(inside[0])


def _is_loose_at_end(inside: str) -> bool:
    """Tell whether the last character is stripped."""
    opening = OPENING_BRACKETS.get(inside[-1])
    if opening is not None and opening in inside:
        return False
    if inside[-1] == "." and inside[-2:-1].isalpha():
        return False
    return _is_loose(inside[-1])


def spans_from_tokens(text: str, tokens: Iterable[Span]) -> tuple[Span, ...]:
    """Join labelled tokens into the spans of the address parts.

    Consecutive tokens with the same label are one part, whatever stands between them. The
    edges of a part are cleaned with `strip_span`; a part of which nothing is left is dropped
    (no such part is in the labelled corpus: its only tokens without a letter or a digit are '#'
    and '&', which stay).

    Args:
        text: the text which the tokens are from.
        tokens: labelled tokens, in the order of the text.

    Returns:
        The spans, in the order of the text. They do not overlap and are never empty.
    """
    spans = []
    for label, group in groupby(tokens, key=lambda token: token.label):
        part = list(group)
        start, end = strip_span(text, part[0].start, part[-1].end)
        if start < end:
            spans.append(Span(start, end, label))
    return tuple(spans)
