"""Label Studio's JSON, JSON-MIN, CSV and TSV; the last three have the regions alone.

Written: a list of tasks with `data` and `predictions`, for a labelling interface with the names of
its template for named entities, see `describe_setup`. Label Studio sorts tasks by the score of
their prediction. Offsets are code points.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Any
from xml.sax.saxutils import quoteattr

from ..offsets import OffsetUnit
from ..read_settings import ReadSettings
from ..records import (
    Annotation,
    InvalidRecord,
    LabelledSpan,
    NumberedRecord,
    RecordError,
    Skipped,
    Suggestion,
)
from ..sources import Source
from .file_format import AnnotationFormat, Head
from .json_values import UNEXPECTED, read_records
from .label_studio_fields import TextField, choose_field
from .label_studio_regions import (
    Result,
    describe_other_region,
    describe_unlabelled_region,
    read_region,
)
from .label_studio_tasks import (
    SKIPPED,
    Task,
    find_delimiter,
    is_row,
    is_task,
    read_rows,
    to_task,
)

CONTROL = "label"
OBJECT = "text"
"""The names in the labelling interface for which suggestions are written."""


def is_own(value: Any) -> bool:
    """Whether a value is a task or a row of an export."""
    return is_task(value) or is_row(value)


def recognize(head: Head) -> bool:
    """Whether a file has tasks or rows."""
    return any(map(is_own, head.values)) or (
        not head.values and find_delimiter(head.text) is not None
    )


def read(source: Source, settings: ReadSettings) -> Iterator[NumberedRecord]:
    """Read a file. It is read twice: its regions tell which of several texts is read.

    RAISES: ValueError (H046) if it cannot be read, (H113, H114) see `choose_field`.
    """
    field = choose_field(read_tasks(source), settings.field, source.name)
    return read_records(source, settings, partial(read_value, field), read_rows(source))


def read_tasks(source: Source) -> Iterator[Task]:
    """The tasks of a file, without those that cannot be read."""
    for _, value in read_rows(source):
        if not isinstance(value, InvalidRecord):
            try:
                yield to_task(value)
            except UNEXPECTED:
                continue


def read_value(field: TextField, value: Any, _: ReadSettings) -> Iterator[Annotation | Skipped]:
    """Read a task.

    field: Which text is read.
    value: The task, or the row.
    YIELDS: Its annotations, or why it has none.
    RAISES: RecordError if it has no such text, or a region that is not of a text.
    """
    task = to_task(value)
    if task.left_out:
        # what somebody has skipped is known by its text, so that it is not suggested again
        known = task.data.get(field.name or "") if task.left_out == SKIPPED else ""
        yield Skipped(task.left_out, known if isinstance(known, str) else "")
        return
    for result in chain(*task.annotations):
        if result.is_other_region and field.has_other(result):
            raise RecordError(describe_other_region(result))
    text = field.find_text(task.data)
    field.check_content(text, chain(*task.annotations))
    for results in task.annotations:
        yield Annotation(text, tuple(_spans_of(results, text, field, task.data)))


def _spans_of(
    results: Sequence[Result], text: str, field: TextField, data: dict[str, Any]
) -> Iterator[LabelledSpan]:
    # what is asked about a region is a part of its own, at the same place
    labelled = {result.place for result in results if result.is_region}
    for result in results:
        if result.is_region:
            if field.has(result, data):
                yield from read_region(result.value, text)
        elif result.place not in (None, *labelled) and field.has_place(result, text):
            raise RecordError(describe_unlabelled_region(result))


def write(suggestion: Suggestion, _: OffsetUnit) -> dict[str, Any]:
    """Make a task."""
    result = [
        {
            "id": str(number),
            "from_name": CONTROL,
            "to_name": OBJECT,
            "type": "labels",
            "value": {
                "start": span.start,
                "end": span.end,
                "text": suggestion.text[span.start : span.end],
                "labels": [span.label],
            },
        }
        for number, span in enumerate(suggestion.spans, start=1)
    ]
    meta = suggestion.meta
    prediction = {"model_version": "spacy-halfree", "score": meta["confidence"], "result": result}
    return {"data": {"text": suggestion.text, **meta}, "predictions": [prediction]}


def describe_setup(labels: Sequence[str]) -> str:
    """What the project must have before the file is imported.

    labels: The labels of the models.
    RETURNS: The labelling interface, and a sentence about it.
    """
    values = "\n".join(f"    <Label value={quoteattr(label)}/>" for label in labels)
    return (
        "Use this labelling interface in Label Studio (Settings, Labeling Interface, Code). With "
        "other names or labels, Label Studio imports the suggestions without an error, but shows "
        "them without labels or not at all.\n"
        f'<View>\n  <Labels name="{CONTROL}" toName="{OBJECT}">\n{values}\n  </Labels>\n'
        f'  <Text name="{OBJECT}" value="$text"/>\n</View>'
    )


LABEL_STUDIO = AnnotationFormat(
    name="label-studio",
    title=".json, .csv or .tsv of Label Studio",
    suffixes=(".json", ".jsonl", ".csv", ".tsv"),
    options=("--field",),
    recognize=recognize,
    read=read,
    write=write,
    describe_setup=describe_setup,
)
