"""Texts as words with IOB tags: CoNLL's columns, and spaCy's lines of `word|tag`."""

import re
from collections.abc import Iterator, Sequence

from spacy.language import Language
from spacy.training import iob_to_biluo
from spacy.training.iob_utils import tags_to_entities

from .entries import BadLine, LabelledSpan, LabelledText

TAG = re.compile(r"O|-|[BILUES]-\S+")
"""A tag of IOB1, IOB2, BILUO or IOBES, or that nothing is known."""
UNKNOWN = "-"
DOCUMENT = "-DOCSTART-"

Row = tuple[str, str]
"""A word and its tag."""


def read_tagged_lines(lines: Sequence[str], nlp: Language) -> Iterator[LabelledText | BadLine]:
    """Read the sentences of a file with IOB tags.

    Columns are separated by tabs or spaces; the word stands in the first one, its tag in the last,
    and a sentence ends at an empty line. A line may also be a whole sentence of `word|tag` or
    `word|part of speech|tag`. Lines that begin with `#` and have no tag at their end are comments.

    lines: The lines.
    nlp: Makes tokens of the words, which get a space between them.
    YIELDS: The sentences, numbered by their first line; for those with a line that has no tag,
        what is wrong with it.
    """
    rows: list[Row] = []
    first, reason = 0, ""
    for number, line in enumerate([*lines, ""], start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith(DOCUMENT):
            if rows or reason:
                yield BadLine(first, reason) if reason else make_text(first, rows, nlp)
            rows, first, reason = [], 0, ""
            continue
        row = split_row(stripped)
        sentence = None if row else split_sentence(stripped)
        if sentence and not rows and not reason:
            yield make_text(number, sentence, nlp)
            continue
        if row is None and stripped.startswith("#"):
            continue
        first = first or number
        if row is None:
            reason = reason or (
                f"line {number} ({stripped[:40]!r}) is not a word and an IOB tag, as 'Rome B-CITY' "
                "is"
            )
        else:
            rows.append(row)


def split_row(line: str) -> Row | None:
    """The word and the tag of a line; None if it has none."""
    # only tabs separate columns if there are any: words may hold spaces
    columns = line.split("\t") if "\t" in line else line.split()
    word, tag = columns[0].strip(), columns[-1].strip()
    if len(columns) < 2 or not word or not TAG.fullmatch(tag):
        return None
    return word, tag


def split_sentence(line: str) -> list[Row] | None:
    """The words and tags of a line `word|tag word|tag`; None if it is of another form."""
    rows = []
    for field in line.split():
        word, *others = field.split("|")
        if not word or not others or not TAG.fullmatch(others[-1]):
            return None
        rows.append((word, others[-1]))
    return rows


def make_text(number: int, rows: Sequence[Row], nlp: Language) -> LabelledText:
    """A text of words with their tags.

    number: The line it begins in.
    rows: Its words and tags.
    nlp: Makes tokens of the text.
    RETURNS: The text, with a space between words. Spans begin where the tags of IOB1, IOB2 or
        BILUO say so; tokens of words with the tag "-" have no annotation.
    """
    bounds = []
    start = 0
    for word, _ in rows:
        bounds.append((start, start + len(word)))
        start += len(word) + 1
    tags = [tag for _, tag in rows]
    doc = nlp.make_doc(" ".join(word for word, _ in rows))
    unknown = [bound for bound, tag in zip(bounds, tags, strict=True) if tag == UNKNOWN]
    missing = [
        token.i
        for token in doc
        if any(start < token.idx + len(token) and token.idx < end for start, end in unknown)
    ]
    spans = [
        LabelledSpan(bounds[first][0], bounds[last][1], label)
        for label, first, last in tags_to_entities(to_biluo(tags))
    ]
    return LabelledText(number, doc, tuple(spans), tuple(missing))


def to_biluo(tags: Sequence[str]) -> list[str]:
    """Tags of any scheme as BILUO; unknown ones as O."""
    # IOBES calls the last tag E and a single one S
    known = [re.sub("^S-", "U-", re.sub("^E-", "L-", tag)) for tag in tags]
    return list(iob_to_biluo(["O" if tag == UNKNOWN else tag for tag in known]))
