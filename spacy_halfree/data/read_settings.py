"""What a reader of annotated texts must be told if the file does not say it."""

from dataclasses import dataclass, fields

from ..ranges import check_choice
from .offsets import UNITS, OffsetUnit


@dataclass(frozen=True, kw_only=True)
class ColumnSettings:
    """How to read words in columns, or in lists.

    words, tags: The columns of the words and of their tags: a number from 1 on (negative numbers
        count from the last column) or a name; of lists, their names. If None, they are found.
    names: The names of tags that are numbers, in order.
    spaces: Whether spaces separate the words in the text. If None, they do, but for languages
        that are written without spaces.
    """

    words: str | None = None
    tags: str | None = None
    names: tuple[str, ...] = ()
    spaces: bool | None = None


@dataclass(frozen=True, kw_only=True)
class ReadSettings:
    """How to read files of annotated texts, where they leave a choice.

    format: The name of the files' format, see `file_formats`. If None, it is recognized.
    offsets: The unit of offsets in exports of doccano: "utf-16", "code-points" or "graphemes". If
        None, UTF-16 units, and a warning (W023) names the texts whose spans depend on the unit.
    spans_key: The span group to read from `.spacy` files; the entities if None.
    members: The files to read in archives, if there are several.
    field: Where to find the text or its spans, if there are several places: the name of a field,
        a question, a layer or a type.
    columns: How to read words in columns, or in lists.
    skip_empty: Leave out texts without spans, as texts that nobody has annotated.
    accept_unknown_status: Read files that do not say which annotations were submitted.
    """

    format: str | None = None
    offsets: OffsetUnit | None = None
    spans_key: str | None = None
    members: tuple[str, ...] = ()
    field: str | None = None
    columns: ColumnSettings = ColumnSettings()
    skip_empty: bool = False
    accept_unknown_status: bool = False

    def __post_init__(self) -> None:
        """RAISES: ValueError (H013) for an unknown unit."""
        check_choice((None, *UNITS), offsets=self.offsets)

    @property
    def given(self) -> tuple[str, ...]:
        """The options of commands that these settings come from, without those at the default."""
        default = ReadSettings()
        options = [
            option
            for own in fields(self)
            if (option := OPTIONS.get(own.name))
            and getattr(self, own.name) != getattr(default, own.name)
        ]
        columns = [
            "--no-spaces" if value is False else COLUMN_OPTIONS[own.name]
            for own in fields(self.columns)
            if (value := getattr(self.columns, own.name)) != getattr(default.columns, own.name)
        ]
        return (*options, *columns)


OPTIONS = {
    "format": "--read-as",
    "offsets": "--offsets",
    "spans_key": "--spans-key",
    "members": "--member",
    "field": "--field",
    "skip_empty": "--skip-empty",
    "accept_unknown_status": "--accept-unknown-status",
}
"""The options of commands by the fields of `ReadSettings`."""
OF_ALL_FORMATS = ("--read-as", "--skip-empty")
"""The options that apply to files of every format."""
COLUMN_OPTIONS = {
    "words": "--word-column",
    "tags": "--tag-column",
    "names": "--tag-names",
    "spaces": "--spaces",
}
