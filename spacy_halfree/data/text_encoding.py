"""The encoding of text files: UTF-8, with or without a byte-order mark."""

import codecs

OTHER_MARKS = (
    *(codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),
    *(codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
)
"""Byte-order marks of other encodings than UTF-8."""


def decode(content: bytes) -> str:
    """Decode the content of a file.

    RAISES: UnicodeDecodeError if it is not UTF-8.
    """
    return content.decode("utf-8-sig")
