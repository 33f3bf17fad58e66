"""A hook of mkdocs: pages that are made of what the code says about itself.

The commands and their options, the messages, and what is registered with spaCy become pages of the
reference. Changelog and contributing stand at the top of the repository, where people look for
them, and so do the settings, in the README: they are taken from there.
"""

from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File
from repository_links import PAGES_OF_THE_ROOT, rewrite_links

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = "Settings of `halfree_tagger`"
SETTINGS_PLACE = "<!-- the settings, from README.md -->"
COMMAND = "python -m spacy halfree"
KINDS = {
    "spacy_factories": (
        "Components",
        "For `nlp.add_pipe`, and under `factory` in a config: [settings](component.md).",
    ),
    "spacy_architectures": (
        "Architectures",
        "Under `@architectures` in `[components.halfree_tagger.model]`.",
    ),
    "spacy_misc": (
        "Formats",
        "Under `@misc` in the section `format` of a `halfree.SentinelSeq2Seq.v1`.",
    ),
    "spacy_readers": ("Readers", "Under `@readers` in `[corpora.train]`."),
    "spacy_span_getters": (
        "Windows of encoders",
        "Under `@span_getters` in `[components.transformer.model.get_spans]`.",
    ),
    "spacy_scorers": ("Scorers", "Under `@scorers` in `[components.halfree_tagger.scorer]`."),
}
"""What the groups of entry points are called, and where their names stand."""


def on_files(files: Any, *, config: Any, **kwargs: Any) -> Any:
    """Mkdocs calls this when it has found the pages that are written."""
    made = {
        "reference/command_line.md": command_line(),
        "reference/messages.md": messages(),
        "reference/registered.md": registered(),
    }
    for place, content in made.items():
        files.append(File.generated(config, place, content=content))
    for place, path in PAGES_OF_THE_ROOT.items():
        files.append(File.generated(config, place, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, *, page: Any, **kwargs: Any) -> str:
    """Mkdocs calls this for every page: the settings are put where they are asked for."""
    if SETTINGS_PLACE not in markdown:
        return markdown
    return markdown.replace(SETTINGS_PLACE, settings(page.file.src_uri))


def command_line() -> str:
    """The page of all commands, as typer writes it for every command line."""
    from typer import Context
    from typer.cli import get_docs_for_click
    from typer.main import get_group

    from spacy_halfree.cli import halfree_cli

    group = get_group(halfree_cli)
    for command in group.commands.values():
        # the list of commands would cut its first line after a few words
        command.short_help = (command.help or "").splitlines()[0]
    text = get_docs_for_click(obj=group, ctx=Context(group), name=COMMAND, title="Command line")
    return text.replace("```console\n$ ", "```console\n")


def messages() -> str:
    """The page of all numbered messages."""
    from spacy_halfree.errors import Errors, Warnings

    lines = [
        "# Messages",
        "",
        "Every message has a number, by which it can be searched for. What stands in braces is "
        "filled in where the message is shown.",
    ]
    for title, holder in (("Errors", Errors), ("Warnings", Warnings)):
        lines += ["", f"## {title}"]
        for number, text in vars(holder).items():
            if not number.startswith("_"):
                told = text.removeprefix(f"[{number}] ")
                lines += ["", f"### {number} {{#{number}}}", "", told]
    return "\n".join(lines) + "\n"


def entry_points() -> Iterator[tuple[str, str, str]]:
    """What setup.cfg registers with spaCy.

    YIELDS: The group, the registered name, and the dotted path of the function behind it.
    """
    setup = ConfigParser(delimiters=["="])
    # names keep their capitals
    setup.optionxform = str  # type: ignore[method-assign, assignment]
    setup.read(ROOT / "setup.cfg", encoding="utf8")
    for group, lines in setup["options.entry_points"].items():
        for line in lines.strip().splitlines():
            name, target = line.split("=")
            yield group, name.strip(), target.strip().replace(":", ".")


def registered() -> str:
    """The page of all that spaCy finds by its name."""
    lines = [
        "# Architectures, readers, scorers",
        "",
        "What stands in configs by its name. spaCy finds all of it as soon as the package is "
        "installed; nothing has to be imported.",
    ]
    for group, (title, where) in KINDS.items():
        lines += ["", f"## {title}", "", where]
        for own, name, target in entry_points():
            if own == group:
                lines += [
                    *("", f"### {name} {{#{name}}}", ""),
                    *(f"::: {target}", "    options:", "      show_root_heading: false"),
                    "      heading_level: 4",
                ]
    return "\n".join(lines) + "\n"


def settings(page: str) -> str:
    """The README's section about the settings, for a page of the site.

    page: The page's place in the site.
    """
    readme = (ROOT / "README.md").read_text(encoding="utf8")
    section = readme.split(f"\n## {SETTINGS}\n")[1].split("\n## ")[0]
    return rewrite_links(f"## Settings\n{section}", ROOT / "README.md", page)
