"""Somebody who works with Label Studio."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import label_studio_page
from browser import Browser
from label_studio_client import LabelStudioClient
from page_text import Marked, place_of
from servers import PASSWORD, TOKEN, Server
from tool_exports import Example


class LabelStudioUser:
    """Somebody who works with Label Studio's pages.

    server: The server.
    browser: The browser.
    """

    def __init__(self, server: Server, browser: Browser) -> None:
        self.client = LabelStudioClient(server.url, TOKEN)
        self._server = server
        self._browser = browser
        label_studio_page.log_in(browser, server.url, server.email, PASSWORD)

    def start(self, interface: str, data: Sequence[dict[str, Any]]) -> tuple[int, list[int]]:
        """Make a project with texts. RETURNS: Its number, and those of its tasks."""
        project = self.client.create_project(interface)
        tasks = [{"data": own} for own in data]
        self.client.import_file(project, "texts.json", json.dumps(tasks).encode())
        return project, [int(task["id"]) for task in self.client.tasks(project)]

    def open(self, project: int, task: int, *texts: str) -> None:
        """Open a task. texts: Those that it shows."""
        label_studio_page.open_task(self._browser, self._server.url, project, task, *texts)

    def highlighted(self, n: int) -> list[Marked]:
        """What is highlighted in the task that is open. n: How many places to wait for."""
        return label_studio_page.highlighted(self._browser, n)

    def mark(self, example: Example, before: str = "", control: int = 0) -> None:
        """Mark an example's words with the mouse.

        example: A text that is open.
        before: The texts above it on the page.
        control: The place of its labels among those of the page.
        """
        text = before + example.text
        for start, end, label in example.spans:
            place = place_of(text, len(before) + start, len(before) + end)
            label_studio_page.mark(self._browser, place, label, control)

    def submit(self, task: int) -> None:
        """Click on "Submit" until the annotation is stored. RAISES: TimeoutError."""
        for _ in range(label_studio_page.TRIES):
            label_studio_page.submit(self._browser)
            if self._browser.appears(lambda: self.client.annotations(task), seconds=10):
                return
        raise TimeoutError(f"the annotation of task {task} is not stored")

    def annotate(self, project: int, task: int, example: Example) -> None:
        """Open a task, mark an example's words, and submit them."""
        self.open(project, task, example.text)
        self.mark(example)
        self.submit(task)
