"""Offsets in files that do not name their unit."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from ...errors import Warnings
from ..offsets import DEFAULT_UNIT, UNITS, OffsetUnit, in_code_points, is_plain
from ..read_settings import ReadSettings
from ..records import Annotation, LabelledSpan, NumberedRecord
from ..sources import Source

logger = logging.getLogger("spacy.halfree")
OTHER_UNITS = tuple(unit for unit in UNITS if unit != DEFAULT_UNIT)
MOST_NUMBERS = 50
"""The most texts that a warning names."""


def to_code_points(
    records: Iterable[NumberedRecord],
    source: Source,
    settings: ReadSettings,
    *,
    others: Sequence[OffsetUnit] = OTHER_UNITS,
) -> Iterator[NumberedRecord]:
    """Convert the spans of a file.

    A warning (W023) names the texts whose spans depend on the unit, if it is not chosen.

    records: The records, with spans in the unit of the file.
    source: The file.
    settings: Names the unit.
    others: The units that the file may be in if it is not in the default one.
    YIELDS: The records, with spans in code points.
    """
    unit = settings.offsets or DEFAULT_UNIT
    # several records may have one number
    unclear: dict[int, None] = {}
    for number, record in records:
        if isinstance(record, Annotation) and record.spans and not is_plain(record.text):
            found = in_code_points(record.text, record.spans, unit)
            if settings.offsets is None and depends_on_unit(record, found, others):
                unclear[number] = None
            record = replace(record, spans=found)
        yield number, record
    if unclear:
        rest = len(unclear) - MOST_NUMBERS
        numbers = ", ".join(map(str, list(unclear)[:MOST_NUMBERS]))
        numbers += f" and {rest} more" if rest > 0 else ""
        logger.warning(Warnings.W023.format(path=source.name, n=len(unclear), numbers=numbers))


def depends_on_unit(
    annotation: Annotation, found: tuple[LabelledSpan, ...], others: Sequence[OffsetUnit]
) -> bool:
    """Whether a text has other spans in other units than the default.

    annotation: The text, with spans in the unit of the file.
    found: The spans as they are read in the default unit, in code points.
    others: The other units.
    """
    return any(in_code_points(annotation.text, annotation.spans, unit) != found for unit in others)
