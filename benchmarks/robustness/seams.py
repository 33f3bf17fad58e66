"""What docs and pipelines keep on their way through spaCy and other tools: the tables of
docs/guarantees.md.

    python -m benchmarks.robustness.seams

Each row is run, with the real packages. Rows whose package is not installed stay as they are. The
other packages are: presidio-analyzer, spacy-streamlit, ray, pandas and pyarrow.
"""

import warnings
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, TypeVar

import typer
from spacy.language import Language

from benchmarks.report import TABLE, fill_page

from . import doc_seams, pipeline_seams
from .doc_seams import DocSeam
from .pipeline_seams import PipelineSeam, compare_pipelines
from .tool_seams import TOOLS
from .toy_docs import FACTS, compare, make_doc, make_pipeline, read_facts

PAGE = Path("docs/guarantees.md")
Row = list[str]
Seam = TypeVar("Seam")


@cache
def shared_pipeline() -> Language:
    """A pipeline for all seams that leave it as it is."""
    return make_pipeline()


def doc_row(name: str, seam: DocSeam) -> Row:
    """The row of a seam of docs."""
    nlp = shared_pipeline()
    before = read_facts(make_doc(nlp))
    return [name, *compare(before, in_folder(seam, nlp))]


def pipeline_row(name: str, seam: PipelineSeam) -> Row:
    """The row of a seam of pipelines."""
    # one of its own, as the seam may change it
    return [name, *compare_pipelines(shared_pipeline(), in_folder(seam, make_pipeline()))]


def in_folder(seam: Callable[[Language, Path], Seam], nlp: Language) -> Seam:
    """Run a seam in a folder of its own."""
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        # spaCy tells of user data that it leaves out
        warnings.simplefilter("ignore")
        return seam(nlp, Path(folder))


ROWS: dict[str, dict[str, tuple[str, Callable[[], Row]]]] = {
    "doc_seams": {
        name: ("spacy", partial(doc_row, name, seam))
        for name, seam in {**doc_seams.LIGHT_SEAMS, **doc_seams.SLOW_SEAMS}.items()
    },
    "tool_seams": {
        name: (package, partial(doc_row, name, seam)) for name, (package, seam) in TOOLS.items()
    },
    "pipeline_seams": {
        name: ("spacy", partial(pipeline_row, name, seam))
        for name, seam in {**pipeline_seams.LIGHT_SEAMS, **pipeline_seams.SLOW_SEAMS}.items()
    },
}
"""For each table its rows by name: the package that a row needs, and what makes it."""
HEADS = {
    "doc_seams": ["seam", *FACTS.values()],
    "tool_seams": ["tool", *FACTS.values()],
    "pipeline_seams": ["seam", *pipeline_seams.HEADS],
}
LIGHT = {*doc_seams.LIGHT_SEAMS, *pipeline_seams.LIGHT_SEAMS}
"""The rows that take no time."""


def read_rows(text: str) -> dict[str, dict[str, Row]]:
    """The rows of the tables on a page, by the names of tables and rows.

    text: The page.
    """
    found: dict[str, dict[str, Row]] = {}
    for match in TABLE.finditer(text):
        lines = match[0].splitlines()[1:-1]
        # the head and the line below it are no rows
        rows = [line.strip("| ").split(" | ") for line in lines[2:]]
        found[match[2]] = {row[0]: row for row in rows}
    return found


def make_table(head: Sequence[str], rows: Iterable[Row]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def main(page: Annotated[Path, typer.Option(help="The page with the tables.")] = PAGE) -> None:
    """Run all rows whose packages are installed, and write the tables anew."""
    text = page.read_text(encoding="utf8")
    known = read_rows(text)
    tables = {}
    for table, rows in ROWS.items():
        made = []
        for name, (package, make_row) in rows.items():
            if find_spec(package) is None:
                typer.echo(f"{package} is not installed, so this row stays as it is: {name}")
                made += [known[table][name]] if name in known[table] else []
            else:
                made.append(make_row())
                typer.echo(" | ".join(made[-1]))
        tables[table] = make_table(HEADS[table], made)
    page.write_text(fill_page(text, tables), encoding="utf8")


if __name__ == "__main__":
    typer.run(main)
