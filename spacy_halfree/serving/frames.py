"""Messages between the server and its workers: a status, a length, and so many bytes."""

import struct
from asyncio import StreamReader
from typing import BinaryIO, NamedTuple

READY, FAILED = 200, 500
"""What a worker says first: that it has loaded its pipeline, or that it cannot."""
HEADER = struct.Struct(">HI")


class Frame(NamedTuple):
    """A message.

    status: An HTTP status.
    content: Bytes of JSON.
    """

    status: int
    content: bytes


def pack(frame: Frame) -> bytes:
    """The bytes of a message."""
    return HEADER.pack(frame.status, len(frame.content)) + frame.content


def read(stream: BinaryIO) -> Frame | None:
    """Wait for a message. RETURNS: The message; None if the stream has ended."""
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    status, length = HEADER.unpack(header)
    content = stream.read(length)
    return Frame(status, content) if len(content) == length else None


async def receive(stream: StreamReader) -> Frame:
    """Wait for a message.

    RAISES: asyncio.IncompleteReadError if the stream ends before it.
    """
    status, length = HEADER.unpack(await stream.readexactly(HEADER.size))
    return Frame(status, await stream.readexactly(length))
