"""Serving an application on an address until a signal comes."""

import asyncio
import gc
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from ..errors import Errors

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Server(uvicorn.Server):
    """A server that tells when it listens, and leaves signals to others."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], object]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen."""
        # collecting garbage among all that was imported would hold up requests
        gc.collect()
        gc.freeze()
        await super().startup(sockets)
        self._on_ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Do not capture them: a process that was asked to end would end with an error."""
        yield


def bind(host: str, port: int) -> socket.socket:
    """Take an address.

    host: A name or an IP address of this machine.
    port: The port; 0 for any that is free.
    RETURNS: A socket that does not listen yet.
    RAISES: OSError (H168) if it cannot be used.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise OSError(Errors.H168.format(host=host, port=port, reason=reason)) from error
    return bound


def serve(app: FastAPI, bound: socket.socket, grace: float, on_ready: Callable[[], object]) -> None:
    """Serve until SIGINT or SIGTERM; then take no more requests and answer those that came before.

    app: The application.
    bound: What `bind` has returned.
    grace: Seconds after which requests are given up that are not answered by then.
    on_ready: Is called when it listens.
    RAISES: What the application's lifespan raises when it starts.
    """
    config = uvicorn.Config(
        app,
        # it starts before anything listens, and with errors that are ours to report
        lifespan="off",
        http="h11",
        ws="none",
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=max(1, round(grace)),
    )
    asyncio.run(_serve(app, bound, Server(config, on_ready)))


async def _serve(app: FastAPI, bound: socket.socket, server: Server) -> None:
    task = asyncio.current_task()
    assert task is not None
    is_ended = False

    def end(number: int) -> None:
        nonlocal is_ended
        if server.started:
            server.handle_exit(number, None)
        elif not is_ended:
            task.cancel()
        is_ended = True

    with signals_to(end):
        try:
            async with app.router.lifespan_context(app):
                await server.serve([bound])
        except asyncio.CancelledError:
            if not is_ended:
                raise


@contextmanager
def signals_to(end: Callable[[int], None]) -> Iterator[None]:
    """Let the event loop call a function when a signal comes, and restore what was there before.

    end: Gets the number of the signal.
    """
    loop = asyncio.get_running_loop()

    def call(number: int, _: object) -> None:
        loop.call_soon_threadsafe(end, number)

    before = {number: signal.signal(number, call) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
