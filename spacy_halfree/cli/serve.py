"""`python -m spacy halfree serve`."""

from importlib.util import find_spec
from pathlib import Path

import typer

from ..errors import Errors
from ..serving.limits import RequestLimits, ServingSettings
from .options import CODE
from .outcome import describe, reports_failures
from .terminal import msg, print_lines

LIMITS = RequestLimits()
SETTINGS = ServingSettings()
NEEDED = ("fastapi", "uvicorn", "fastapi_offline")


@reports_failures
def serve_cli(
    model: str = typer.Argument(..., help="The pipeline's name or folder"),
    host: str = typer.Option("127.0.0.1", "--host", help="The address to listen on"),
    port: int = typer.Option(8000, "--port", min=0, max=65535, help="The port; 0 for a free one"),
    workers: int = typer.Option(
        SETTINGS.workers, "--workers", min=1, help="Processes, each of which loads the pipeline"
    ),
    queue: int = typer.Option(
        SETTINGS.queue, "--queue", min=0, help="Requests that may wait for a worker"
    ),
    timeout: float = typer.Option(
        SETTINGS.timeout, "--timeout", min=0.1, help="Seconds that a request may take"
    ),
    max_body: int = typer.Option(LIMITS.body, "--max-body", min=1, help="Bytes of a request"),
    max_texts: int = typer.Option(LIMITS.texts, "--max-texts", min=1, help="Texts of a request"),
    max_words: int = typer.Option(LIMITS.words, "--max-words", min=1, help="Words of a request"),
    max_characters: int = typer.Option(
        LIMITS.characters, "--max-characters", min=1, help="Characters of a text"
    ),
    max_run: int = typer.Option(
        LIMITS.run, "--max-run", min=1, help="Characters without white space"
    ),
    component: str | None = typer.Option(
        None, "--component", help="The tagger's name, if a pipeline has several"
    ),
    code: Path | None = CODE,
) -> None:
    """Answer HTTP requests with the entities of texts.

    Needs the extra `serve`: `pip install '.[serve]'`.
    """
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        msg.fail("Nothing is served", Errors.H166.format(names=", ".join(missing)), exits=1)
    from ..serving.app import create_app
    from ..serving.server import bind, serve

    try:
        limits = RequestLimits(
            body=max_body, texts=max_texts, words=max_words, characters=max_characters, run=max_run
        )
        settings = ServingSettings(workers=workers, queue=queue, timeout=timeout, limits=limits)
        bound = bind(host, port)
        app = create_app(
            model, component=component, code=None if code is None else str(code), settings=settings
        )

        def tell() -> None:
            place = f"[{host}]" if ":" in host else host
            print_lines(f"Serving on http://{place}:{bound.getsockname()[1]}")

        serve(app, bound, timeout, tell)
    except (ValueError, OSError) as error:
        msg.fail("Nothing is served", describe(error), exits=1)
