"""What clients send: valid requests and hostile ones, prepared as bytes.

Each kind of request names the statuses that may answer it. While the queue is full, 429 may answer
any of them.
"""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

PATH = "/entities"
SLOW_PAUSE = 0.02
"""Seconds between two bytes of a slow client; a request takes it about four seconds."""
STALL_SECONDS = 8.0
LARGE_BYTES = 64 << 20
"""Far above the limit on a body."""
PART = b"a" * (1 << 16)
OK, LARGE, INVALID, BUSY = 200, 413, 422, 429


@dataclass(frozen=True)
class Request:
    """A request that is ready to be sent.

    Attributes:
        parts: its bytes.
        n_texts: how many texts it has, if it is valid; else 0.
    """

    parts: Sequence[bytes]
    n_texts: int = 0


@dataclass(frozen=True)
class Kind:
    """A kind of request.

    Attributes:
        share: how often it is sent, by the sum of all shares.
        statuses: those that may answer it.
        make: makes one of these requests.
        pause: seconds between its parts.
        leaves_after: close the connection so many seconds after the request has been sent; None to
            wait for the answer.
    """

    share: float
    statuses: frozenset[int]
    make: Callable[[random.Random, Sequence[str]], Request]
    pause: float = 0.0
    leaves_after: float | None = None


def frame(body: bytes, path: str = PATH, method: str = "POST") -> bytes:
    """A whole HTTP request."""
    return frame_head(f"Content-Length: {len(body)}", path, method) + body


def frame_head(length: str, path: str = PATH, method: str = "POST") -> bytes:
    """The head of a request.

    Args:
        length: the header that tells how long the body is.
        path: what is asked for.
        method: the method.
    """
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json"]
    return "\r\n".join([*lines, length, "", ""]).encode()


def frame_texts(texts: Sequence[str]) -> Request:
    """A valid request."""
    return Request([frame(json.dumps({"texts": texts}).encode())], len(texts))


def draw_texts(number: int) -> Callable[[random.Random, Sequence[str]], Request]:
    """Requests of so many texts that stand beside each other in the corpus."""

    def make(draw: random.Random, texts: Sequence[str]) -> Request:
        first = draw.randrange(len(texts))
        return frame_texts(list(islice(cycle(texts), first, first + number)))

    return make


def choose_body(*bodies: bytes) -> Callable[[random.Random, Sequence[str]], Request]:
    """Requests with one of these bodies."""
    return lambda draw, texts: Request([frame(draw.choice(bodies))])


def choose_request(*requests: Request) -> Callable[[random.Random, Sequence[str]], Request]:
    return lambda draw, texts: draw.choice(requests)


def byte_by_byte(draw: random.Random, texts: Sequence[str]) -> Request:
    """A short valid request, each byte on its own."""
    (whole,) = frame_texts([draw.choice(texts)[:40]]).parts
    return Request([whole[i : i + 1] for i in range(len(whole))], 1)


def cut(draw: random.Random, texts: Sequence[str]) -> Request:
    """The beginning of a valid request."""
    (whole,) = draw_texts(8)(draw, texts).parts
    return Request([whole[: draw.randrange(1, len(whole))]])


def with_length() -> Request:
    """A body that is too large, and says so."""
    head = frame_head(f"Content-Length: {LARGE_BYTES}")
    return Request([head + b'{"texts": ["', *[PART] * (LARGE_BYTES // len(PART))])


def without_length() -> Request:
    """A body that is too large, and does not say how large it is."""
    chunk = f"{len(PART):x}\r\n".encode() + PART + b"\r\n"
    head = frame_head("Transfer-Encoding: chunked")
    return Request([head, *[chunk] * (LARGE_BYTES // len(PART)), b"0\r\n\r\n"])


def statuses(*allowed: int) -> frozenset[int]:
    return frozenset(allowed)


def texts_body(*texts: str) -> bytes:
    return json.dumps({"texts": texts}).encode()


REFUSED = statuses(INVALID, BUSY)
KINDS = {
    "1 text": Kind(36, statuses(OK, BUSY), draw_texts(1)),
    "8 texts": Kind(20, statuses(OK, BUSY), draw_texts(8)),
    "64 texts": Kind(10, statuses(OK, BUSY), draw_texts(64)),
    "nothing to tag": Kind(
        3, statuses(OK, BUSY), choose_body(texts_body(), texts_body(""), texts_body(" ", "\n\t"))
    ),
    "NaN and infinities": Kind(
        3,
        REFUSED,
        choose_body(
            *(b'{"texts": [%s]}' % own for own in (b"NaN", b"Infinity", b"-Infinity", b"1e999")),
            b"NaN",
        ),
    ),
    "lone surrogates": Kind(
        3, REFUSED, choose_body(b'{"texts": ["\\ud800"]}', b'{"texts": ["a \\udfff b", "c"]}')
    ),
    "invalid UTF-8": Kind(
        3, REFUSED, choose_body(b'{"texts": ["\xff\xfe"]}', b'{"texts": ["\xed\xa0\x80"]}', b"\x80")
    ),
    "deep nesting": Kind(
        2,
        REFUSED,
        choose_body(b"[" * 100_000, b'{"texts": ' + b"[" * 5_000 + b"]" * 5_000 + b"}"),
    ),
    "wrong types": Kind(
        3,
        REFUSED,
        choose_body(
            *(b'{"texts": %s}' % own for own in (b'"a"', b"[1]", b"[null]", b'{"a": 1}', b"null")),
            *(b"[]", b"1", b"{}", b"null", b'{"text": ["a"]}', b'{"texts": [["a"]]}'),
        ),
    ),
    "no JSON": Kind(2, REFUSED, choose_body(b"", b"hello", b'{"texts": ["a"', b"\x00" * 100)),
    "long words": Kind(
        1,
        statuses(OK, INVALID, BUSY),
        choose_body(texts_body("a" * 90_000), texts_body("x" * 20_000), texts_body("1," * 10_000)),
    ),
    "too many words": Kind(
        1,
        statuses(LARGE, INVALID, BUSY),
        choose_body(texts_body(*["a " * 40_000] * 20), texts_body(*["a"] * 100_000)),
    ),
    "too large": Kind(1, statuses(LARGE, BUSY), choose_request(with_length())),
    "too large, chunked": Kind(1, statuses(LARGE, BUSY), choose_request(without_length())),
    "other paths": Kind(
        1,
        statuses(404, 405),
        choose_request(
            *(
                Request([frame(b"", path, method)])
                for path, method in (("/entities", "GET"), ("/no", "GET"), ("/health", "DELETE"))
            )
        ),
    ),
    "byte by byte": Kind(1, statuses(OK, BUSY, 408), byte_by_byte, pause=SLOW_PAUSE),
    "silent in the midst": Kind(0.5, statuses(408, BUSY), cut, leaves_after=STALL_SECONDS),
    "gone in the midst": Kind(2, statuses(), cut, leaves_after=0.0),
    "gone before the answer": Kind(2, statuses(), draw_texts(8), leaves_after=0.0),
}
"""The hostile mix, by name; a quarter of the requests is invalid or behaves badly."""
VALID = ("1 text", "8 texts", "64 texts")


def prepare(texts: Sequence[str], seed: int, each: int = 64) -> dict[str, list[Request]]:
    """Make requests of every kind.

    Args:
        texts: what valid requests hold.
        seed: which texts are drawn.
        each: how many requests of each kind.

    Returns:
        The requests, by the kind's name.
    """
    draw = random.Random(seed)
    return {name: [kind.make(draw, texts) for _ in range(each)] for name, kind in KINDS.items()}
