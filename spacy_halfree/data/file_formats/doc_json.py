"""spaCy's docs as JSON: `Doc.to_json`, and the entities that displaCy is given.

Read: `text`, and spans under `ents`, or the span group that is chosen. Tokens are used as they are
stored, if they are. Offsets are code points.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from ..read_settings import ReadSettings
from ..records import Annotation, NumberedRecord, RecordError, Skipped
from ..sources import Source
from .file_format import AnnotationFormat, Head
from .json_values import has_text, read_records, read_values, to_span
from .remarks import warn_of_ignored
from .span_group_choice import BY_KEY, without_entities, without_group

NOT_ANNOTATED = Skipped("not annotated: no `ents`, which spaCy writes for annotated docs")


def is_doc(value: Any) -> bool:
    """Whether a value is a doc with entities, or with spaCy's tokens, which have no text."""
    match value:
        case {"text": str(), "ents": list()}:
            return True
        case {"text": str(), "tokens": [{"start": int(), "end": int()} as token, *_]}:
            return "text" not in token
    return False


def recognize(head: Head) -> bool:
    """Whether a file has docs."""
    return any(map(is_doc, head.values))


def read(source: Source, settings: ReadSettings) -> Iterator[NumberedRecord]:
    """Read a file, see `read_value`.

    A warning (W035) tells which span groups there are if the entities are read.
    """
    groups: Counter[str] = Counter()
    values = count_groups(read_values(source), groups)
    yield from read_records(source, settings, read_value, values)
    if settings.spans_key is None:
        ignored = {f"the span group '{name}'": n for name, n in groups.items()}
        warn_of_ignored(source.name, "the entities", ignored, f"{BY_KEY.capitalize()}.")


def count_groups(
    values: Iterator[tuple[int, Any]], groups: Counter[str]
) -> Iterator[tuple[int, Any]]:
    """Count the docs with spans beside their entities, by the names of the span groups.

    values: Numbered docs.
    groups: Takes up the counts.
    YIELDS: The docs.
    """
    for number, value in values:
        match value:
            case {"ents": list(), "spans": dict(own)}:
                groups.update(name for name, spans in own.items() if spans)
        yield number, value


def read_value(value: Any, settings: ReadSettings) -> Iterator[Annotation | Skipped]:
    """Read a doc.

    RAISES: RecordError if it is none, or its tokens do not make its text.
    """
    if not has_text(value):
        raise RecordError("is not an object with a string under 'text'")
    key, groups = settings.spans_key, value.get("spans", {})
    if key is not None and key not in groups:
        yield without_group(key)
        return
    if key is None and "ents" not in value:
        yield without_entities(groups) if groups else NOT_ANNOTATED
        return
    spans = value["ents"] if key is None else groups[key]
    text = value["text"]
    words, spaces = read_tokens(text, value.get("tokens") or [])
    yield Annotation(text, tuple(map(to_span, spans)), words=words, spaces=spaces)


def read_tokens(
    text: str, tokens: list[dict[str, int]]
) -> tuple[tuple[str, ...], tuple[bool, ...]]:
    """Read the words of a doc, and whether a space follows each.

    RAISES: RecordError if they do not make its text.
    """
    words = tuple(text[token["start"] : token["end"]] for token in tokens)
    starts = [*(token["start"] for token in tokens), len(text)]
    ends = [token["end"] for token in tokens]
    spaces = tuple(start > end for end, start in zip(ends, starts[1:], strict=True))
    made = "".join(word + " " * space for word, space in zip(words, spaces, strict=True))
    if tokens and (made != text or "" in words):
        raise RecordError("has tokens that do not make its text")
    return words, spaces


DOC_JSON = AnnotationFormat(
    name="spacy-json",
    title=".json of `Doc.to_json` or displaCy",
    suffixes=(".json", ".jsonl"),
    options=("--spans-key",),
    recognize=recognize,
    read=read,
)
