"""Files that Label Studio and doccano have exported; `tests/real_tools/` makes them anew."""

from __future__ import annotations

import pytest
import spacy
from tool_exports import (
    BODY,
    BODY_AGAIN,
    DOCCANO,
    FILE_EXPORTS,
    LABEL_STUDIO,
    SECOND_TITLE,
    STORED,
    TITLE,
    Export,
    label_studio,
)

NLP = spacy.blank("en")


@pytest.mark.parametrize("export", [*LABEL_STUDIO, *DOCCANO], ids=str)
def test_exports(export: Export) -> None:
    assert export.read(STORED, NLP) == export.expected


@pytest.mark.parametrize("name", ["two_fields_min.json", "two_fields.csv"])
def test_regions_of_another_field_are_not_placed_in_a_text(name: str) -> None:
    """These formats do not tell which field a region is in."""
    export = label_studio(name)
    try:
        found = export.read(STORED, NLP)
    except ValueError:
        return
    right = {own.text: set(own.spans) for own in (TITLE, SECOND_TITLE, BODY, BODY_AGAIN)}
    for text, spans in found.texts:
        assert set(spans) <= right[text]


@pytest.mark.parametrize("name", FILE_EXPORTS)
def test_texts_that_are_files_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="H114"):
        label_studio(name).read(STORED, NLP)


def test_words_of_a_path_are_not_read_as_a_text() -> None:
    found = label_studio("file.conll").read(STORED, NLP)
    assert (found.texts, found.invalid) == ((), 1)
