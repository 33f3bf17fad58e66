"""Serve annotation tools on the loopback address.

The databases are in a folder of the test. The servers are told not to send anything anywhere.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from processes import find_port, running, wait_for

LABEL_STUDIO = "1.23.2"
DOCCANO = "1.8.4"
REQUIREMENTS = {
    "label-studio": (f"label-studio=={LABEL_STUDIO}",),
    # it does not limit these, and does not start with what is newest
    "doccano": (f"doccano=={DOCCANO}", "marshmallow<4", "numpy<2", "setuptools<81"),
}
"""What is installed for each tool."""
USER, OTHER_USER = "annotator1", "annotator2"
PASSWORD = "only-for-this-test"
TOKEN = "0123456789abcdef0123456789abcdef01234567"
"""What Label Studio's user sends with each request."""
SETTINGS = """
from os import environ

from config.settings.production import *

# tasks run in the server, so that no worker and no broker is needed
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_STORE_EAGER_RESULT = True
DJANGO_DRF_FILEPOND_ALLOW_EXTERNAL_UPLOAD_DIR = True
DJANGO_DRF_FILEPOND_UPLOAD_TMP = environ["DOCCANO_UPLOADS"]
"""
"""doccano's own settings, with uploads in the test's folder instead of the installed package."""


@dataclass(frozen=True)
class Server:
    """A server that runs. url: Its address, without a slash at the end."""

    url: str

    @property
    def email(self) -> str:
        """Label Studio's name of its user."""
        return f"{USER}@example.com"


def _own_environment(folder: Path, **variables: str) -> dict[str, str]:
    """Variables of a server's process: no proxies, no settings of the user."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "HOME": str(folder), **variables}


@contextmanager
def serve_label_studio(environment: Path, folder: Path) -> Iterator[Server]:
    """Run Label Studio until the block ends.

    environment: Where it is installed.
    folder: For its database, uploads and messages.
    YIELDS: The server, which has the user `USER`.
    """
    port = find_port()
    variables = _own_environment(
        folder,
        LABEL_STUDIO_BASE_DATA_DIR=str(folder / "data"),
        LABEL_STUDIO_USERNAME=Server("").email,
        LABEL_STUDIO_PASSWORD=PASSWORD,
        LABEL_STUDIO_USER_TOKEN=TOKEN,
        LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN="true",
        # nothing is sent or asked for
        COLLECT_ANALYTICS="false",
        LATEST_VERSION_CHECK="false",
        SENTRY_DSN="",
        FRONTEND_SENTRY_DSN="",
    )
    program = environment / "bin" / "label-studio"
    place = ("--internal-host", "127.0.0.1", "--port", str(port))
    command = [program, "start", "--no-browser", *place]
    url = f"http://127.0.0.1:{port}"
    with running(command, folder / "server.log", cwd=folder, env=variables) as process:
        wait_for(f"{url}/health", process)
        yield Server(url)


@contextmanager
def serve_doccano(environment: Path, folder: Path) -> Iterator[Server]:
    """Run doccano until the block ends.

    Its own command listens to all addresses, so the application runs in gunicorn.

    environment: Where it is installed.
    folder: For its database, uploads and messages.
    YIELDS: The server, which has the users `USER` and `OTHER_USER`.
    """
    (settings,) = environment.glob("lib/python3*/site-packages/backend")
    (folder / "doccano_settings.py").write_text(SETTINGS, encoding="utf8")
    variables = _own_environment(
        folder,
        DJANGO_SETTINGS_MODULE="doccano_settings",
        PYTHONPATH=os.pathsep.join([str(folder), str(settings)]),
        DATABASE_URL=f"sqlite:///{folder / 'doccano.sqlite3'}",
        MEDIA_ROOT=str(folder / "media"),
        DOCCANO_UPLOADS=str(folder / "uploads"),
        STANDALONE="True",
    )
    manage = [environment / "bin" / "python", settings / "manage.py"]
    for command in ["migrate"], ["create_roles"], *map(_create_user, (USER, OTHER_USER)):
        with (folder / "manage.log").open("ab") as log:
            subprocess.run(
                [*manage, *command],
                **{"cwd": settings, "env": variables, "stdout": log, "stderr": log},
                check=True,
                timeout=300,
            )
    port = find_port()
    place = ("--bind", f"127.0.0.1:{port}", "--threads", "4")
    command = [environment / "bin" / "gunicorn", *place, "config.wsgi"]
    url = f"http://127.0.0.1:{port}"
    with running(command, folder / "server.log", cwd=settings, env=variables) as process:
        wait_for(f"{url}/v1/me", process)
        yield Server(url)


def _create_user(name: str) -> list[str]:
    about = ["--username", name, "--password", PASSWORD, "--email", f"{name}@example.com"]
    return ["create_admin", "--noinput", *about]
