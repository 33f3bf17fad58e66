"""GLiNER's training data: words, and entities by the numbers of their first and last words.

Read: `tokenized_text`, and lists of first word, last word and label under `ner`. The words are
joined with spaces. `negatives`, `relations` and other keys are ignored.
"""

from collections.abc import Iterator
from typing import Any

from ..read_settings import ReadSettings
from ..records import Annotation, LabelledSpan, NumberedRecord, RecordError, Skipped
from ..sources import Source
from .file_format import AnnotationFormat, Head
from .json_values import read_records
from .tag_schemes import join_words

NOT_ANNOTATED = Skipped("not annotated: `ner` is null or missing")


def recognize(head: Head) -> bool:
    """Whether a file has texts as lists of words with entities."""
    return any(isinstance(own, dict) and "tokenized_text" in own for own in head.values)


def read(source: Source, settings: ReadSettings) -> Iterator[NumberedRecord]:
    """Read a file, see `read_value`."""
    return read_records(source, settings, read_value)


def read_value(value: Any, settings: ReadSettings) -> Iterator[Annotation | Skipped]:
    """Read a text.

    RAISES: RecordError if it is none, or an entity is not of its words.
    """
    words = value.get("tokenized_text") if isinstance(value, dict) else None
    if not (isinstance(words, list) and all(isinstance(word, str) for word in words)):
        raise RecordError("has no list of words under 'tokenized_text'")
    entities = value.get("ner")
    if entities is None:
        yield NOT_ANNOTATED
        return
    text, bounds = join_words(words, spaces=settings.columns.spaces is not False)
    yield Annotation(text, tuple(read_entity(own, bounds) for own in entities))


def read_entity(entity: Any, bounds: list[tuple[int, int]]) -> LabelledSpan:
    """Read an entity.

    entity: Its first word, its last word and its label; words are counted from 0.
    bounds: The starts and ends of the words.
    RAISES: RecordError if it is not that, or not of the words.
    """
    match entity:
        # not `int()`: true and false are numbers, too
        case [first, last, str(label)] if type(first) is type(last) is int:
            if 0 <= first <= last < len(bounds):
                return LabelledSpan(bounds[first][0], bounds[last][1], label)
            raise RecordError(
                f"has {entity}, but its {len(bounds)} words are numbered from 0 to "
                f"{len(bounds) - 1}; the last word of an entity belongs to it"
            )
    raise RecordError(f"has {entity!r}, which is not a first word, a last word and a label")


GLINER = AnnotationFormat(
    name="gliner",
    title=".json of GLiNER",
    suffixes=(".json", ".jsonl"),
    options=("--spaces",),
    recognize=recognize,
    read=read,
)
