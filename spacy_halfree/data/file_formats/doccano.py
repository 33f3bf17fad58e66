"""doccano's JSON lines, of a project of sequence labelling.

Read: `text` (`data` in versions 1.5 and 1.6), and spans as lists of start, end and label under
`label`, `labels` or `entities`, or as objects with `start_offset` under `entities`. All other keys
are metadata of the raw texts, whatever their names. Written: `text` and `label`; other keys become
metadata.

doccano's editor counts UTF-16 units, or grapheme clusters if the project is set so. Imported spans
may be counted in another unit, and no file names its unit.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from ...errors import Warnings
from ..offsets import OffsetUnit, offset_table
from ..read_settings import ReadSettings
from ..records import Annotation, NumberedRecord, RecordError, Suggestion
from ..sources import Source
from .file_format import AnnotationFormat, Head
from .json_values import read_records, to_span
from .offset_units import to_code_points
from .remarks import warn_of_ignored

logger = logging.getLogger("spacy.halfree")
SPAN_KEYS = ("label", "labels", "entities")
"""The keys of spans, in one version or another."""
OWN_KEYS = {"Comments", "annotation_approver", "username"}
"""Keys that only doccano writes, in one version or another."""
NUMBERED = "annotations"
"""The key of spans with the numbers of labels, in exports of early versions."""
OTHERS = {"relations": "relations", "cats": "labels of whole texts"}
"""The keys of annotation that is no span, and what it is."""


def is_example(value: Any) -> bool:
    """Whether an object has spans as only doccano writes them."""
    # only Prodigy rejects texts
    if text_of(value) is None:
        return False
    is_own = not value.keys().isdisjoint(OWN_KEYS)
    if value.get("answer") in ("reject", "ignore") and not is_own:
        return False
    if has_numbered_labels(value):
        return True
    found = spans_of(value)
    if found is None:
        return False
    key, spans = found
    if is_own:
        return True
    if any(isinstance(span, dict) for span in spans):
        return all(isinstance(span, dict) and "start_offset" in span for span in spans)
    # spaCy's conventions have lists under `entities`, too
    return key != "entities" or (not spans and isinstance(value.get("relations"), list))


def has_numbered_labels(value: dict[str, Any]) -> bool:
    """Whether an object has spans with the numbers of labels."""
    spans = value.get(NUMBERED)
    return isinstance(spans, list) and all(
        isinstance(span, dict) and "start_offset" in span for span in spans or [None]
    )


def text_of(value: Any) -> str | None:
    """The text of an object; None if it has none."""
    if not isinstance(value, dict):
        return None
    text = value["text"] if "text" in value else value.get("data")
    return text if isinstance(text, str) else None


def spans_of(value: dict[str, Any]) -> tuple[str, list[Any]] | None:
    """The key and the list of an object's spans; None if it has none.

    Raw texts may have metadata under any key. With `Comments`, which new versions write, spans are
    under `entities` if there are `relations`, and under `label` otherwise. Without it, the first
    list that is not empty counts.
    """
    label = value.get("label")
    is_new = "Comments" in value
    if is_new and isinstance(label, list) and "relations" not in value:
        return "label", label
    found = [(key, value[key]) for key in SPAN_KEYS if isinstance(value.get(key), list)]
    if is_new:
        if isinstance(value.get("relations"), list):
            found.sort(key=lambda own: own[0] != "entities")
        return found[0] if found else None
    if value.get("spans"):
        return None
    return next((own for own in found if own[1]), found[0] if found else None)


def recognize(head: Head) -> bool:
    """Whether a file has examples."""
    return any(map(is_example, head.values))


def read(source: Source, settings: ReadSettings) -> Iterator[NumberedRecord]:
    """Read a file, see `read_value` and `to_code_points`.

    Warnings count the texts without spans, unless they are skipped (W030), and annotations that are
    no spans (W035).
    """
    n_texts = n_empty = 0
    ignored: Counter[str] = Counter()
    records = read_records(source, settings, partial(read_value, ignored))
    for number, record in to_code_points(records, source, settings):
        if isinstance(record, Annotation):
            n_texts += 1
            n_empty += not record.spans
        yield number, record
    if n_empty and not settings.skip_empty:
        logger.warning(Warnings.W030.format(path=source.name, n_empty=n_empty, n_texts=n_texts))
    warn_of_ignored(source.name, "the labelled spans", ignored)


def read_value(ignored: Counter[str], value: Any, _: ReadSettings) -> tuple[Annotation]:
    """Read an object of an export, with spans in the unit of the file.

    ignored: Takes up how many annotations are no spans.
    value: The object.
    RETURNS: Its annotation.
    RAISES: RecordError if it has no text or no spans.
    """
    text = text_of(value)
    if text is None:
        raise RecordError("is not an object with a string under 'text'")
    found = spans_of(value)
    if found is None:
        if isinstance(value.get(NUMBERED), list):
            raise RecordError(
                f"has the numbers of labels under '{NUMBERED}'; export as JSONL with text labels"
            )
        raise RecordError("has no list of spans under 'label' or 'entities'")
    annotation = Annotation(text, tuple([to_span(span) for span in found[1]]))
    for key, name in OTHERS.items():
        if key in value and isinstance(value[key], list) and value[key]:
            ignored[name] += len(value[key])
    return (annotation,)


def write(suggestion: Suggestion, unit: OffsetUnit) -> dict[str, Any]:
    """Make an example. A span that starts or ends inside of a unit is widened to all of it."""
    table = offset_table(suggestion.text, unit)
    label = [
        [*table.from_code_points(span.start, span.end), span.label] for span in suggestion.spans
    ]
    return {"text": suggestion.text, "label": label, **suggestion.meta}


def describe_setup(labels: Sequence[str]) -> str:
    """What the project must have before the file is imported.

    labels: The labels of the models.
    RETURNS: A sentence or two.
    """
    return (
        "Import this into a doccano project of the type 'Sequence Labeling', as JSONL with the "
        "columns 'text' and 'label'. Labels that the project does not have are made: "
        f"{', '.join(labels)}. The suggestions count as annotation of the user who imports them: "
        "mark the texts that somebody has corrected as approved, and export approved texts only."
    )


DOCCANO = AnnotationFormat(
    name="doccano",
    title=".jsonl or .zip of doccano",
    suffixes=(".jsonl", ".json"),
    options=("--offsets",),
    recognize=recognize,
    read=read,
    write=write,
    describe_setup=describe_setup,
)
