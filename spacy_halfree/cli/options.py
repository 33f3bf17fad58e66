"""Options that several commands have."""

from collections.abc import Callable, Collection
from enum import Enum
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Any, TypeVar

import typer
from tqdm import tqdm

from ..data.file_formats import ANNOTATED
from ..data.offsets import OffsetUnit
from ..data.read_settings import ColumnSettings, ReadSettings


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
CODE = typer.Option(
    None,
    "--code",
    "-c",
    metavar="FILE",
    help="Python file with functions that you have registered, such as your own tokenizer",
    exists=True,
    dir_okay=False,
)
LANG = typer.Option(
    None, "--lang", help="Language of the tokenizer [default: en, or that of --tokenizer-from]"
)
TOKENIZER_FROM = typer.Option(
    None,
    "--tokenizer-from",
    metavar="CONFIG|PIPELINE",
    help="Take the tokenizer from a config, or from a pipeline's folder or name",
)
READING = ReadSettings()
"""The default of a command's argument `reading`, which `reads_annotated_texts` replaces."""
Command = TypeVar("Command", bound=Callable[..., None])


def one_of(choices: Collection[str]) -> Callable[[str | None], str | None]:
    """A callback by which the parser refuses words that are no key of a table.

    choices: The keys.
    """

    def check(word: str | None) -> str | None:
        if word is not None and word not in choices:
            raise typer.BadParameter(f"'{word}' is not one of {', '.join(map(repr, choices))}.")
        return word

    return check


def read_options(
    read_as: str | None = typer.Option(
        None,
        "--read-as",
        metavar="FORMAT",
        callback=one_of(ANNOTATED),
        help=f"The format of annotated texts: {', '.join(ANNOTATED)} [default: recognized]",
    ),
    offsets: Offsets | None = typer.Option(
        None,
        "--offsets",
        help="How doccano counts: 'utf-16' (its editor), 'graphemes' (a setting of its projects) "
        "or 'code-points' (spans that another program has made) [default: utf-16]",
    ),
    spans_key: str | None = typer.Option(
        None, "--spans-key", help="Span group of .spacy files [default: the entities]"
    ),
    members: list[str] = typer.Option(
        [],
        "--member",
        help="A file to read from a .zip with several files; may be given several times",
    ),
    field: str | None = typer.Option(
        None,
        "--field",
        help="Where the text or its spans are, if there are several places: a field, a question, "
        "a layer or a type",
    ),
    word_column: str | None = typer.Option(
        None,
        "--word-column",
        help="The column of words: a number (-1 is the last one) or a name [default: recognized]",
    ),
    tag_column: str | None = typer.Option(
        None,
        "--tag-column",
        help="The column of tags: a number (-1 is the last one) or a name [default: recognized]",
    ),
    tag_names: str | None = typer.Option(
        None,
        "--tag-names",
        help="The names of tags that are numbers, in order, such as O,B-CITY,I-CITY",
    ),
    spaces: bool | None = typer.Option(
        None,
        "--spaces/--no-spaces",
        help="Whether spaces separate words in columns and lists [default: yes, but not in zh, ja "
        "and th]",
    ),
    skip_empty: bool = typer.Option(False, "--skip-empty", help="Leave out texts without spans"),
    accept_unknown_status: bool = typer.Option(
        False,
        "--accept-unknown-status",
        help="Read records of Argilla that do not say which responses were submitted",
    ),
) -> ReadSettings:
    """How a command reads annotated texts: its options as settings."""
    return ReadSettings(
        format=read_as,
        offsets=unit_of(offsets),
        spans_key=spans_key,
        members=tuple(members),
        field=field,
        columns=ColumnSettings(
            words=word_column,
            tags=tag_column,
            names=() if tag_names is None else tuple(tag_names.split(",")),
            spaces=spaces,
        ),
        skip_empty=skip_empty,
        accept_unknown_status=accept_unknown_status,
    )


def reads_annotated_texts(*without: str) -> Callable[[Command], Command]:
    """Give a command the options of `read_options` in place of its argument `reading`.

    without: The options that it does not have.
    """

    def decorate(command: Command) -> Command:
        own = signature(read_options).parameters
        options = {name: option for name, option in own.items() if name not in without}

        @wraps(command)
        def run(**given: Any) -> None:
            chosen = {name: given.pop(name) for name in options}
            unset: dict[str, Any] = dict.fromkeys(without)
            command(**given, reading=read_options(**chosen, **unset))

        parameters: list[Parameter] = []
        for name, parameter in signature(command).parameters.items():
            parameters += options.values() if name == "reading" else [parameter]
        run.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {own.name: own.annotation for own in parameters}
        return run  # type: ignore[return-value]

    return decorate


def reading_bar() -> "tqdm[Any]":
    """A count of the records that are read, which appears after a second on terminals."""
    layout = "Records read: {n_fmt} [{elapsed}, {rate_noinv_fmt}]"
    return tqdm(unit="", bar_format=layout, delay=1, leave=False, disable=None)


def unit_of(offsets: Offsets | None) -> OffsetUnit | None:
    """The unit that an option names."""
    return None if offsets is None else offsets.value
