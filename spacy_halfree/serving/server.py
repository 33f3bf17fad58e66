"""Serving an application on an address until a signal comes."""

import asyncio
import gc
import signal
import socket
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from ..errors import Errors


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
        own = socket.socket(family, kind, protocol)
        own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        own.bind(address)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OSError(Errors.H168.format(host=host, port=port, reason=reason)) from error
    return own


def serve(app: FastAPI, own: socket.socket, grace: float, on_ready: Callable[[], object]) -> None:
    """Serve until SIGINT or SIGTERM; then finish what is being worked on.

    app: The application.
    own: What `bind` has returned.
    grace: Seconds after which requests that are not answered are given up when it ends.
    on_ready: Is called before the first request is taken.
    RAISES: What the application's lifespan raises when it starts.
    """
    # uvicorn raises the signals once more when it has ended
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)

    async def run() -> None:
        async with app.router.lifespan_context(app):
            config = uvicorn.Config(
                app,
                lifespan="off",
                http="h11",
                ws="none",
                log_level="warning",
                server_header=False,
                timeout_graceful_shutdown=max(1, round(grace)),
            )
            # all that was imported, or each full collection would hold the loop for a long time
            gc.collect()
            gc.freeze()
            on_ready()
            await uvicorn.Server(config).serve([own])

    asyncio.run(run())


def end(number: int, frame: object) -> None:
    """End this process as one that has done what it should."""
    raise SystemExit(0)
