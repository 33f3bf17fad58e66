"""The table of formats in the docs has every format."""

import re

from code_blocks import ROOT

from spacy_halfree.data.file_formats import ANNOTATED


def test_every_format_has_a_row() -> None:
    page = (ROOT / "docs" / "own_data.md").read_text(encoding="utf8")
    rows = re.findall(r"^\| [^|]*?\(`([a-z][a-z0-9-]*)`\)[^|]*\|", page, re.MULTILINE)
    assert sorted(rows) == sorted(ANNOTATED)
