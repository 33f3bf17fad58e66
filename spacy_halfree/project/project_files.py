"""Writing a project: its texts, its configs, its workflow and what explains it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib import resources
from pathlib import Path

from spacy.tokens import Doc

from ..data.agreement import Comparison
from ..data.derived_files import GOLD, PROJECT
from ..data.docbin import write_docs
from ..data.file_report import FileReport
from ..data.progress import Progress
from ..data.raw_pool import check_pool, read_pool
from ..data.report_files import write_problems, write_summary
from ..data.splitting import Split
from .names import make_title, quote_in_yaml
from .own_tokenizer import FUNCTIONS, TOKENIZER, OwnTokenizer
from .project_settings import ProjectSettings, package_name

PAGES = ("README.md", PROJECT)
"""What is made of a template. The last one is what makes a folder a project."""
DEV, TEST = "dev.spacy", "test.spacy"
PREVIOUS = "gold.previous.spacy"
PROBLEMS, SUMMARY = "problems.jsonl", "summary.json"


def write_split(folder: Path, split: Split) -> None:
    """Write the docs of a split as `.spacy` files; none for a part without docs."""
    parts: dict[str, list[Doc]] = {GOLD: split.train, DEV: split.dev, TEST: split.test}
    for name, docs in parts.items():
        if docs:
            write_docs(docs, folder / name)


def write_pool(
    path: Path,
    location: str,
    labelled: Mapping[bytes, str],
    max_length: int,
    on_progress: Progress | None = None,
) -> FileReport:
    """Write the raw texts that are not labelled, an object a line.

    path: The `.jsonl` file to write.
    location: Texts in a file, or in a folder of files; see `find_inputs`.
    labelled: The digests of the labelled texts, and why they are left out; see `read_pool`.
    max_length: The most characters of a text.
    on_progress: Is called with the number of records that have been read since the last call.
    RETURNS: What was written, what was left out because it is labelled, and what is wrong.
    RAISES: ValueError (H018, H019, H058) if nothing can be read, (H079) if no text is left.
    """
    report = FileReport(location)
    with path.open("w", encoding="utf8", newline="\n") as lines:
        for record in read_pool(location, labelled, max_length, report, on_progress):
            lines.write(json.dumps(record, ensure_ascii=False) + "\n")
    check_pool(report)
    return report


def write_findings(
    folder: Path, reports: Sequence[FileReport], comparison: Comparison, kind: str = ""
) -> None:
    """Write what was found in the input: a summary, and all problems if there are any.

    folder: The folder of the project's texts.
    reports: The reports on all files.
    comparison: How annotations agree.
    kind: What the names of the files begin with.
    """
    write_summary(folder / f"{kind}{SUMMARY}", reports, comparison, overwrite=True)
    problems = folder / f"{kind}{PROBLEMS}"
    if any(report.problems for report in reports):
        write_problems(problems, reports, overwrite=True)
    else:
        problems.unlink(missing_ok=True)


def write_project(
    folder: Path,
    name: str,
    settings: ProjectSettings,
    has: dict[str, bool],
    tokenizer: OwnTokenizer,
) -> None:
    """Write everything but the texts.

    folder: The folder to fill.
    name: The project's name.
    settings: How it trains.
    has: Whether it has texts to test on, and problems.
    tokenizer: How its configs make its tokenizer.
    """
    # spaCy's own templates are written in it, but most commands need none
    from jinja2 import Environment, StrictUndefined

    package = resources.files(__package__)
    (folder / "configs").mkdir()
    for config in settings.configs:
        text = (package / "configs" / config).read_text(encoding="utf8") + tokenizer.sections
        (folder / "configs" / config).write_text(text, encoding="utf8", newline="\n")
    environment = Environment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters["yaml"] = quote_in_yaml
    values = asdict(settings) | {
        "encoder_is_folder": settings.encoder_is_folder,
        "teachers": settings.teachers,
        "code": FUNCTIONS if settings.code else "",
        "tokenizer": TOKENIZER if tokenizer.is_copied else "",
        "has_own_tokenizer": bool(tokenizer.sections),
        "name": make_title(name),
        "package_name": package_name(name),
        "has": has,
        "scored": "test" if has["test"] else "dev",
    }
    for page in PAGES:
        template = (package / "templates" / f"{page}.jinja").read_text(encoding="utf8")
        rendered = environment.from_string(template).render(values)
        (folder / page).write_text(rendered, encoding="utf8", newline="\n")
