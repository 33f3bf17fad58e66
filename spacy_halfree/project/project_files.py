"""Writing a project: its texts, its configs, its workflow and what explains it."""

import json
import os
from collections.abc import Iterator, Set
from contextlib import contextmanager
from dataclasses import asdict
from importlib import resources
from pathlib import Path

from spacy.tokens import Doc

from ..data.checks import FileReport
from ..data.docbin import write_docs
from ..data.inputs import find_inputs
from ..data.raw_texts import read_raw_texts
from ..data.records import InvalidRecord, text_of, without_white_space
from ..data.splitting import Split
from ..errors import Errors
from ..files import partial_folder
from .project_settings import ProjectSettings, package_name

PAGES = ("README.md", "project.yml")
"""What is made of a template. The last one is what makes a folder a project."""
GOLD, DEV, TEST = "gold.spacy", "dev.spacy", "test.spacy"
POOL, PROBLEMS = "pool.jsonl", "problems.jsonl"


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A folder to fill, whose content appears in its place once all of it is there.

    folder: The place. Nothing may be there, or an empty folder.
    YIELDS: The folder to fill, beside it.
    RAISES: ValueError (H089) if the place holds something, (H076) if it is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise ValueError(Errors.H076.format(path=folder))
    if folder.is_dir() and any(folder.iterdir()):
        raise ValueError(Errors.H089.format(path=folder))
    place = folder.resolve()
    with partial_folder(place) as partial:
        yield partial
        if not place.exists():
            partial.rename(place)
            return
        # the folder itself may be where somebody stands; what makes it a project comes last
        for path in sorted(partial.iterdir(), key=lambda path: path.name == PAGES[-1]):
            os.replace(path, place / path.name)


def write_split(folder: Path, split: Split) -> None:
    """Write the docs of a split as `.spacy` files; none for a part without docs."""
    parts: dict[str, list[Doc]] = {GOLD: split.train, DEV: split.dev, TEST: split.test}
    for name, docs in parts.items():
        if docs:
            write_docs(docs, folder / name)


def write_pool(path: Path, location: str, labelled: Set[str], max_length: int) -> FileReport:
    """Write the raw texts that are not labelled, an object a line.

    path: The `.jsonl` file to write.
    location: Texts in a file, or in a folder of files; see `find_inputs`.
    labelled: The labelled texts, without white space.
    max_length: The most characters of a text.
    RETURNS: What was written, what was left out because it is labelled, and what is wrong.
    RAISES: ValueError (H018, H019, H058) if nothing can be read, (H079) if no text is left.
    """
    report = FileReport(location)
    with path.open("w", encoding="utf8", newline="\n") as lines:
        for file in find_inputs(location):
            for _, record in read_raw_texts(file, max_length):
                if isinstance(record, InvalidRecord):
                    report.add_invalid(record)
                elif without_white_space(text_of(record)) in labelled:
                    report.left_out["labelled already"] += 1
                else:
                    report.n_texts += 1
                    lines.write(json.dumps(record, ensure_ascii=False) + "\n")
    if not report.n_texts:
        raise ValueError(Errors.H079.format(path=location))
    return report


def write_project(
    folder: Path, name: str, settings: ProjectSettings, counts: dict[str, int]
) -> None:
    """Write everything but the texts.

    folder: The folder to fill.
    name: The project's name.
    settings: How it trains.
    counts: How many texts are to train, to tune and to test on, and how many are raw (`train`,
        `dev`, `test`, `pool`).
    """
    # spaCy's own templates are written in it, but most commands need none
    from jinja2 import Environment, StrictUndefined

    package = resources.files(__package__)
    (folder / "configs").mkdir()
    for config in settings.configs:
        (folder / "configs" / config).write_bytes((package / "configs" / config).read_bytes())
    environment = Environment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    values = asdict(settings) | {
        "encoder_is_folder": settings.encoder_is_folder,
        "teachers": settings.teachers,
        "name": name,
        "package_name": package_name(name),
        "counts": counts,
        "scored": "test" if counts["test"] else "dev",
    }
    for page in PAGES:
        template = (package / "templates" / f"{page}.jinja").read_text(encoding="utf8")
        rendered = environment.from_string(template).render(values)
        (folder / page).write_text(rendered, encoding="utf8", newline="\n")
