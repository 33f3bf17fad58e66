"""Reading the address corpus of usaddress: XML files of addresses, with or without their labels."""

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

from address_spans import spans_from_tokens
from records import DataError, Record, Span

RECORD_TAG = "AddressString"


def iter_addresses(path: Path) -> Iterator[tuple[int, ElementTree.Element]]:
    """Go through the address elements of a file, one at a time.

    Args:
        path: an XML file of `AddressString` elements.

    Yields:
        The number of the address in the file, from 1, and its element, which is emptied after.

    Raises:
        DataError: the file cannot be read, is no well-formed XML, or has no addresses.
    """
    number = 0
    try:
        for _, element in ElementTree.iterparse(path):
            if element.tag == RECORD_TAG:
                number += 1
                yield number, element
                element.clear()
    except ElementTree.ParseError as error:
        line, column = error.position
        raise DataError(
            f"[S008] {path}: line {line}, column {column}: not well-formed XML ({error}); the file "
            "may be truncated: delete it and fetch it again with scripts/fetch.py"
        ) from error
    except OSError as error:
        raise DataError(
            f"[S009] {path}: cannot be read ({error}); fetch it with scripts/fetch.py"
        ) from error
    if number == 0:
        raise DataError(
            f"[S010] {path}: no <{RECORD_TAG}> elements; give usaddress's training file"
        )


def read_labelled(path: Path) -> list[Record]:
    """Read the labelled addresses of a file, in its order.

    The text is what usaddress trains on: the texts of the tokens and what stands between them.
    White space at its ends is removed and the rest is left as it is, line breaks included.

    Args:
        path: an XML file whose addresses have one element per token, named by the label.

    Returns:
        One record per address.

    Raises:
        DataError: see `iter_addresses`; or an address has no text, an empty token, or a token
            with elements inside.
    """
    return [_record_from_element(element, path, number) for number, element in iter_addresses(path)]


def _record_from_element(element: ElementTree.Element, path: Path, number: int) -> Record:
    """Make the record of one address element."""
    whole = "".join(element.itertext())
    text = whole.strip()
    if not text:
        raise DataError(f"[S011] {path}: address {number} has no text; remove it from the file")
    removed = len(whole) - len(whole.lstrip())
    tokens = []
    position = len(element.text or "") - removed
    for child in element:
        if not (child.text or "").strip() or len(child):
            raise DataError(
                f"[S012] {path}: address {number} ({text!r}): <{child.tag}> must hold the text of "
                "one token and no elements; correct it in the file"
            )
        length = len(child.text or "")
        # A token may include white space which is not in the text any more.
        tokens.append(Span(max(position, 0), min(position + length, len(text)), child.tag))
        position += length + len(child.tail or "")
    return Record(text, spans_from_tokens(text, tokens), tuple(tokens))


def read_texts(path: Path) -> list[str]:
    """Read the texts of a file of addresses, without the labels and without empty texts.

    Raises:
        DataError: see `iter_addresses`.
    """
    texts = ("".join(element.itertext()).strip() for _, element in iter_addresses(path))
    return [text for text in texts if text]
