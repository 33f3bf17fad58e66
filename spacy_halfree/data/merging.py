"""The same texts in several files: how far their annotation agrees, and which one is kept."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import Literal, get_args

from ..ranges import check_choice
from .annotated_texts import AnnotatedFile
from .progress import Progress, counted
from .records import Annotation, LabelledSpan, NumberedRecord, without_white_space

OnConflict = Literal["newest", "missing", "leave-out"]
CONFLICT_CHOICES: tuple[OnConflict, ...] = get_args(OnConflict)


@dataclass(frozen=True)
class ReadFile:
    """A file of annotated texts that has been read.

    name: Its name.
    records: Its numbered records.
    """

    name: str
    records: list[NumberedRecord]

    @classmethod
    def of(cls, file: AnnotatedFile, on_progress: Progress | None = None) -> "ReadFile":
        """Read a file."""
        return cls(file.source.name, list(counted(file.read(), on_progress)))


PlacedSpan = tuple[int, int, str]
"""The start, the end and the label of a span, counted without white space."""


@dataclass(frozen=True)
class SourcedText:
    """A text and where it was read.

    file: The name of its file.
    number: Its line, or the number of its doc or task.
    annotation: The text and its spans.
    """

    file: str
    number: int
    annotation: Annotation

    @property
    def place(self) -> str:
        """What messages call it."""
        return f"number {self.number} of {self.file}"


@dataclass(frozen=True)
class Disagreement:
    """Spans that one of two files has for a text, although the other one annotates their words.

    earlier, later: The text in both files.
    only_earlier, only_later: The spans that only one of them has.
    """

    earlier: SourcedText
    later: SourcedText
    only_earlier: tuple[LabelledSpan, ...]
    only_later: tuple[LabelledSpan, ...]

    @property
    def reason(self) -> str:
        """What differs, as the reason of a problem of the later file."""
        parts = [
            f"{text.place} has {describe_spans(text.annotation.text, spans)}"
            for text, spans in (
                (self.earlier, self.only_earlier),
                (self.later, self.only_later),
            )
            if spans
        ]
        return "; ".join(parts)


@dataclass
class LabelAgreement:
    """How far pairs of files agree in the spans of a label, in texts that both have.

    n_first, n_second: How many spans the first and the second file of each pair has.
    n_both: How many of them are the same.
    """

    n_first: int = 0
    n_second: int = 0
    n_both: int = 0

    @property
    def f1(self) -> float:
        """The F1 score of one file's spans against the other's, from 0 to 1."""
        n_all = self.n_first + self.n_second
        return 2 * self.n_both / n_all if n_all else 1.0


@dataclass
class Comparison:
    """How the files agree in the texts that they share.

    n_shared: How many texts stand in several files.
    n_equal: How many of them have the same annotation in all of these.
    labels: The agreement by label, summed over all pairs of files.
    disagreements: The differences, in the order of the files.
    """

    n_shared: int = 0
    n_equal: int = 0
    labels: dict[str, LabelAgreement] = field(default_factory=lambda: defaultdict(LabelAgreement))
    disagreements: list[Disagreement] = field(default_factory=list)

    def add(self, earlier: SourcedText, later: SourcedText) -> Disagreement | None:
        """Compare a text of two files.

        RETURNS: The difference, if there is one.
        """
        first, second = PlacedAnnotation(earlier.annotation), PlacedAnnotation(later.annotation)
        known_first = {span for span in first.spans if second.knows(span)}
        known_second = {span for span in second.spans if first.knows(span)}
        both = known_first & known_second
        for n, spans in (("n_first", known_first), ("n_second", known_second), ("n_both", both)):
            for label, count in Counter(label for _, _, label in spans).items():
                own = self.labels[label]
                setattr(own, n, getattr(own, n) + count)
        if known_first == known_second:
            return None
        found = Disagreement(
            earlier,
            later,
            tuple(first.span_at[own] for own in sorted(known_first - both)),
            tuple(second.span_at[own] for own in sorted(known_second - both)),
        )
        self.disagreements.append(found)
        return found


class PlacedAnnotation:
    """An annotation with places that do not depend on white space.

    span_at: The spans by their places.
    """

    def __init__(self, annotation: Annotation) -> None:
        self.annotation = annotation
        text = annotation.text
        self.before = [0, *accumulate(not character.isspace() for character in text)]
        self.span_at: dict[PlacedSpan, LabelledSpan] = {
            self.place_of(span): span for span in annotation.spans
        }
        self.unknown = [self.to_place(*bounds) for bounds in annotation.unknown]

    @property
    def spans(self) -> set[PlacedSpan]:
        """The places of the spans."""
        return set(self.span_at)

    def to_place(self, start: int, end: int) -> tuple[int, int]:
        """A stretch of the text, counted without white space."""
        last = len(self.before) - 1
        return self.before[min(max(start, 0), last)], self.before[min(max(end, 0), last)]

    def place_of(self, span: LabelledSpan) -> PlacedSpan:
        """Where a span of the text is, counted without white space."""
        return (*self.to_place(span.start, span.end), span.label)

    def from_place(self, start: int, end: int) -> tuple[int, int]:
        """A stretch that was counted without white space, in characters of the text."""
        # the last place that has so many characters before it begins the next one
        first = max(i for i, n in enumerate(self.before) if n == start)
        return first, min(i for i, n in enumerate(self.before) if n == end)

    def knows(self, span: PlacedSpan) -> bool:
        """Whether the words of a span are annotated here."""
        if span in self.span_at:
            return True
        start, end, _ = span
        if self.annotation.is_partial:
            return any(first < end and start < last for first, last, _ in self.span_at)
        return not any(first < end and start < last for first, last in self.unknown)


@dataclass(frozen=True)
class MergedFiles:
    """The texts of several files.

    texts: The texts, in the order of the files. What one file has several times stays so.
    comparison: How the files agree in the texts that they share.
    """

    texts: list[SourcedText]
    comparison: Comparison


def merge_files(files: Sequence[ReadFile], on_conflict: OnConflict = "newest") -> MergedFiles:
    """Keep one annotation of each text that several files have.

    files: The files, from the oldest to the newest.
    on_conflict: What to keep of a text that they annotate differently: the annotation of the
        "newest" file; the earliest one, with "missing" annotation where others differ from it; or
        nothing ("leave-out").
    RAISES: ValueError (H013) for another choice.
    """
    check_choice(CONFLICT_CHOICES, on_conflict=on_conflict)
    comparison = Comparison()
    merged: dict[str, list[SourcedText]] = {}
    shared: set[str] = set()
    differing: set[str] = set()
    before: list[dict[str, list[SourcedText]]] = []
    for file in files:
        own: dict[str, list[SourcedText]] = {}
        for number, record in file.records:
            if isinstance(record, Annotation):
                text = SourcedText(file.name, number, record)
                own.setdefault(without_white_space(record.text), []).append(text)
        for key, texts in own.items():
            earlier = [known[key][0] for known in before if key in known]
            found = [comparison.add(text, texts[0]) for text in earlier]
            if earlier:
                shared.add(key)
            if any(found):
                differing.add(key)
            if key in merged and on_conflict != "newest":
                first, *others = merged[key]
                merged[key] = [without_disagreements(first, [*others, *texts])]
            else:
                merged[key] = texts
        before.append(own)
    comparison.n_shared, comparison.n_equal = len(shared), len(shared - differing)
    left_out = differing if on_conflict == "leave-out" else set()
    kept = [text for key, texts in merged.items() if key not in left_out for text in texts]
    return MergedFiles(kept, comparison)


def without_disagreements(earlier: SourcedText, later: Iterable[SourcedText]) -> SourcedText:
    """A text whose annotation is missing wherever a later one differs from it."""
    annotation = earlier.annotation
    for text in later:
        own, other = PlacedAnnotation(annotation), PlacedAnnotation(text.annotation)
        differing = {span for span in own.spans - other.spans if other.knows(span)}
        removed = [span for span in annotation.spans if own.place_of(span) in differing]
        # also where nothing is known already: these spans may be longer
        added = other.spans - own.spans
        bounds = [(span.start, span.end) for span in removed]
        bounds += [own.from_place(start, end) for start, end, _ in added]
        annotation = replace(
            annotation,
            spans=tuple(span for span in annotation.spans if span not in removed),
            unknown=(*annotation.unknown, *sorted(bounds)),
        )
    return replace(earlier, annotation=annotation)


def describe_spans(text: str, spans: Sequence[LabelledSpan]) -> str:
    """Name some spans of a text."""
    return ", ".join(f"{text[span.start : span.end]!r} ({span.label})" for span in spans)
