"""doccano's editor, as an annotator uses it."""

from __future__ import annotations

from browser import Browser
from page_text import SEEN, Marked, Place, click_on, drag_over, text_in

ROWS = "svg text[id*=':']"
"""The rows of the text; the other texts of the drawing are labels."""
LINES = (
    SEEN
    + """
const marked = [];
for (const line of document.querySelectorAll("svg line[stroke-width='5']")) {
    const own = line.getBoundingClientRect();
    // the text that is nearest above the line
    const row = line.closest("svg").querySelector(arguments[0]);
    const covered = seen.map((char, index) => index).filter(index => {
        if (!row.contains(seen[index].node)) return false;
        const [char] = rectangles(index, index);
        const middle = char ? char.left + char.width / 2 : -1;
        return own.left <= middle && middle <= own.right;
    });
    const label = line.parentElement.querySelector("text");
    if (covered.length)
        marked.push([covered[0], covered[covered.length - 1] + 1, label ? label.textContent : ""]);
}
return marked;
"""
)
"""Underlined places."""


def log_in(browser: Browser, url: str, user: str, password: str) -> None:
    """Log in, so that the browser has the session's cookie."""
    browser.open(f"{url}/")
    script = """
    const [name, password] = arguments;
    return fetch("/v1/auth/login/", {
        method: "POST",
        headers: {"Content-Type": "application/json"},
        body: JSON.stringify({username: name, password: password}),
    }).then(answer => answer.status);
    """
    status = browser.run(script, user, password)
    if status != 200:
        raise RuntimeError(f"doccano answers {status} to the login")


def open_text(browser: Browser, url: str, project: int, number: int, text: str) -> None:
    """Open a text of a project. number: Counted from 1."""
    browser.open(f"{url}/projects/{project}/sequence-labeling?page={number}")
    wanted = "".join(text.split())
    browser.wait_steadily("the text", lambda: text_in(browser, ROWS) == wanted)


def underlined(browser: Browser, n: int = 0) -> list[Marked]:
    """The underlined places and their labels, in the order of the text.

    n: How many are waited for: they come after the text.
    """
    browser.appears(lambda: len(browser.run(LINES, ROWS)) >= n)
    return sorted((first, last, label) for first, last, label in browser.run(LINES, ROWS))


def mark(browser: Browser, place: Place, label: str) -> None:
    """Select a place with the mouse and choose its label in the menu that comes up."""
    known = len(underlined(browser))
    drag_over(browser, ROWS, place)
    click_on(browser, ".menuable__content__active .v-list-item__title", label)
    browser.wait("the mark", lambda: len(underlined(browser)) > known)
