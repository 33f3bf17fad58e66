"""spaCy 2's JSON for training: documents of paragraphs, sentences and tokens.

Read: a text for each paragraph. It is `raw`, or the tokens (`orth`, and `space` if it is there).
The entities are the tokens' tags (`ner`, `-` or none for tokens without annotation); if no token
has one, those under `entities`, in code points.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from ..read_settings import ReadSettings
from ..records import Annotation, NumberedRecord, RecordError, Skipped
from ..sources import Source
from .file_format import AnnotationFormat, Head
from .json_values import read_records, read_values, to_span
from .tag_schemes import UNKNOWN, join_words, spans_of_tags, to_tag, unknown_stretches

NOT_ANNOTATED = Skipped("not annotated: no token has `ner`")


def is_document(value: Any) -> bool:
    """Whether a value is a document of spaCy 2."""
    match value:
        case {"paragraphs": [{"sentences": list()} | {"raw": str()}, *_]}:
            return True
    return False


def recognize(head: Head) -> bool:
    """Whether a file has documents."""
    return any(map(is_document, head.values))


def read(source: Source, settings: ReadSettings) -> Iterator[NumberedRecord]:
    """Read a file. The paragraphs of all documents are numbered in their order."""
    paragraphs = chain.from_iterable(find_paragraphs(value) for _, value in read_values(source))
    return read_records(source, settings, read_paragraph, enumerate(paragraphs, start=1))


def find_paragraphs(document: Any) -> list[Any]:
    """The paragraphs of a document; what is none is returned itself, to be named."""
    match document:
        case {"paragraphs": list(paragraphs)}:
            return paragraphs
    return [document]


def read_paragraph(paragraph: Any, settings: ReadSettings) -> Iterator[Annotation | Skipped]:
    """Read a paragraph.

    RAISES: RecordError if it has neither tokens nor a text, tags of no scheme, tokens that are not
        in its text, or entities that contradict its tags.
    """
    if not isinstance(paragraph, dict):
        raise RecordError("is not an object with sentences of tokens")
    tokens = [own for sentence in paragraph.get("sentences", []) for own in sentence["tokens"]]
    text, bounds = place_tokens(paragraph.get("raw"), tokens, settings.columns.spaces is not False)
    entities = tuple(map(to_span, paragraph.get("entities") or []))
    if all(token.get("ner") is None for token in tokens):
        yield Annotation(text, entities) if entities else NOT_ANNOTATED
        return
    tags = [to_tag(token.get("ner") or UNKNOWN) for token in tokens]
    spans = tuple(spans_of_tags(bounds, tags))
    if entities and set(entities) != set(spans):
        raise RecordError("has entities under 'entities' that differ from its tokens' tags")
    yield Annotation(text, spans, unknown=tuple(unknown_stretches(bounds, tags)))


def place_tokens(
    raw: str | None, tokens: Sequence[dict[str, Any]], spaces: bool
) -> tuple[str, list[tuple[int, int]]]:
    """Find the text of a paragraph, and where its tokens are.

    raw: The text if the file has it.
    tokens: The tokens.
    spaces: Whether spaces separate tokens, if the file does not say it.
    RETURNS: The text, and the tokens' starts and ends, in code points.
    RAISES: RecordError if there is neither, or they do not fit each other.
    """
    words = [token["orth"] for token in tokens]
    if tokens and all("space" in token for token in tokens):
        pieces = [own for token in tokens for own in (token["orth"], token["space"] or "")]
        text, bounds = join_words(pieces, spaces=False)
        if raw in (None, text):
            return text, bounds[::2]
    if raw is not None:
        return raw, find_words(raw, words)
    if not words:
        raise RecordError("has neither tokens nor a text under 'raw'")
    return join_words(words, spaces=spaces)


def find_words(text: str, words: Sequence[str]) -> list[tuple[int, int]]:
    """Find words in their text, in order.

    RETURNS: Their starts and ends.
    RAISES: RecordError if they are not all of the text but white space.
    """
    bounds = []
    end = 0
    for word in words:
        start = text.find(word, end)
        if start < 0 or text[end:start].strip():
            raise RecordError(f"has a token {word!r} that does not come after {text[:end][-40:]!r}")
        end = start + len(word)
        bounds.append((start, end))
    if words and text[end:].strip():
        raise RecordError(f"has no tokens for the end of its text, {text[end:][:40]!r}")
    return bounds


SPACY_2 = AnnotationFormat(
    name="spacy-2",
    title=".json of spaCy 2",
    suffixes=(".json",),
    options=("--spaces",),
    recognize=recognize,
    read=read,
)
