"""Files that Label Studio and doccano have exported; `tests/real_tools/` makes them anew."""

from __future__ import annotations

import pytest
import spacy
from tool_exports import DOCCANO, LABEL_STUDIO, STORED, Export, check_export

NLP = spacy.blank("en")


@pytest.mark.parametrize("export", [*LABEL_STUDIO, *DOCCANO], ids=str)
def test_exports(export: Export) -> None:
    check_export(export, STORED, NLP)
