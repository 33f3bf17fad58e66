"""Options that several commands have, and what they print."""

from collections.abc import Callable, Collection
from enum import Enum
from pathlib import Path

import typer
from wasabi import msg

from ..data.gold import GoldFile
from ..data.offsets import OffsetUnit
from ..errors import Warnings


class Offsets(str, Enum):
    """How doccano counts."""

    UTF_16 = "utf-16"
    CODE_POINTS = "code-points"
    GRAPHEMES = "graphemes"


class PrecisionName(str, Enum):
    """What torch models compute in."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    INT8 = "int8"


PRECISION = typer.Option(
    PrecisionName.FLOAT32, "--precision", help="What torch models compute in (int8: CPU only)"
)
OFFSETS = typer.Option(
    None,
    "--offsets",
    help="How doccano counts: 'utf-16' (its editor), 'graphemes' (a setting of its projects) or "
    "'code-points' (spans that another program has made) [default: utf-16]",
)


def one_of(choices: Collection[str]) -> Callable[[str], str]:
    """A callback by which the parser refuses words that are no key of a table.

    choices: The keys.
    """

    def check(word: str) -> str:
        if word not in choices:
            raise typer.BadParameter(f"'{word}' is not one of {', '.join(map(repr, choices))}.")
        return word

    return check


def unit_of(offsets: Offsets | None) -> OffsetUnit | None:
    """The unit that an option names."""
    return None if offsets is None else offsets.value


def warn_of_left_out(gold: GoldFile, path: Path) -> None:
    """Warn of the spans of a file that are left out."""
    if gold.n_left_out:
        msg.warn(Warnings.W024.format(n_spans=gold.n_left_out, n_all=gold.n_spans, path=path))
