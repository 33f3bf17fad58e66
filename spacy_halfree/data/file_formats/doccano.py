"""doccano's JSON lines, of a project of sequence labelling.

Read: `text`, and spans as lists of start, end and label under `label` or `labels`, or as objects
with `start_offset` under `entities`. Written: `text` and `label`; other keys become metadata.
doccano's editor counts UTF-16 units, or grapheme clusters if the project is set so. Imported spans
may be counted in another unit, and no file names its unit.
"""

from collections.abc import Iterator
from typing import Any

from ..offsets import OffsetUnit, in_code_points, offset_table
from ..records import Suggestion
from .file_format import Annotation, Format, find_spans, to_span


def recognize(value: Any) -> bool:
    """Whether an object has spans as only doccano writes them."""
    found = find_spans(value)
    # only Prodigy rejects texts
    if found is None or value.get("answer") in ("reject", "ignore"):
        return False
    key, spans = found
    if any(isinstance(span, dict) for span in spans):
        return all(isinstance(span, dict) and "start_offset" in span for span in spans)
    return key in ("label", "labels")


def read(value: Any, unit: OffsetUnit) -> Iterator[Annotation]:
    """Read an object of an export. unit: The unit of its offsets."""
    text, (_, spans) = value["text"], find_spans(value) or ("", [])
    yield Annotation(text, in_code_points(text, tuple(map(to_span, spans)), unit))


def write(suggestion: Suggestion, unit: OffsetUnit) -> dict[str, Any]:
    """Make an example. A span that starts or ends inside of a unit is widened to all of it."""
    table = offset_table(suggestion.text, unit)
    label = [
        [*table.from_code_points(span.start, span.end), span.label] for span in suggestion.spans
    ]
    return {"text": suggestion.text, "label": label, **suggestion.meta}


DOCCANO = Format(
    *("doccano", "doccano", (".jsonl", ".json"), read, recognize, write), has_any_unit=True
)
