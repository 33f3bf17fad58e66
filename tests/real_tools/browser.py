"""A headless Chromium, driven through the WebDriver protocol of chromedriver.

Only the loopback address can be reached from it: all other names are unknown to it.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from processes import find_port, running, wait_for

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""The key that holds an element's name, as the protocol fixes it."""
WINDOW = (1400, 1000)
"""Width and height in pixels: what is marked must be in view."""
PAUSE = 0.1
LOOKS = 10
PATIENCE = 30
"""Seconds that a page gets to show something."""


def find_programs() -> tuple[str, str] | None:
    """RETURNS: The paths of Chromium and its driver, or None if one is missing."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    driver = shutil.which("chromedriver")
    return (browser, driver) if browser and driver else None


class Browser:
    """A browser window. url: The address of its session with the driver."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._http = requests.Session()
        self._http.trust_env = False

    def send(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Send a command. RETURNS: Its value. RAISES: RuntimeError with the driver's message."""
        json = {} if body is None and method == "POST" else body
        answer = self._http.request(method, self._url + path, json=json, timeout=60).json()
        if isinstance(answer["value"], dict) and "error" in answer["value"]:
            raise RuntimeError(f"{path}: {answer['value']['message'][:500]}")
        return answer["value"]

    def open(self, address: str) -> None:
        self.send("POST", "/url", {"url": address})

    def run(self, script: str, *arguments: Any) -> Any:
        """Run a function's body in the page. RETURNS: What it returns."""
        return self.send("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def appears(self, condition: Callable[[], Any], seconds: float = PATIENCE) -> Any:
        """Look until something is there. RETURNS: What the condition returned last."""
        found = condition()
        for _ in range(int(seconds / PAUSE)):
            if found:
                break
            time.sleep(PAUSE)
            found = condition()
        return found

    def wait(self, what: str, condition: Callable[[], Any]) -> Any:
        """Wait for something to appear.

        what: Its name, for the message.
        condition: Returns something true as soon as it is there.
        RETURNS: That.
        RAISES: TimeoutError after 30 seconds.
        """
        found = self.appears(condition)
        if found:
            return found
        text = self.run("return document.body.innerText")
        raise TimeoutError(f"{what} did not appear; the page says {text[:500]!r}")

    def wait_steadily(self, what: str, condition: Callable[[], Any]) -> None:
        """Wait until something is there in several looks: pages draw themselves more than once.

        RAISES: TimeoutError if it is not.
        """
        looks = [False] * LOOKS

        def is_steady() -> bool:
            looks.append(bool(condition()))
            return all(looks[-LOOKS:])

        self.wait(what, is_steady)

    def press(self, key: str) -> None:
        """Press and release a key."""
        strokes = [{"type": kind, "value": key} for kind in ("keyDown", "keyUp")]
        self._act({"type": "key", "id": "keyboard", "actions": strokes})

    def click(self, x: float, y: float) -> None:
        """Click at a place of the window, in pixels."""
        self._mouse(self._move(x, y), {"type": "pointerDown"}, {"type": "pointerUp"})

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Press the mouse's button at a place of the window, move, and release it."""
        middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
        self._mouse(
            *(self._move(*start), {"type": "pointerDown"}),
            *(self._move(*middle), self._move(*end), {"type": "pointerUp"}),
        )

    @staticmethod
    def _move(x: float, y: float) -> dict[str, Any]:
        # the protocol of Chromium takes fractions of pixels, but only integers are sure to hit
        return {"type": "pointerMove", "duration": 50, "x": round(x), "y": round(y)}

    def _mouse(self, *actions: dict[str, Any]) -> None:
        full = [
            {"button": 0, **action} if "Move" not in action["type"] else action
            for action in actions
        ]
        mouse = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}}
        self._act({**mouse, "actions": full})

    def _act(self, source: dict[str, Any]) -> None:
        self.send("POST", "/actions", {"actions": [source]})
        self.send("DELETE", "/actions")

    def cookies(self) -> list[dict[str, Any]]:
        found = self.send("GET", "/cookie")
        assert isinstance(found, list)
        return found

    def screenshot(self) -> bytes:
        """The window's picture as PNG, to look at when something went wrong."""
        import base64

        return base64.b64decode(self.send("GET", "/screenshot"))


@contextmanager
def open_browser(folder: Path) -> Iterator[Browser]:
    """Start a browser, and end it.

    folder: For its profile and messages.
    RAISES: FileNotFoundError if Chromium or its driver is missing.
    """
    programs = find_programs()
    if programs is None:
        raise FileNotFoundError("chromium and chromedriver must be installed")
    browser, driver = programs
    port = find_port()
    url = f"http://127.0.0.1:{port}"
    options = {
        "binary": browser,
        "args": [
            "--headless=new",
            # as root, and in containers
            *("--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"),
            *("--no-first-run", "--disable-background-networking", "--disable-component-update"),
            "--no-proxy-server",
            # no word to anybody but the servers here
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            f"--user-data-dir={folder / 'profile'}",
            f"--window-size={WINDOW[0]},{WINDOW[1]}",
            "--lang=en-US",
        ],
    }
    wanted = {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options}}
    command = [driver, f"--port={port}", f"--log-path={folder / 'chromedriver.log'}"]
    with running(command, folder / "chromedriver.out", cwd=folder) as process:
        wait_for(f"{url}/status", process)
        http = requests.Session()
        http.trust_env = False
        answer = http.post(f"{url}/session", json={"capabilities": wanted}, timeout=120).json()
        if "sessionId" not in answer["value"]:
            raise RuntimeError(f"Chromium did not start: {answer['value']['message'][:1000]}")
        session = f"{url}/session/{answer['value']['sessionId']}"
        try:
            yield Browser(session)
        finally:
            http.delete(session, timeout=60)
