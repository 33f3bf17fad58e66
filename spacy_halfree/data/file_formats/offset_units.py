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
MESSAGES: dict[OffsetUnit, str] = {"utf-16": Warnings.W023, "code-points": Warnings.W046}
"""The warning about other units, by the default one."""
MOST_NUMBERS = 50
"""The most texts that a warning names."""


def to_code_points(
    records: Iterable[NumberedRecord],
    source: Source,
    settings: ReadSettings,
    *,
    default: OffsetUnit = DEFAULT_UNIT,
    others: Sequence[OffsetUnit] = OTHER_UNITS,
) -> Iterator[NumberedRecord]:
    """Convert the spans of a file.

    A warning (W023, W046) names the texts whose spans depend on the unit, if it is not chosen.

    records: The records, with spans in the unit of the file.
    source: The file.
    settings: Names the unit.
    default: The unit if none is chosen: UTF-16 units or code points.
    others: The units that the file may be in if it is not in the default one.
    YIELDS: The records, with spans in code points.
    """
    unit = settings.offsets or default
    # no more than are shown: all texts of a large file may be unclear
    shown: list[int] = []
    n_unclear = last = 0
    for number, record in records:
        if isinstance(record, Annotation) and record.spans and not is_plain(record.text):
            found = in_code_points(record.text, record.spans, unit)
            if settings.offsets is None and depends_on_unit(record, found, others):
                # several records may have one number
                n_unclear += number != last
                if number != last and n_unclear <= MOST_NUMBERS:
                    shown.append(number)
                last = number
            record = replace(record, spans=found)
        yield number, record
    if n_unclear:
        rest = n_unclear - len(shown)
        numbers = ", ".join(map(str, shown)) + (f" and {rest} more" if rest else "")
        logger.warning(MESSAGES[default].format(path=source.name, n=n_unclear, numbers=numbers))


def depends_on_unit(
    annotation: Annotation, found: tuple[LabelledSpan, ...], others: Sequence[OffsetUnit]
) -> bool:
    """Whether a text has other spans in other units than the default.

    annotation: The text, with spans in the unit of the file.
    found: The spans as they are read in the default unit, in code points.
    others: The other units.
    """
    return any(in_code_points(annotation.text, annotation.spans, unit) != found for unit in others)
