"""The HTTP interface: a FastAPI application that does nothing but pass requests on to workers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from fastapi import FastAPI, Request, Response
from starlette.requests import ClientDisconnect

from ..errors import Errors
from .frames import Frame
from .limits import ServingSettings
from .worker_pool import WorkerPool
from .worker_process import WorkerSettings, refuse

RETRY_AFTER = "1"
"""Seconds."""


def create_app(
    model: str,
    *,
    component: str | None = None,
    code: str | None = None,
    settings: ServingSettings = ServingSettings(),
) -> FastAPI:
    """Make an application that tags texts. Its workers live as long as its lifespan.

    model: The pipeline's name or folder.
    component: The tagger's name, if there are several.
    code: A Python file with registered functions that the pipeline needs.
    settings: How requests are worked on.
    RETURNS: The application.
    """
    worker = WorkerSettings(str(model), component, code, settings.timeout, settings.limits)
    pool = WorkerPool(settings, worker)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with pool:
            yield

    app = FastAPI(title="spacy-halfree", lifespan=lifespan, redirect_slashes=False)

    @app.get("/health")
    async def health() -> Response:
        """Whether a worker lives."""
        return Response(b'{"status": "ok"}', media_type="application/json")

    @app.post("/entities")
    async def entities(request: Request) -> Response:
        """What the tagger finds in each text."""
        found = await read_body(request, settings)
        return to_response(found if isinstance(found, Frame) else await pool.ask(found))

    return app


async def read_body(request: Request, settings: ServingSettings) -> bytes | Frame:
    """The body of a request, or why it is refused."""
    limit = settings.limits.body
    announced = request.headers.get("content-length", "0")
    too_large = refuse(Errors.H169.format(limit=limit), 413)
    if not announced.isdecimal() or int(announced[:20]) > limit:
        return too_large
    body = bytearray()
    try:
        with anyio.fail_after(settings.timeout):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    return too_large
    except TimeoutError:
        return refuse(Errors.H172.format(seconds=settings.timeout), 408)
    except ClientDisconnect:
        return refuse("", 400)
    return bytes(body)


def to_response(frame: Frame) -> Response:
    """An HTTP response."""
    headers = {"Retry-After": RETRY_AFTER} if frame.status in (429, 503) else {}
    if frame.status in (408, 413):
        # the rest of the body is not read
        headers["Connection"] = "close"
    return Response(frame.content, frame.status, headers, "application/json")
