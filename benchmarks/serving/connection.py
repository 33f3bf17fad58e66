"""A connection to a server on this machine, as light as Python allows: raw bytes, kept alive.

The load generator shares the processors with the server that it measures. Requests are bytes that
were prepared before; of an answer no more is read than its status and length.
"""

import asyncio
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass

HOST = "127.0.0.1"
"""The only address that is ever connected to."""
CHUNK = 1 << 18
IDLE_SECONDS = 1.0
"""A server may close a connection that is idle for longer at the moment at which it is used."""


class UnansweredError(Exception):
    """A request that no complete answer came back for; says why in one word."""


@dataclass(frozen=True)
class Answer:
    """An HTTP answer.

    Attributes:
        status: its status code.
        head: status line and headers, in lower case.
        body: the body.
    """

    status: int
    head: bytes
    body: bytes

    def header(self, name: str) -> str | None:
        """The value of a header; None if it is not there."""
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            if key == name.encode():
                return value.strip().decode("latin-1")
        return None


class Connection:
    """A connection that is opened when it is needed, and kept if the server keeps it.

    Args:
        port: the server's port.
        patience: the seconds after which a request counts as unanswered.
    """

    def __init__(self, port: int, patience: float = 75.0) -> None:
        self._port = port
        self._patience = patience
        self._socket: socket.socket | None = None
        self._used = 0.0

    async def ask(self, parts: Sequence[bytes], pause: float = 0.0) -> Answer:
        """Send a request, and wait for its answer, which may come before all has been sent.

        Args:
            parts: the bytes of the request.
            pause: the seconds to wait after each part.

        Returns:
            The answer.

        Raises:
            UnansweredError: `refused`, `closed` without an answer, `timeout` or `unreadable`.
        """
        was_idle = self._socket is not None and time.perf_counter() - self._used > IDLE_SECONDS
        try:
            return await self._ask_once(parts, pause)
        except UnansweredError as error:
            if not was_idle or str(error) != "closed":
                raise
            return await self._ask_once(parts, pause)

    async def leave(self, parts: Sequence[bytes], wait: float = 0.0) -> Answer | None:
        """Send bytes, wait for some seconds, and close the connection.

        Returns:
            The answer, if one came in the meantime.
        """
        try:
            connection = await self._open()
            await asyncio.get_running_loop().sock_sendall(connection, b"".join(parts))
            if wait:
                return await asyncio.wait_for(self._read(connection), wait)
        except (UnansweredError, OSError, asyncio.TimeoutError):
            pass
        finally:
            self.close()
        return None

    def close(self) -> None:
        """Close it; the next request opens it again."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    async def _open(self) -> socket.socket:
        if self._socket is None:
            own = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            own.setblocking(False)
            own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                await asyncio.wait_for(
                    asyncio.get_running_loop().sock_connect(own, (HOST, self._port)),
                    self._patience,
                )
            except asyncio.TimeoutError:
                own.close()
                raise UnansweredError("timeout") from None
            except OSError:
                own.close()
                raise UnansweredError("refused") from None
            self._socket = own
        return self._socket

    async def _ask_once(self, parts: Sequence[bytes], pause: float) -> Answer:
        connection = await self._open()
        is_late = False

        def give_up() -> None:
            nonlocal is_late
            is_late = True
            # wakes whoever waits for the answer, which closing would not
            connection.shutdown(socket.SHUT_RDWR)

        timer = asyncio.get_running_loop().call_later(self._patience, give_up)
        sender: asyncio.Task[None] | None = None
        try:
            if len(parts) == 1 and len(parts[0]) <= CHUNK:
                await self._send(connection, parts, pause)
            else:
                sender = asyncio.create_task(self._send(connection, parts, pause))
            answer = await self._read(connection)
            if (sender and not sender.done()) or answer.header("connection") == "close":
                self.close()
            self._used = time.perf_counter()
            return answer
        except BaseException as error:
            self.close()
            if is_late:
                raise UnansweredError("timeout") from None
            if isinstance(error, OSError):
                raise UnansweredError("closed") from None
            raise
        finally:
            timer.cancel()
            if sender is not None:
                sender.cancel()

    async def _send(self, connection: socket.socket, parts: Sequence[bytes], pause: float) -> None:
        loop = asyncio.get_running_loop()
        try:
            for part in parts:
                await loop.sock_sendall(connection, part)
                if pause:
                    await asyncio.sleep(pause)
        except OSError:
            # a server may answer and close before it has read everything
            return

    async def _read(self, connection: socket.socket) -> Answer:
        loop = asyncio.get_running_loop()
        received = b""
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += await self._receive(loop, connection)
        head = received[:end].lower()
        start = head.find(b"\r\ncontent-length:")
        if not head.startswith(b"http/1.1 ") or start < 0:
            raise UnansweredError("unreadable")
        length = int(head[start + 17 :].split(b"\r\n", 1)[0])
        body = bytearray(received[end + 4 :])
        while len(body) < length:
            body += await self._receive(loop, connection)
        return Answer(int(head[9:12]), head, bytes(body))

    async def _receive(self, loop: asyncio.AbstractEventLoop, connection: socket.socket) -> bytes:
        received = await loop.sock_recv(connection, CHUNK)
        if not received:
            raise UnansweredError("closed")
        return received
