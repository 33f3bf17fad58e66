"""Somebody who works with doccano, and a second user without a browser."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import doccano_page
from browser import Browser
from doccano_client import DoccanoClient
from page_text import Marked, place_of
from servers import OTHER_USER, PASSWORD, USER, Server
from tool_exports import LABELS, Example


class DoccanoUser:
    """Somebody who works with doccano's pages.

    server: The server.
    browser: The browser.
    """

    def __init__(self, server: Server, browser: Browser) -> None:
        self.client = DoccanoClient(server.url, USER, PASSWORD)
        self.other = DoccanoClient(server.url, OTHER_USER, PASSWORD)
        self._server = server
        self._browser = browser
        doccano_page.log_in(browser, server.url, USER, PASSWORD)

    def start(self, examples: Iterable[Example], **settings: bool) -> int:
        """Make a project with texts. settings: Those of the project. RETURNS: Its number."""
        project = self.client.create_project(LABELS, **settings)
        rows = [{"text": own.text, "label": []} for own in examples]
        content = "".join(json.dumps(row) + "\n" for row in rows).encode()
        errors = self.client.import_file(project, content)
        assert not errors, errors
        return project

    def open(self, project: int, number: int, text: str) -> None:
        """Open a text. number: Counted from 1."""
        doccano_page.open_text(self._browser, self._server.url, project, number, text)

    def underlined(self, n: int) -> list[Marked]:
        """What is underlined in the text that is open. n: How many places to wait for."""
        return doccano_page.underlined(self._browser, n)

    def mark_all(self, project: int, examples: Sequence[Example]) -> None:
        """Mark the words of a project's first texts with the mouse."""
        for number, own in enumerate(examples, start=1):
            self.open(project, number, own.text)
            for start, end, label in own.spans:
                doccano_page.mark(self._browser, place_of(own.text, start, end), label)
