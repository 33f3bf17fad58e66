"""A hook of mkdocs: links to files of the repository that are no pages of the site.

On a Git host, `[figures](../benchmarks/results/accuracy.jsonl)` in a page leads to the file. The
site does not have it, and knows no address where it would be; so it names the file instead.
"""

import os
import re
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES_OF_THE_ROOT = {
    "changelog.md": ROOT / "CHANGELOG.md",
    "contributing.md": ROOT / "CONTRIBUTING.md",
}
"""Pages whose source stands beside the docs rather than among them."""
FENCED = re.compile(r"(^ *```.*?^ *```|`[^`\n]+`(?!\]))", re.MULTILINE | re.DOTALL)
"""Code, in which nothing is a link (but a link's whole text may be code)."""
LINK = re.compile(r"\[([^\]]*)\]\(([^)\s#]+)(#[^)\s]*)?\)")


def rewrite_links(markdown: str, source: Path, page: str) -> str:
    """Let links lead to the site's pages, and name files that it does not have.

    markdown: The text of a page.
    source: The file that it comes from, to which its links are relative.
    page: The page's own place in the site, e.g. "reference/python.md".
    RETURNS: The text with other links.
    RAISES: PluginError if there is no such file.
    """
    places = {path: name for name, path in PAGES_OF_THE_ROOT.items()}

    def rewrite(match: re.Match[str]) -> str:
        text, target, anchor = match[1], match[2], match[3] or ""
        if ":" in target:
            # elsewhere
            return match[0]
        file = (source.parent / target).resolve()
        if file in places:
            place = places[file]
        elif file.is_relative_to(DOCS):
            # whether there is such a page, mkdocs will see
            place = file.relative_to(DOCS).as_posix()
        elif file.exists():
            name = f"`{file.relative_to(ROOT).as_posix()}`"
            return name if text.strip("`") in name else f"{text} ({name})"
        else:
            raise PluginError(f"{source}: there is no file {target}, to which a link leads")
        relative = Path(os.path.relpath(place, Path(page).parent)).as_posix()
        return f"[{text}]({relative}{anchor})"

    parts = FENCED.split(markdown)
    parts[::2] = [LINK.sub(rewrite, part) for part in parts[::2]]
    return "".join(parts)


def on_page_markdown(markdown: str, *, page: Any, **kwargs: Any) -> str:
    """Mkdocs calls this for every page, before it becomes HTML."""
    place = page.file.src_uri
    if page.file.generated_by and place not in PAGES_OF_THE_ROOT:
        return markdown
    return rewrite_links(markdown, PAGES_OF_THE_ROOT.get(place, DOCS / place), place)
