"""Places in the text of a page, found by what is seen: tools lay out white space in their own way.

A place is where a part begins and ends, counted in code points that are not white space.
"""

from __future__ import annotations

from typing import Any

from browser import Browser

Place = tuple[int, int]
Marked = tuple[int, int, str]
"""A place and its label."""
BLANKS = " \t\r\n\u00a0"


def place_of(text: str, start: int, end: int) -> Place:
    """The place of a part of a text. start, end: Its offsets in code points."""
    before = _count(text[:start])
    return before, before + _count(text[start:end])


def _count(text: str) -> int:
    return sum(char not in BLANKS for char in text)


# what the scripts below share: characters that are seen, and where each of them is drawn
SEEN = """
const seen = [];
for (const root of document.querySelectorAll(arguments[0])) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        let at = 0;
        for (const char of node.data) {
            if (!" \\t\\r\\n\\u00a0".includes(char))
                seen.push({char, node, start: at, end: at + char.length});
            at += char.length;
        }
    }
}
function rectangles(first, last) {
    const range = document.createRange();
    range.setStart(seen[first].node, seen[first].start);
    range.setEnd(seen[last].node, seen[last].end);
    return [...range.getClientRects()].filter(own => own.width > 0);
}
"""
ENDS = (
    SEEN
    + """
// the page may be drawing the text anew
if (seen.length < arguments[2]) return null;
const own = rectangles(arguments[1], arguments[2] - 1);
if (!own.length) return null;
const first = own[0], last = own[own.length - 1];
return [[first.left, first.top + first.height / 2], [last.right, last.top + last.height / 2]];
"""
)


def text_in(browser: Browser, roots: str) -> str:
    """What is read in a part of a page, without white space. roots: A CSS selector."""
    return str(browser.run(SEEN + "return seen.map(own => own.char).join('')", roots))


def drag_over(browser: Browser, roots: str, place: Place) -> None:
    """Select a place with the mouse.

    roots: A CSS selector of the elements that hold the text.
    place: The place.
    """
    ends = browser.wait("the place", lambda: browser.run(ENDS, roots, *place))
    (left, top), (right, bottom) = ends
    # a pixel inside of the first and the last character
    browser.drag((left + 1, top), (right - 1, bottom))


def click_on(browser: Browser, elements: str, text: str, number: int = 0) -> None:
    """Click on an element.

    elements: A CSS selector.
    text: What the element says.
    number: Its place among those that say so, counted from 0.
    RAISES: TimeoutError if there is none.
    """
    script = """
    const found = [...document.querySelectorAll(arguments[0])].filter(own =>
        own.innerText.trim() === arguments[1] && own.getClientRects().length && !own.disabled);
    if (found.length <= arguments[2]) return null;
    const own = found[arguments[2]].getBoundingClientRect();
    return [own.left + own.width / 2, own.top + own.height / 2];
    """
    place: Any = browser.wait(text, lambda: browser.run(script, elements, text, number))
    browser.click(*place)
