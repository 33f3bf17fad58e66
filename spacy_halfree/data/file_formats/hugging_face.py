"""Hugging Face data sets for token classification: words and their tags, as JSON or Parquet.

Read: lists of words under `tokens` or `words`, and lists of tags of the same length. Tags are names
of any scheme, or the numbers of classes, whose names Parquet files hold and JSON files do not; -100
is a word without annotation. The words are joined with spaces.
"""

import json
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Any, NamedTuple

from ...errors import Errors, Warnings
from ..read_settings import ReadSettings
from ..records import InvalidRecord, NumberedRecord, RecordError
from ..sources import Source
from .file_format import N_SAMPLE, AnnotationFormat, Head
from .json_values import read_values
from .parquet import PARQUET, open_table, read_rows
from .tag_cells import find_tag_reader
from .tag_schemes import UNKNOWN, SchemeCheck, Tag, annotate_words, parse_tag, to_tag

logger = logging.getLogger("spacy.halfree")
WORD_FIELDS = ("tokens", "words", "token", "word", "sentence", "text")
"""The usual names of words, if they are lists."""
TAG_FIELDS = ("ner_tags", "ner", "ner_labels", "bio_tags", "iob_tags", "tags", "labels")
"""The usual names of tags of entities, the most certain ones first."""
OTHER_TAGS = ("pos_tags", "chunk_tags")
"""The ends of names of tags that are none of entities."""
MOST_LABELS = 5
"""So many labels are named at most."""
IGNORED = -100
"""The number of words that no loss is computed for."""
METADATA = b"huggingface"
"""Where a Parquet file holds the description of a data set."""


class Fields(NamedTuple):
    """The fields of words and tags, and other fields that look like tags of entities."""

    words: str
    tags: str
    others: tuple[str, ...] = ()


def is_list_of(kind: type, value: Any) -> bool:
    """Whether a value is a list of values of a type; true and false are no numbers."""
    return isinstance(value, list) and all(type(own) is kind for own in value)


def are_tags(name: str, value: Any, n_words: int) -> bool:
    """Whether a field looks like tags of entities, by its name or its values."""
    if name in TAG_FIELDS or name.endswith("ner_tags"):
        # an empty list may be one of spans
        return bool(value) and (is_list_of(str, value) or is_list_of(int, value))
    if name.endswith(OTHER_TAGS) or not is_list_of(str, value) or len(value) != n_words:
        return False
    tags = [parse_tag(own) for own in value]
    return None not in tags and any(tag and tag.label for tag in tags)


def find_fields(row: Any, settings: ReadSettings) -> Fields | None:
    """Find the fields of words and tags in a row; None if there are none."""
    if not isinstance(row, dict):
        return None
    lists = (own for own in WORD_FIELDS if is_list_of(str, row.get(own)))
    words = settings.columns.words or next(lists, None)
    if words is None or not is_list_of(str, row.get(words)):
        return None
    found = [own for own in row if own != words and are_tags(own, row[own], len(row[words]))]
    found.sort(key=lambda own: TAG_FIELDS.index(own) if own in TAG_FIELDS else len(TAG_FIELDS))
    tags = settings.columns.tags or next(iter(found), None)
    if tags is None or not isinstance(row.get(tags), list):
        return None
    return Fields(words, tags, tuple(own for own in found if own != tags))


def recognize(head: Head) -> bool:
    """Whether a file has rows of words and tags.

    RAISES: ImportError (H054) if it is a Parquet file, and pyarrow is not installed.
    """
    rows: list[Any] = head.values
    if head.suffix in PARQUET.suffixes:
        rows = [row for _, row in islice(read_table(head.source), N_SAMPLE)]
    return any(find_fields(row, ReadSettings()) for row in rows)


def read(source: Source, settings: ReadSettings) -> Iterator[NumberedRecord]:
    """Read a file.

    Warnings tell which tags are read if others look like tags, too (W034), and how many tags do not
    follow the scheme of the file (W031).

    RAISES: ValueError (H046) if the file cannot be read, (H120) if tags are numbers without names,
        (H121) if there are no words and tags, (H122) if the names of classes are no tags,
        (H140) if most labels are no tags; ImportError (H054) if it is a Parquet file, and pyarrow
        is not installed.
    """
    is_table = source.suffix in PARQUET.suffixes
    rows = read_table(source) if is_table else read_values(source)
    sample = list(islice(rows, N_SAMPLE))
    fields = next(filter(None, (find_fields(row, settings) for _, row in sample)), None)
    if fields is None:
        raise ValueError(Errors.H121.format(path=source.name, fields=describe_fields(sample)))
    if fields.others and settings.columns.tags is None:
        others = ", ".join(fields.others)
        logger.warning(Warnings.W034.format(path=source.name, field=fields.tags, others=others))
    names = settings.columns.names
    if not names and is_table:
        names = read_class_names(source, fields.tags)
    classes = to_classes(names, source)
    cells = Counter(tag for _, row in sample for tag in tags_of(row, fields) if type(tag) is str)
    # a number among names is a mistake in its record
    if not classes and not cells and any(has_numbers(row, fields) for _, row in sample):
        raise ValueError(Errors.H120.format(path=source.name, field=fields.tags))
    reader = find_tag_reader(cells)
    if cells and (reader is None or reader[1] <= 0.5):
        labels = [cell for cell in cells if parse_tag(cell) is None][:MOST_LABELS]
        some = ", ".join(labels)
        raise ValueError(Errors.H140.format(path=source.name, field=fields.tags, names=some))
    is_spaced = settings.columns.spaces is not False
    check = SchemeCheck()
    for number, row in chain(sample, rows):
        if isinstance(row, InvalidRecord):
            yield number, row
            continue
        try:
            words, tags = read_row(row, fields, classes)
        except RecordError as error:
            yield number, InvalidRecord(source.name, number, str(error))
        else:
            check.add(tags, [number] * len(tags))
            yield number, annotate_words(words, tags, spaces=is_spaced)
    check.warn(source.name)


def describe_fields(sample: Sequence[tuple[int, Any]]) -> str:
    """The names of the fields of rows."""
    names = (name for _, row in sample if isinstance(row, dict) for name in row)
    return ", ".join(dict.fromkeys(names)) or "none"


def has_numbers(row: Any, fields: Fields) -> bool:
    """Whether the tags of a row are numbers of classes."""
    return any(type(tag) is int and tag != IGNORED for tag in tags_of(row, fields))


def tags_of(row: Any, fields: Fields) -> list[Any]:
    """The tags of a row; none if it has no list of them."""
    tags = row.get(fields.tags) if isinstance(row, dict) else None
    return tags if isinstance(tags, list) else []


def to_classes(names: Sequence[str], source: Source) -> tuple[Tag, ...]:
    """Read the names of classes as tags.

    RAISES: ValueError (H122) if they are no tags.
    """
    tags = [parse_tag(name) for name in names]
    wrong = [name for name, tag in zip(names, tags, strict=True) if tag is None]
    if wrong:
        raise ValueError(Errors.H122.format(path=source.name, names=", ".join(wrong)))
    return tuple(tag for tag in tags if tag)


def read_row(row: Any, fields: Fields, classes: Sequence[Tag]) -> tuple[list[str], list[Tag]]:
    """Read a row.

    row: The row.
    fields: The fields of words and tags.
    classes: The tags that numbers stand for.
    RETURNS: The words and their tags.
    RAISES: RecordError if it has no words and tags, or not a tag for each word.
    """
    row = row if isinstance(row, dict) else {}
    words: Any = row.get(fields.words)
    tags: Any = row.get(fields.tags)
    if not is_list_of(str, words):
        raise RecordError(f"has no list of words under '{fields.words}'")
    if not isinstance(tags, list):
        raise RecordError(f"has no list of tags under '{fields.tags}'")
    if len(words) != len(tags):
        raise RecordError(
            f"has {len(words)} words under '{fields.words}' and {len(tags)} tags under "
            f"'{fields.tags}'"
        )
    return words, [read_tag(tag, classes) for tag in tags]


def read_tag(tag: Any, classes: Sequence[Tag]) -> Tag:
    """Read the tag of a word.

    tag: Its name, or the number of its class.
    classes: The tags that numbers stand for.
    RAISES: RecordError if it is neither.
    """
    if isinstance(tag, str):
        return to_tag(tag)
    # not `isinstance`: true and false are numbers, too
    if type(tag) is not int:
        raise RecordError(f"has the tag {tag!r}, which is neither a name nor a number")
    if tag == IGNORED:
        return Tag(UNKNOWN)
    if not classes:
        raise RecordError(f"has the tag {tag}, a number, but other tags are names")
    if not 0 <= tag < len(classes):
        raise RecordError(
            f"has the tag {tag}, but the classes with names are 0 to {len(classes) - 1}"
        )
    return classes[tag]


def read_table(source: Source) -> Iterator[tuple[int, Any]]:
    """Read the lists of a Parquet table, row by row.

    YIELDS: The numbers of rows, and the rows; an `InvalidRecord` for one that cannot be read.
    RAISES: ValueError (H046) if the file cannot be read, ImportError (H054) without pyarrow.
    """
    with source.open() as file:
        try:
            table = open_table(file, source.name)
            columns = [field.name for field in table.schema_arrow if "list<" in str(field.type)]
            for number, row in enumerate(read_rows(table, columns), start=1):
                if isinstance(row, str):
                    yield number, InvalidRecord(source.name, number, row)
                else:
                    yield number, row
        except (ValueError, NotImplementedError) as error:
            raise ValueError(Errors.H046.format(path=source.name, reason=error)) from error


def read_class_names(source: Source, field: str) -> tuple[str, ...]:
    """The names of classes in the description of a Parquet table; none if it has none."""
    with source.open() as file:
        metadata = open_table(file, source.name).schema_arrow.metadata or {}
    try:
        return find_names(json.loads(metadata[METADATA])["info"]["features"][field])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ()


def find_names(feature: Any) -> tuple[str, ...]:
    """The names of classes in the description of a field."""
    match feature:
        # a list has been described in several ways
        case {"feature": inner} | [inner]:
            return find_names(inner)
        case {"names": [*names]}:
            return tuple(map(str, names))
    return ()


HUGGING_FACE = AnnotationFormat(
    name="hugging-face",
    title=".jsonl or .parquet of Hugging Face",
    suffixes=(".jsonl", ".json", ".parquet"),
    options=("--word-column", "--tag-column", "--tag-names", "--spaces"),
    recognize=recognize,
    read=read,
)
