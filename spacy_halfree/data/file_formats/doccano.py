"""doccano's JSON lines, of a project of sequence labelling.

Read: `text`, and spans as lists of start, end and label under `label` or `labels`, or as objects
with `start_offset` under `entities`. Written: `text` and `label`; other keys become metadata.
doccano's editor counts UTF-16 units, or grapheme clusters if the project is set so. Imported spans
may be counted in another unit, and no file names its unit.
"""

import logging
from collections.abc import Iterator
from typing import Any

from ...errors import Warnings
from ..offsets import DEFAULT_UNIT, UNITS, OffsetUnit, in_code_points, is_plain, offset_table
from ..read_settings import ReadSettings
from ..records import Annotation, LabelledSpan, NumberedRecord, Suggestion
from ..sources import Source
from .file_format import AnnotationFormat, Head
from .json_values import find_spans, read_records, to_span

logger = logging.getLogger("spacy.halfree")
MOST_NUMBERS = 50
"""The most texts that a warning names."""


def is_example(value: Any) -> bool:
    """Whether an object has spans as only doccano writes them."""
    found = find_spans(value)
    # only Prodigy rejects texts
    if found is None or value.get("answer") in ("reject", "ignore"):
        return False
    key, spans = found
    if any(isinstance(span, dict) for span in spans):
        return all(isinstance(span, dict) and "start_offset" in span for span in spans)
    return key in ("label", "labels") or (key == "entities" and not spans)


def recognize(head: Head) -> bool:
    """Whether a file has examples."""
    return any(map(is_example, head.values))


def read(source: Source, settings: ReadSettings) -> Iterator[NumberedRecord]:
    """Read a file.

    A warning (W023) names the texts whose spans depend on the unit of offsets, if it is not chosen.
    """
    unit = settings.offsets or DEFAULT_UNIT
    unclear: list[int] = []
    for number, record in read_records(source, settings, read_value):
        if isinstance(record, Annotation) and record.spans and not is_plain(record.text):
            found = in_code_points(record.text, record.spans, unit)
            if settings.offsets is None and depends_on_unit(record, found):
                unclear.append(number)
            record = Annotation(record.text, found)
        yield number, record
    if unclear:
        rest = len(unclear) - MOST_NUMBERS
        numbers = ", ".join(map(str, unclear[:MOST_NUMBERS]))
        numbers += f" and {rest} more" if rest > 0 else ""
        logger.warning(Warnings.W023.format(path=source.name, n=len(unclear), numbers=numbers))


def read_value(value: Any, _: ReadSettings) -> Iterator[Annotation]:
    """Read an object of an export, with spans in the unit of the file."""
    found = find_spans(value)
    spans = found[1] if found else []
    yield Annotation(value["text"], tuple(map(to_span, spans)))


def depends_on_unit(annotation: Annotation, found: tuple[LabelledSpan, ...]) -> bool:
    """Whether a text has other spans in other units than the default.

    annotation: The text, with spans in the unit of the file.
    found: The spans as they are read in the default unit, in code points.
    """
    return any(
        in_code_points(annotation.text, annotation.spans, unit) != found
        for unit in UNITS
        if unit != DEFAULT_UNIT
    )


def write(suggestion: Suggestion, unit: OffsetUnit) -> dict[str, Any]:
    """Make an example. A span that starts or ends inside of a unit is widened to all of it."""
    table = offset_table(suggestion.text, unit)
    label = [
        [*table.from_code_points(span.start, span.end), span.label] for span in suggestion.spans
    ]
    return {"text": suggestion.text, "label": label, **suggestion.meta}


DOCCANO = AnnotationFormat(
    name="doccano",
    title=".jsonl or .zip of doccano",
    suffixes=(".jsonl", ".json"),
    options=("--offsets",),
    recognize=recognize,
    read=read,
    write=write,
)
