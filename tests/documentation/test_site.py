"""The documentation as a site: it builds without a warning, and the reference is complete."""

from __future__ import annotations

import ast
import logging
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from code_blocks import PAGES, ROOT, blocks
from typer.main import get_group

import spacy_halfree
from spacy_halfree.cli import halfree_cli
from spacy_halfree.errors import Errors, Warnings
from spacy_halfree.labelling.worker import TeacherWorker
from spacy_halfree.pipeline.labelled_pipe import LabelledPipe
from spacy_halfree.pipeline.tagger import HalfreeTagger

pytest.importorskip("mkdocstrings_handlers.python")

COMMANDS = get_group(halfree_cli).commands
LOADING = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}
"""Elements that make a browser load something."""


class PageReader(HTMLParser):
    """What a page says, the places in it that can be linked to, and what a browser loads for it.

    text: The text of its article, without navigation.
    ids: The places.
    loaded: Addresses of scripts, styles and pictures.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.text, self.ids, self.loaded = "", set[str](), set[str]()
        self.is_article = False
        self.feed(path.read_text(encoding="utf8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if found.get("id"):
            self.ids.add(str(found["id"]))
        self.is_article |= tag == "article"
        if found.get(LOADING.get(tag, "")):
            self.loaded.add(str(found[LOADING[tag]]))

    def handle_endtag(self, tag: str) -> None:
        self.is_article &= tag != "article"

    def handle_data(self, data: str) -> None:
        if self.is_article:
            self.text += data


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `mkdocs build --strict` builds it."""
    from mkdocs.commands.build import build
    from mkdocs.config import load_config
    from mkdocs.utils import CountHandler

    folder = tmp_path_factory.mktemp("site")
    config = load_config(str(ROOT / "mkdocs.yml"), strict=True, site_dir=str(folder))
    config.plugins.on_startup(command="build", dirty=False)
    counter = CountHandler()
    counter.setLevel(logging.WARNING)
    logging.getLogger("mkdocs").addHandler(counter)
    try:
        build(config)
    finally:
        logging.getLogger("mkdocs").removeHandler(counter)
        config.plugins.on_shutdown()
    assert not counter.get_counts()
    return folder


def read(site: Path, page: str) -> PageReader:
    return PageReader(site / "reference" / f"{page}.html")


def test_pages_are_there(site: Path) -> None:
    pages = list((ROOT / "docs").rglob("*.md"))
    assert pages
    for page in pages:
        built = (site / page.relative_to(ROOT / "docs")).with_suffix(".html")
        assert built.is_file()
    assert (site / "changelog.html").is_file()
    assert (site / "contributing.html").is_file()
    assert not list(site.rglob("*.py"))


def test_nothing_is_loaded_from_a_network(site: Path) -> None:
    for path in site.rglob("*.html"):
        page = PageReader(path)
        assert page.loaded
        assert not [address for address in page.loaded if re.match(r"(\w+:)?//", address)]
        # the theme fetches a library for such diagrams
        assert 'class="mermaid"' not in path.read_text(encoding="utf8")
    for path in site.rglob("*.css"):
        assert not re.search(r"(url\(|@import) *[\"']?(https?:)?//", path.read_text("utf8"))


def test_every_entry_point_is_there(site: Path) -> None:
    from configparser import ConfigParser

    setup = ConfigParser(delimiters=["="])
    setup.optionxform = str  # type: ignore[method-assign, assignment]
    setup.read(ROOT / "setup.cfg", encoding="utf8")
    registered = read(site, "registered")
    groups = dict(setup["options.entry_points"])
    assert groups.pop("spacy_cli").split() == ["halfree", "=", "spacy_halfree.cli:halfree_cli"]
    for group, lines in groups.items():
        for name in re.findall(r"^(\S+) =", lines, re.MULTILINE):
            assert name in registered.ids, group
            assert name in registered.text
    for setting in ("share_label_words", "label_style", "interleave", "shuffle_buffer"):
        assert setting in registered.text


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_there(site: Path, name: str) -> None:
    text = " ".join(read(site, "command_line").text.replace("\xb6", " ").split())
    # from the command's heading to its last option
    own = text.split(f"python -m spacy halfree {name} ", 1)[1].split("--help:", 1)[0]
    assert plain(COMMANDS[name].help) in own
    for parameter in COMMANDS[name].params:
        if parameter.name != "help":
            names = [*parameter.opts, *parameter.secondary_opts]
            if parameter.param_type_name == "argument":
                names = [parameter.metavar or parameter.name]
            assert all(shown in own for shown in names)
            assert plain(parameter.help) in own


def plain(text: str | None) -> str:
    """A help text as a page shows it."""
    assert text
    return " ".join(text.replace("`", "").split())


def test_every_message_is_there(site: Path) -> None:
    page = read(site, "messages")
    numbers = [name for name in (*vars(Errors), *vars(Warnings)) if re.fullmatch(r"[HW]\d+", name)]
    assert len(numbers) > 80
    assert set(numbers) <= page.ids
    assert "Check that the training file is annotated and in spaCy's own format" in page.text


def test_methods_and_settings_are_there(site: Path) -> None:
    page = read(site, "component")
    path = f"{HalfreeTagger.__module__}.{HalfreeTagger.__name__}"
    for owner in (HalfreeTagger, LabelledPipe):
        for name in vars(owner):
            if not name.startswith("_"):
                assert f"{path}.{name}" in page.ids
    worker = f"{TeacherWorker.__module__}.{TeacherWorker.__name__}"
    for name in ("__call__", "load", "annotated", "texts_in_a_part"):
        assert f"{worker}.{name}" in read(site, "python").ids
    for name in ("use_soft_labels", "head_learn_rate_factor", "_.confidence", "_.tag_probs"):
        assert name in page.text
    # what only our own reader of docstrings finds
    assert "(n_words x n_tags, float32)" in page.text
    assert "NotImplementedError" in page.text


def full_name(module: str, name: str) -> str:
    """Where something is defined that an example imports."""
    if module == "spacy_halfree":
        module = f"spacy_halfree.{spacy_halfree.MODULES[name]}"
    return f"{module}.{name}"


def test_everything_that_examples_import_is_there(site: Path) -> None:
    ids = read(site, "python").ids | read(site, "component").ids
    imported = {
        full_name(node.module or "", alias.name)
        for page in PAGES
        for language in ("python", "py")
        for block in blocks(page, language)
        for node in ast.walk(ast.parse(block.code))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("spacy_halfree")
        for alias in node.names
    }
    assert len(imported) > 4
    assert imported <= ids
