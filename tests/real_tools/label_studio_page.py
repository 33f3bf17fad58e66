"""Label Studio's editor, as an annotator uses it."""

from __future__ import annotations

from browser import Browser
from page_text import SEEN, Marked, Place, click_on, drag_over, text_in

TEXT = ".lsf-htx-richtext"
BUTTONS = ".lsf-bottombar button"
ESCAPE = "\ue00c"
"""The key, as the protocol writes it."""
TRIES = 5
REGIONS = (
    SEEN
    + """
const marked = {};
for (const own of document.querySelectorAll(".htx-highlight")) {
    const inside = seen.map((char, index) => index).filter(i => own.contains(seen[i].node));
    if (!inside.length) continue;
    // a region of several lines has several elements, of which one has its label: "1:CITY", or "1"
    const region = [...own.classList].find(name => name.startsWith("htx-highlight-"));
    const label = (own.dataset.label || "").split(":").slice(1).join(":");
    const known = marked[region] || [inside[0], 0, ""];
    const end = inside[inside.length - 1] + 1;
    marked[region] = [Math.min(known[0], inside[0]), Math.max(known[1], end), known[2] || label];
}
return Object.values(marked);
"""
)


def log_in(browser: Browser, url: str, email: str, password: str) -> None:
    """Log in with the form of the first page."""
    browser.open(f"{url}/user/login/")
    fields = "return document.querySelectorAll('form [name=email], form [name=password]').length"
    browser.wait("the form", lambda: browser.run(fields) == 2)
    script = """
    document.querySelector("form [name=email]").value = arguments[0];
    document.querySelector("form [name=password]").value = arguments[1];
    document.querySelector("form").submit();
    """
    browser.run(script, email, password)
    here = "return location.pathname"
    browser.wait("the first page", lambda: "login" not in browser.run(here))


def open_task(browser: Browser, url: str, project: int, task: int, *texts: str) -> None:
    """Open a task that is not annotated.

    texts: Those that it shows, in the order of the interface.
    """
    browser.open(f"{url}/projects/{project}/data?task={task}")
    wanted = "".join("".join(text.split()) for text in texts)
    browser.wait_steadily("the text", lambda: text_in(browser, TEXT) == wanted)
    buttons = "return [...document.querySelectorAll(arguments[0])].map(own => own.innerText.trim())"
    browser.wait("the button", lambda: "Submit" in browser.run(buttons, BUTTONS))


def highlighted(browser: Browser, n: int = 0) -> list[Marked]:
    """The highlighted places and their labels, in the order of the text.

    n: How many are waited for: they come after the text.
    """
    browser.appears(lambda: len(browser.run(REGIONS, TEXT)) >= n)
    return sorted((first, last, label) for first, last, label in browser.run(REGIONS, TEXT))


def mark(browser: Browser, place: Place, label: str, control: int = 0) -> None:
    """Click on a label and select a place with the mouse.

    control: Which of several labels with this name, counted from 0.
    RAISES: TimeoutError if that marks nothing.
    """
    known = len(highlighted(browser))
    for _ in range(TRIES):
        # the editor may draw itself anew when it has loaded, and forget the click
        click_on(browser, ".lsf-label__text", label, control)
        drag_over(browser, TEXT, place)
        if browser.appears(lambda: len(highlighted(browser)) > known, seconds=3):
            # what is selected would get the next label
            browser.press(ESCAPE)
            return
    raise TimeoutError(f"{place} cannot be marked")


def submit(browser: Browser) -> None:
    """Click on "Submit"."""
    click_on(browser, BUTTONS, "Submit")
