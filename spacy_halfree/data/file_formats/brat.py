"""brat's standoff: a text in `NAME.txt`, and its annotations in `NAME.ann` beside it.

Read: text-bound annotations, as `T1<TAB>CITY 7 11<TAB>Rome`. A document is a text. A folder or an
archive is read as its documents, with those of its folders. An empty `.ann` says that there is
nothing to annotate; a text without one is not annotated.

brat counts code points, and writes the words of each annotation. By these, offsets of programs that
count UTF-16 units, or other line ends than those of the text, are recognized, too.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ..offsets import OffsetTable, OffsetUnit, offset_table
from ..read_settings import ReadSettings
from ..records import (
    Annotation,
    FileRecord,
    InvalidRecord,
    LabelledSpan,
    MisplacedSpan,
    NumberedRecord,
    RecordError,
    Skipped,
)
from ..sources import STANDOFF, Source
from .file_format import AnnotationFormat, Head
from .remarks import warn_of_ignored, warn_of_left_out

SPANS, TEXT = STANDOFF, ".txt"
PIECE = r"\d{1,18} \d{1,18}"
"""The start and the end of a piece of an annotation."""
TEXT_BOUND = re.compile(rf"(T\S*)\t(\S+) ({PIECE}(?:;{PIECE})*) *(?:\t(.*))?", re.ASCII | re.DOTALL)
"""The line of a text-bound annotation: its name, its label, its pieces and their words."""
OTHERS = {
    **{"R": "relations", "*": "relations", "E": "events", "A": "attributes", "M": "attributes"},
    **{"N": "links to databases", "#": "notes"},
}
"""What lines are that do not begin with T."""
TO_SPACES = str.maketrans(dict.fromkeys("\r\n\t", " "))
"""A line has no line breaks: there are spaces for them."""
BYTE_ORDER_MARK = "\ufeff"
UNITS: tuple[OffsetUnit, ...] = ("code-points", "utf-16")
Bounds = tuple[int, int]


@dataclass(frozen=True)
class Mark:
    """A text-bound annotation.

    name: Its name in the file.
    label: Its label.
    pieces: Starts and ends, in the unit of the file.
    words: The text that it is said to have; "" if it is not said.
    """

    name: str
    label: str
    pieces: tuple[Bounds, ...]
    words: str

    def place(self, text: str, table: OffsetTable) -> tuple[Bounds, ...] | None:
        """Find it in a text.

        text: The text.
        table: Converts offsets.
        RETURNS: The pieces in code points; None if they are no place in the text, or if other words
            stand there.
        """
        found = [table.to_code_points(*piece) for piece in self.pieces]
        pieces = tuple(piece for piece in found if piece and piece[1] <= len(text))
        if len(pieces) < len(found):
            return None
        words = [text[slice(*piece)] for piece in pieces]
        # old versions put nothing between pieces
        forms = {"", to_line(" ".join(words)), to_line("".join(words))}
        return pieces if to_line(self.words) in forms else None


@dataclass
class Unread:
    """What is not read of some documents.

    others: Annotations that are no spans, counted.
    split: The names of annotations in several pieces.
    """

    others: Counter[str] = field(default_factory=Counter)
    split: list[str] = field(default_factory=list)


def recognize(head: Head) -> bool:
    """Whether a file or a folder has annotations of brat."""
    if head.source.is_folder:
        return any(own.suffix == SPANS for own in head.source.files())
    if head.suffix == TEXT:
        return head.source.with_suffix(SPANS) is not None
    return head.suffix == SPANS


def read(source: Source, _: ReadSettings) -> Iterator[NumberedRecord]:
    """Read a document, or the documents of a folder, numbered in the order of their names.

    Warnings tell which other annotations there are (W035), and name those in several pieces, which
    are left out (W036).

    source: The `.ann` file, the `.txt` file, the folder, or the archive.
    YIELDS: The texts.
    """
    unread = Unread()
    for number, (text, spans) in enumerate(find_documents(source), start=1):
        yield number, read_document(text, spans, unread)
    warn_of_ignored(source.name, "text-bound annotations", unread.others)
    reason = "have several pieces with words between them"
    warn_of_left_out(source.name, reason, unread.split)


def find_documents(source: Source) -> list[tuple[Source | None, Source | None]]:
    """Find the texts and the annotations of the documents; None for what is missing."""
    if not source.is_folder:
        spans = source if source.suffix == SPANS else source.with_suffix(SPANS)
        return [(source.with_suffix(TEXT), spans)]
    parts: dict[str, dict[str, Source]] = {}
    for own in source.files():
        if own.name.endswith((TEXT, SPANS)):
            stem, suffix = own.name[: -len(TEXT)], own.name[-len(TEXT) :]
            parts.setdefault(stem, {})[suffix] = own
    return [(own.get(TEXT), own.get(SPANS)) for _, own in sorted(parts.items())]


def read_document(text: Source | None, spans: Source | None, unread: Unread) -> FileRecord:
    """Read a document.

    text, spans: Its text and its annotations.
    unread: Takes up what is not read.
    RETURNS: The text, or why it cannot be used.
    """
    if spans is None:
        return Skipped("not annotated in brat (no .ann file)")
    if text is None:
        return InvalidRecord(spans.name, 1, "has no text: its .txt file is not beside it")
    try:
        content = text.read_bytes().decode("utf-8")
        lines = spans.read_text().split("\n")
    except ValueError as error:
        return InvalidRecord(text.name, 1, f"cannot be read: {error}")
    marks = []
    for number, line in enumerate(lines, start=1):
        try:
            if line.startswith("T"):
                marks.append(parse_mark(line.removesuffix("\r")))
            elif line.strip():
                unread.others[name_of_line(line)] += 1
        except RecordError as error:
            return InvalidRecord(spans.name, number, str(error))
    return place_marks(content, marks, spans.name, unread)


def parse_mark(line: str) -> Mark:
    """Parse the line of a text-bound annotation.

    RAISES: RecordError if it is none.
    """
    match = TEXT_BOUND.fullmatch(line)
    if match is None:
        raise RecordError(
            f"has the line {line[:40]!r}, which is not an annotation like 'T1\\tCITY 7 11\\tRome'"
        )
    name, label, pieces, words = match.groups()
    bounds = [piece.split(" ") for piece in pieces.split(";")]
    found = sorted((int(start), int(end)) for start, end in bounds)
    return Mark(name, label, tuple(found), words or "")


def name_of_line(line: str) -> str:
    """What a line is that is no text-bound annotation.

    RAISES: RecordError if it is nothing that brat writes.
    """
    kind = OTHERS.get(line[0])
    if kind is None:
        raise RecordError(f"has the line {line[:40]!r}, which is not an annotation of brat")
    return kind


def place_marks(text: str, marks: Sequence[Mark], name: str, unread: Unread) -> Annotation:
    """Find annotations in their text, in the unit and with the line ends by which most are found.

    text: The text.
    marks: The annotations.
    name: The name of their file.
    unread: Takes up those in several pieces.
    RETURNS: The text with its spans. Those that are not found are misplaced; those in several
        pieces are not annotated parts of it.
    """
    readings = [
        (own, [mark.place(own, offset_table(own, unit)) for mark in marks])
        for own in dict.fromkeys(line_ends(text))
        for unit in UNITS
    ]
    # the first of the best
    text, places = min(readings, key=lambda reading: reading[1].count(None))
    spans: list[LabelledSpan] = []
    unknown: list[Bounds] = []
    for mark, pieces in zip(marks, places, strict=True):
        if pieces is None:
            spans.append(misplace(mark, text))
        elif is_split(text, pieces):
            unread.split.append(f"{mark.name} in {name}")
            unknown += pieces
        else:
            spans.append(LabelledSpan(pieces[0][0], pieces[-1][1], mark.label))
    return Annotation(text, tuple(spans), unknown=tuple(unknown))


def line_ends(text: str) -> Iterator[str]:
    """A text as it is, and as programs read it that count a line end as one character."""
    without_mark = text.removeprefix(BYTE_ORDER_MARK)
    yield without_mark
    yield without_mark.replace("\r\n", "\n")
    # brat counts a byte-order mark
    yield text


def is_split(text: str, pieces: Sequence[Bounds]) -> bool:
    """Whether there are words between pieces. brat splits annotations at line breaks."""
    between = (text[end:start] for (_, end), (start, _) in pairwise(pieces))
    return any(part.strip() for part in between)


def misplace(mark: Mark, text: str) -> MisplacedSpan:
    """Make a span of an annotation whose words do not stand in its place."""
    start, end = mark.pieces[0][0], mark.pieces[-1][1]
    reason = f"{mark.name} is said to be {mark.words[:40]!r}, but from {start} to {end} "
    if end > len(text):
        reason += f"of {len(text)} characters is no such text"
    else:
        reason += f"stands {text[start:end][:40]!r}"
    bounds = min(start, len(text)), min(end, len(text))
    return MisplacedSpan(*bounds, mark.label, "other words than it is said to have", reason)


def to_line(text: str) -> str:
    """A text as it stands at the end of a line."""
    return text.translate(TO_SPACES).rstrip()


BRAT = AnnotationFormat(
    name="brat",
    title=".ann of brat, with its .txt, or a folder of them",
    suffixes=(SPANS,),
    recognize=recognize,
    read=read,
)
