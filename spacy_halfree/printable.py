"""Texts as they can be printed: one function for all that messages and tables show."""

import re

UNPRINTABLE = re.compile(
    # control characters of both tables, among them the beginning of terminals' commands
    r"[\x00-\x1f\x7f-\x9f"
    # ends of lines, and what changes the direction of the text behind it
    r"\u2028-\u202e\u2066-\u2069"
    # halves of surrogate pairs, which stand for the bytes of file names that are not UTF-8, too
    r"\ud800-\udfff]"
)
"""The characters that are escaped."""
BYTES = ("\udc80", "\udcff")
"""The first and the last character that stand for bytes, see `os.fsdecode`."""


def printable(text: str) -> str:
    r"""A text on one line, in which nothing can command a terminal or hide what is there.

    text: The text.
    RETURNS: The text with control characters, ends of lines, directional overrides and halves of
        surrogate pairs written as Python writes them, such as `\x1b` and `\u202e`; and those that
        stand for the bytes of a file's name as these bytes, such as `\xff`.
    """
    if text.isascii() and text.isprintable():
        return text
    return UNPRINTABLE.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    if BYTES[0] <= character <= BYTES[1]:
        return f"\\x{ord(character) & 0xFF:02x}"
    return character.encode("unicode_escape").decode()


def printable_lines(text: str) -> str:
    """A text of several lines as it can be printed, see `printable`."""
    return "\n".join(map(printable, text.split("\n")))
