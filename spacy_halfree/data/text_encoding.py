"""The encoding of text files and of their names: UTF-8, with or without a byte-order mark."""

import codecs

OTHER_MARKS = (
    *(codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),
    *(codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
)
"""Byte-order marks of other encodings than UTF-8."""
NAME_NOT_UTF8 = "its name is not UTF-8; rename it"


def decode(content: bytes) -> str:
    """Decode the content of a file.

    RAISES: UnicodeDecodeError if it is not UTF-8.
    """
    return content.decode("utf-8-sig")


def is_unicode(text: str) -> bool:
    """Whether a text can be written: JSON and names of files may hold halves of surrogate pairs."""
    if text.isascii():
        return True
    try:
        text.encode("utf8")
    except UnicodeEncodeError:
        return False
    return True
