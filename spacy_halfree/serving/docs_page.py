"""The page that shows the interface and tries it. It loads nothing from elsewhere."""

import re
from base64 import b64encode
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse

PAGE = "/docs"
FOLDER = "docs-files"
SCRIPT, STYLE, ICON = "swagger-ui-bundle.js", "swagger-ui.css", "favicon.png"
PACKAGE = "fastapi_offline"
"""Brings the files of Swagger UI."""


def add_docs_page(app: FastAPI) -> None:
    """Give an application without such a page its page.

    app: The application.
    """
    page = get_swagger_ui_html(
        # relative, so that they are found behind a proxy with a path, too
        openapi_url="openapi.json",
        title=app.title,
        swagger_js_url=f"{FOLDER}/{SCRIPT}",
        swagger_css_url=f"{FOLDER}/{STYLE}",
        swagger_favicon_url=f"{FOLDER}/{ICON}",
        swagger_ui_parameters={"validatorUrl": None},
    )
    content = bytes(page.body).decode("utf8")
    headers = {"Content-Security-Policy": policy(content), "X-Content-Type-Options": "nosniff"}

    @app.get(PAGE, include_in_schema=False)
    async def docs_page() -> HTMLResponse:
        return HTMLResponse(content, headers=headers)

    for name in (SCRIPT, STYLE, ICON):
        add_file(app, f"/{FOLDER}/{name}", files_of_swagger_ui() / name)


def add_file(app: FastAPI, address: str, path: Path) -> None:
    """Let an application send a file."""

    async def send(_: Request) -> FileResponse:
        return FileResponse(path)

    app.add_route(address, send, include_in_schema=False)


def files_of_swagger_ui() -> Path:
    """The folder of Swagger UI's files."""
    spec = find_spec(PACKAGE)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "static"


def policy(content: str) -> str:
    """What a page may load: its own files, and the scripts that stand in it.

    content: The page.
    RETURNS: The value of Content-Security-Policy.
    """
    scripts = re.findall(r"<script>(.*?)</script>", content, re.DOTALL)
    digests = [b64encode(sha256(script.encode("utf8")).digest()).decode() for script in scripts]
    own = " ".join(["'self'", *(f"'sha256-{digest}'" for digest in digests)])
    return (
        f"default-src 'none'; script-src {own}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
