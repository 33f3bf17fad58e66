"""Texts as words with IOB tags: CoNLL's columns, and spaCy's lines of `word|tag`."""

import logging
import re
from collections.abc import Iterator, Sequence

from spacy.training import iob_to_biluo
from spacy.training.iob_utils import tags_to_entities

from ...errors import Warnings
from ..read_settings import ReadSettings
from ..records import Annotation, InvalidRecord, LabelledSpan, NumberedRecord
from ..sources import Source
from .file_format import AnnotationFormat, Head

logger = logging.getLogger("spacy.halfree")
MANY_WORDS = 200
"""Longer sentences are probably several."""
TAG = re.compile(r"O|-|[BILUES]-\S+")
"""A tag of IOB1, IOB2, BILUO or IOBES, or that nothing is known."""
UNKNOWN = "-"
DOCUMENT = "-DOCSTART-"

Row = tuple[str, str]
"""A word and its tag."""


def recognize(head: Head) -> bool:
    """Whether a file has one of the suffixes."""
    return head.suffix in COLUMNS.suffixes


def read(source: Source, _: ReadSettings) -> Iterator[NumberedRecord]:
    """Read a file. A warning (W020) names the longest sentence if it has more than 200 words.

    source: The file.
    YIELDS: The sentences, see `read_tagged_lines`.
    RAISES: ValueError (H046) if the file cannot be read.
    """
    content = source.read_text()
    # a lone "\r" ends a line where nothing else does
    lines = content.split("\n" if "\n" in content else "\r")
    longest: tuple[int, int] = (0, 0)
    for number, record in read_tagged_lines(lines, source.name):
        if isinstance(record, Annotation):
            longest = max(longest, (len(record.text.split()), number))
        yield number, record
    n_words, line = longest
    if n_words > MANY_WORDS:
        logger.warning(Warnings.W020.format(path=source.name, line=line, n_words=n_words))


def read_tagged_lines(lines: Sequence[str], file: str) -> Iterator[NumberedRecord]:
    """Read sentences with IOB tags.

    Tabs or spaces separate columns: the first one is the word, the last one its tag. An empty line
    ends a sentence. A line may also be a sentence of `word|tag` or `word|part of speech|tag`. Lines
    that begin with `#` and do not end with a tag are comments.

    lines: The lines.
    file: The file's name, for records that cannot be used.
    YIELDS: The sentences, numbered by their first lines. A sentence with a line without a tag
        cannot be used.
    """
    rows: list[Row] = []
    first, reason = 0, ""
    for number, line in enumerate([*lines, ""], start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith(DOCUMENT):
            if rows or reason:
                yield first, InvalidRecord(file, first, reason) if reason else make_text(rows)
            rows, first, reason = [], 0, ""
            continue
        row = split_row(stripped)
        sentence = None if row else split_sentence(stripped)
        if sentence and not rows and not reason:
            yield number, make_text(sentence)
            continue
        if row is None and stripped.startswith("#"):
            continue
        first = first or number
        if row is None:
            reason = reason or (
                f"has a line {number} ({stripped[:40]!r}) that is not a word and an IOB tag, as "
                "'Rome B-CITY' is"
            )
        else:
            rows.append(row)


def split_row(line: str) -> Row | None:
    """The word and the tag of a line, or None."""
    # only tabs separate columns if there are any: words may hold spaces
    columns = line.split("\t") if "\t" in line else line.split()
    word, tag = columns[0].strip(), columns[-1].strip()
    if len(columns) < 2 or not word or not TAG.fullmatch(tag):
        return None
    return word, tag


def split_sentence(line: str) -> list[Row] | None:
    """The words and tags of a line `word|tag word|tag`, or None."""
    rows = []
    for field in line.split():
        word, *others = field.split("|")
        if not word or not others or not TAG.fullmatch(others[-1]):
            return None
        rows.append((word, others[-1]))
    return rows


def make_text(rows: Sequence[Row]) -> Annotation:
    """Make a text of words and tags.

    rows: The words and tags.
    RETURNS: The text, with a space between words. Words with the tag "-" have no annotation.
    """
    bounds = []
    start = 0
    for word, _ in rows:
        bounds.append((start, start + len(word)))
        start += len(word) + 1
    tags = [tag for _, tag in rows]
    unknown = [bound for bound, tag in zip(bounds, tags, strict=True) if tag == UNKNOWN]
    spans = [
        LabelledSpan(bounds[first][0], bounds[last][1], label)
        for label, first, last in tags_to_entities(to_biluo(tags))
    ]
    text = " ".join(word for word, _ in rows)
    return Annotation(text, tuple(spans), unknown=tuple(unknown))


def to_biluo(tags: Sequence[str]) -> list[str]:
    """Convert IOB1, IOB2, IOBES and BILUO to BILUO, and unknown tags to O."""
    # IOBES calls the last tag E and a single one S
    known = [re.sub("^S-", "U-", re.sub("^E-", "L-", tag)) for tag in tags]
    return list(iob_to_biluo(["O" if tag == UNKNOWN else tag for tag in known]))


COLUMNS = AnnotationFormat(
    name="columns",
    title=".conll, .iob or .tsv with IOB tags",
    suffixes=(".conll", ".iob", ".tsv"),
    options=("--word-column", "--tag-column", "--spaces"),
    recognize=recognize,
    read=read,
)
