"""Options that several commands have."""

from enum import Enum

import typer

from ..data.offsets import OffsetUnit


class Offsets(str, Enum):
    """How doccano counts."""

    UTF_16 = "utf-16"
    CODE_POINTS = "code-points"
    GRAPHEMES = "graphemes"


OFFSETS = typer.Option(
    None,
    "--offsets",
    help="How doccano counts: 'utf-16' (its editor), 'graphemes' (a setting of its projects) or "
    "'code-points' (spans that another program has made) [default: utf-16]",
)


def unit_of(offsets: Offsets | None) -> OffsetUnit | None:
    """The unit that an option names."""
    units: dict[Offsets, OffsetUnit] = {
        Offsets.UTF_16: "utf-16",
        Offsets.CODE_POINTS: "code-points",
        Offsets.GRAPHEMES: "graphemes",
    }
    return None if offsets is None else units[offsets]
