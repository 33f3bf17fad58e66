"""The HTTP interface: a FastAPI application that does nothing but pass requests on to workers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
from fastapi import FastAPI, Request, Response
from starlette.requests import ClientDisconnect

from ..about import __version__
from ..errors import Errors
from .docs_page import add_docs_page
from .frames import Frame
from .interface import REFUSALS, Answer, Detail, Health, request_schema
from .limits import ServingSettings, WorkerSettings
from .reception import JSON, receive_body, until_disconnect
from .refusal import BUSY, NO_WORKER, TOO_LARGE, TOO_LATE, Refusal
from .worker_pool import WorkerPool

HEADERS = {
    BUSY: {"Retry-After": "1"},
    NO_WORKER: {"Retry-After": "1"},
    # a body may not have been read to its end
    TOO_LARGE: {"Connection": "close"},
    TOO_LATE: {"Connection": "close"},
}


def create_app(
    model: str | Path,
    *,
    component: str | None = None,
    code: str | None = None,
    settings: ServingSettings | None = None,
) -> FastAPI:
    """Make an application that tags texts: `POST /entities`, `GET /health` and `GET /docs`.

    Its workers live as long as its lifespan.

    model: The pipeline's name or folder.
    component: The tagger's name, if a pipeline has several.
    code: A Python file with registered functions that the pipeline needs.
    settings: How requests are worked on; by default, as `ServingSettings()` says.
    RETURNS: The application. Its lifespan raises ValueError (H167) if the pipeline cannot be
        loaded.
    RAISES: TypeError (H157) if the model is something other than a name or a folder.
    """
    if not isinstance(model, str | Path):
        raise TypeError(Errors.H157.format(kind=type(model).__name__))
    settings = settings or ServingSettings()
    worker = WorkerSettings(
        model=str(model),
        component=component,
        code=None if code is None else str(code),
        timeout=settings.timeout,
        limits=settings.limits,
    )
    pool = WorkerPool(settings, worker)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with pool:
            yield

    app = FastAPI(
        title="spacy-halfree",
        version=__version__,
        lifespan=lifespan,
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
    )
    add_docs_page(app)

    # balancers may ask with HEAD
    @app.head("/health", include_in_schema=False)
    @app.get("/health", response_model=Health, responses={NO_WORKER: {"model": Detail}})
    async def health() -> Response:
        """Tell whether requests can be answered. It is answered while texts are tagged, too."""
        if not pool.can_answer:
            return to_response(pool.refusal.to_frame())
        return Response(b'{"status": "ok"}', media_type=JSON)

    @app.post(
        "/entities",
        response_model=Answer,
        responses=REFUSALS,
        openapi_extra=request_schema(settings.limits),
    )
    async def entities(request: Request) -> Response:
        """Find entities in each text."""
        try:
            with pool.place():
                body = await receive_body(request, settings)
                return to_response(await ask_while_connected(pool, request, body))
        except Refusal as refusal:
            return to_response(refusal.to_frame())
        except ClientDisconnect:
            # nobody reads it
            return Response(status_code=TOO_LATE)

    return app


async def ask_while_connected(pool: WorkerPool, request: Request, body: bytes) -> Frame:
    """Let a worker answer a request, and wait no longer than its client does.

    RAISES: Refusal if it is not answered; ClientDisconnect if its client has gone.
    """
    answer: Frame | Refusal | None = None
    async with anyio.create_task_group() as group:

        async def stop_with_client() -> None:
            await until_disconnect(request)
            group.cancel_scope.cancel()

        group.start_soon(stop_with_client)
        try:
            answer = await pool.ask(body)
        # a group would wrap it
        except Refusal as refusal:
            answer = refusal
        group.cancel_scope.cancel()
    if isinstance(answer, Refusal):
        raise answer
    if answer is None:
        raise ClientDisconnect
    return answer


def to_response(frame: Frame) -> Response:
    """An HTTP response."""
    return Response(frame.content, frame.status, HEADERS.get(frame.status), JSON)
