"""Records of Argilla 2, of a dataset with a span question.

Read: the flattened form (`dataset.records.to_list(flatten=True)`, or `to_datasets()` saved as JSON
lines), in which every response has a status, and of which only submitted responses are taken. The
nested form (`to_json`, `to_list()`) has lost the status. Suggestions are no annotation.

Argilla's editor counts UTF-16 units, as the browser does. Responses that a program has logged are
stored as it counts, and no file names the unit.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ...errors import Errors
from ..read_settings import ReadSettings
from ..records import Annotation, NumberedRecord, RecordError, Skipped
from ..sources import Source
from .file_format import AnnotationFormat, Head
from .json_values import read_records, read_values, to_span
from .offset_units import to_code_points
from .remarks import BY_FIELD, warn_of_ignored

OWN_KEYS = ("id", "status", "_server_id")
"""Keys of records that are neither fields nor metadata."""
RESPONSES, STATUS, SUGGESTION = ".responses", ".responses.status", ".suggestion"
"""How the keys of flattened questions end."""
SUBMITTED, DRAFT = "submitted", "draft"
TEXT = "text"
"""The field that has the text, if there are several."""


@dataclass(frozen=True)
class ArgillaRecord:
    """A record, flattened or nested.

    strings: Its fields that are strings, and its metadata in the flattened form.
    responses: By question, the values of the users' responses and their status, if it is known.
    suggestions: The questions that have a suggestion.
    """

    strings: dict[str, str]
    responses: dict[str, list[tuple[Any, str | None]]]
    suggestions: tuple[str, ...]


@dataclass(frozen=True)
class Choice:
    """Where the texts and the spans of a file are.

    text: The field of the text.
    question: The question whose responses are spans; None if there is no response.
    is_unknown_accepted: Whether responses without a status count as submitted.
    """

    text: str
    question: str | None
    is_unknown_accepted: bool


@dataclass
class Contents:
    """What the records of a file have, counted.

    strings: Fields that are strings.
    responses, spans: By question, all responses, and those that are spans.
    suggestions: Suggestions, by question.
    n_nested: Records in the nested form.
    """

    strings: Counter[str] = field(default_factory=Counter)
    responses: Counter[str] = field(default_factory=Counter)
    spans: Counter[str] = field(default_factory=Counter)
    suggestions: Counter[str] = field(default_factory=Counter)
    n_nested: int = 0

    def without(self, question: str | None, text: str) -> dict[str, int]:
        """How often there is something else than a question and a text field."""
        others = {
            **{f"responses to '{own}'": n for own, n in self.responses.items() if own != question},
            **{f"field '{own}'": n for own, n in self.strings.items() if own != text},
            "suggestions": self.suggestions.total(),
        }
        return {name: n for name, n in others.items() if n}


def is_record(value: Any) -> bool:
    """Whether an object is a record, in either form."""
    return isinstance(value, dict) and {"id", "status", "_server_id"} <= value.keys()


def is_nested(value: Any) -> bool:
    """Whether a record is nested, so that the status of its responses is lost."""
    return isinstance(value.get("fields"), dict) and isinstance(value.get("responses"), dict)


def parse_record(value: Any) -> ArgillaRecord:
    """Read a record of either form.

    RAISES: RecordError if it is none.
    """
    if not is_record(value):
        raise RecordError("is not a record of Argilla: `id`, `status` or `_server_id` is missing")
    return parse_nested(value) if is_nested(value) else parse_flattened(value)


def parse_nested(value: dict[str, Any]) -> ArgillaRecord:
    """Read a nested record."""
    responses: dict[str, list[tuple[Any, str | None]]] = {
        question: [(response["value"], None) for response in found]
        for question, found in value["responses"].items()
    }
    return ArgillaRecord(
        find_strings(value["fields"]), responses, tuple(value["suggestions"].keys())
    )


def parse_flattened(value: dict[str, Any]) -> ArgillaRecord:
    """Read a flattened record. Keys that other records have are null.

    RAISES: RecordError if responses have no status.
    """
    responses = {}
    suggestions = []
    for key, own in value.items():
        if key.endswith(RESPONSES) and isinstance(own, list):
            status = value.get(key.removesuffix(RESPONSES) + STATUS)
            if not isinstance(status, list) or len(status) != len(own):
                raise RecordError(
                    f"does not have as many values under '{key}.status' as under '{key}'"
                )
            responses[key.removesuffix(RESPONSES)] = list(zip(own, status, strict=True))
        elif key.endswith(SUGGESTION) and own is not None:
            suggestions.append(key.removesuffix(SUGGESTION))
    # labels that are suggested, and who suggested them, are strings, too
    suggested = (SUGGESTION, f"{SUGGESTION}.agent")
    fields = {
        key: own
        for key, own in value.items()
        if key not in OWN_KEYS and not key.endswith(suggested)
    }
    return ArgillaRecord(find_strings(fields), responses, tuple(suggestions))


def find_strings(fields: dict[str, Any]) -> dict[str, str]:
    """The fields that are strings."""
    return {key: own for key, own in fields.items() if isinstance(own, str)}


def has_spans(value: Any) -> bool:
    """Whether the value of a response is a list of spans, or an empty one."""
    return isinstance(value, list) and all(
        isinstance(span, dict) and {"start", "end", "label"} <= span.keys() for span in value
    )


def survey(source: Source) -> Contents:
    """Count what the records of a file have."""
    found = Contents()
    for _, value in read_values(source):
        try:
            record = parse_record(value)
        except (RecordError, KeyError, TypeError, AttributeError):
            # named when it is read
            continue
        found.n_nested += is_nested(value)
        found.strings.update(record.strings.keys())
        found.suggestions.update(record.suggestions)
        for question, responses in record.responses.items():
            found.responses[question] += len(responses)
            found.spans[question] += sum(has_spans(own) for own, _ in responses)
    return found


def choose(source: Source, settings: ReadSettings) -> Choice:
    """Find the text field and the span question of a file.

    A warning (W035) tells what else is there: other questions, other fields and suggestions.

    source: The file.
    settings: Names the field or the question, or both as `QUESTION:FIELD`.
    RETURNS: What to read.
    RAISES: ValueError (H123) if the status of responses is lost, (H124) if the field or the
        question must be chosen.
    """
    found = survey(source)
    if found.n_nested and not settings.accept_unknown_status:
        raise ValueError(Errors.H123.format(path=source.name))
    names = settings.field.split(":") if settings.field else []
    questions = {*found.responses, *found.suggestions}
    if unknown := [name for name in names if name not in questions and name not in found.strings]:
        raise ValueError(
            Errors.H124.format(
                path=source.name,
                problem=f"there is neither a question nor a field '{unknown[0]}'",
                names=", ".join(sorted({*questions, *found.strings})),
            )
        )
    question = next((name for name in names if name in questions), None)
    if question is None:
        question = next((name for name, n in found.spans.most_common(1) if n), None)
    text = next((name for name in names if name in found.strings and name != question), None)
    text = text or find_text(found.strings, source)
    chosen = f"responses to '{question}' about '{text}'" if question else None
    warn_of_ignored(source.name, chosen, found.without(question, text), BY_FIELD)
    return Choice(text, question, settings.accept_unknown_status)


def find_text(strings: Iterable[str], source: Source) -> str:
    """The field of the text: `text`, or the only field that is a string.

    RAISES: ValueError (H124) if there are several others.
    """
    names = sorted(strings)
    if TEXT in names or not names:
        return TEXT
    if len(names) > 1:
        problem = "several fields may be the text"
        raise ValueError(
            Errors.H124.format(path=source.name, problem=problem, names=", ".join(names))
        )
    return names[0]


def annotations_of(value: Any, choice: Choice) -> Iterator[Annotation | Skipped]:
    """Read a record.

    value: The record.
    choice: What to read of it.
    YIELDS: The annotation of each submitted response, or why there is none.
    RAISES: RecordError if it has no text, or a response that is not of spans.
    """
    record = parse_record(value)
    text = record.strings.get(choice.text)
    if text is None:
        raise RecordError(f"has no string under '{choice.text}'")
    responses = record.responses.get(choice.question or "", [])
    # a discarded response may have no value
    submitted = [
        own
        for own, status in responses
        if status == SUBMITTED
        or (status is None and own is not None and choice.is_unknown_accepted)
    ]
    for own in submitted:
        if not isinstance(own, list):
            raise RecordError(f"has a response to '{choice.question}' that is not a list of spans")
        yield Annotation(text, tuple(map(to_span, own)))
    if not responses:
        yield Skipped("not annotated in Argilla (no response)")
    elif not submitted:
        is_draft = all(status == DRAFT for _, status in responses)
        yield (
            Skipped("only drafts in Argilla") if is_draft else Skipped("discarded in Argilla", text)
        )


def recognize(head: Head) -> bool:
    """Whether a file has records."""
    return any(map(is_record, head.values))


def read(source: Source, settings: ReadSettings) -> Iterator[NumberedRecord]:
    """Read a file, see `choose`, `annotations_of` and `to_code_points`."""
    choice = choose(source, settings)
    records = read_records(source, settings, lambda value, _: annotations_of(value, choice))
    return to_code_points(records, source, settings, others=("code-points",))


ARGILLA = AnnotationFormat(
    name="argilla",
    title=".json of Argilla 2 (flattened records)",
    suffixes=(".json", ".jsonl"),
    options=("--offsets", "--field", "--accept-unknown-status"),
    recognize=recognize,
    read=read,
)
