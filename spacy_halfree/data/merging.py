"""One annotation of each text of several files."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Literal, get_args

import numpy as np

from ..ranges import check_choice
from .agreement import Comparison, SourcedText
from .annotated_texts import AnnotatedFile
from .placed_annotation import PlacedAnnotation
from .progress import Progress, counted
from .records import Annotation, NumberedRecord, without_white_space

OnConflict = Literal["newest", "missing", "leave-out"]
CONFLICT_CHOICES: tuple[OnConflict, ...] = get_args(OnConflict)
MERGED = "the same text in another file, whose annotation is kept"
CONTRADICTED = "annotated differently elsewhere"


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

    def texts(self) -> dict[str, list[SourcedText]]:
        """The annotations of each text, by the text without white space."""
        found: dict[str, list[SourcedText]] = {}
        for number, record in self.records:
            if isinstance(record, Annotation):
                text = SourcedText(self.name, number, record)
                found.setdefault(without_white_space(record.text), []).append(text)
        return found


@dataclass(frozen=True)
class MergedFiles:
    """The texts of several files.

    texts: The texts, in the order of the files.
    comparison: How the annotations agree of texts that have several.
    dropped: The texts that are not kept, and why.
    """

    texts: list[SourcedText]
    comparison: Comparison
    dropped: list[tuple[SourcedText, str]] = field(default_factory=list)


def merge_files(files: Sequence[ReadFile], on_conflict: OnConflict = "newest") -> MergedFiles:
    """Keep one annotation of each text that several files have, or that several people annotated.

    Annotation is completed: words that one annotation says nothing about are annotated as another
    one does.

    files: The files, from the oldest to the newest.
    on_conflict: What to keep where annotations contradict each other: what the "newest" file says;
        no annotation of these words ("missing"); or nothing of the text ("leave-out"). With
        "newest", all annotations in the newest file are kept.
    RAISES: ValueError (H013) for another choice.
    """
    check_choice(CONFLICT_CHOICES, on_conflict=on_conflict)
    merged = MergedFiles([], Comparison())
    by_file = [file.texts() for file in files]
    for key in dict.fromkeys(key for own in by_file for key in own):
        groups = [own[key] for own in by_file if key in own]
        compared = find_annotators(groups)
        agrees = len(compared) < 2 or merged.comparison.add(compared)
        if not agrees and on_conflict == "leave-out":
            merged.dropped.extend((text, CONTRADICTED) for group in groups for text in group)
            continue
        is_single = all(len(group) == 1 for group in groups)
        if agrees and is_single:
            # the text of the oldest file, so that white space does not change
            kept = [merge_agreed(groups)]
        elif on_conflict == "newest" or (len(groups) == 1 and len(compared) == 1):
            kept = complete_newest(groups)
        else:
            kept = [merge_agreed(groups)]
        merged.texts.extend(kept)
        places = {(text.file, text.number) for text in kept}
        merged.dropped.extend(
            (text, MERGED)
            for group in groups
            for text in group
            if (text.file, text.number) not in places
        )
    return merged


def find_annotators(groups: Sequence[list[SourcedText]]) -> list[SourcedText]:
    """The annotations of a text that are compared: of each file all with the first one's number.

    A file that repeats a text says so with another number: this is no other annotator.
    """
    return [text for group in groups for text in group if text.number == group[0].number]


def merge_agreed(groups: Sequence[list[SourcedText]]) -> SourcedText:
    """Keep what no annotation of a text contradicts.

    groups: Its annotations in each file, from the oldest to the newest.
    """
    texts = [text for group in groups for text in group]
    return replace(texts[0], annotation=agreed([text.annotation for text in texts]))


def complete_newest(groups: Sequence[list[SourcedText]]) -> list[SourcedText]:
    """Keep the annotations of the newest file, completed by those of others.

    groups: The annotations of a text in each file, from the oldest to the newest.
    """
    *older, newest = groups
    others = [text.annotation for group in reversed(older) for text in group]
    return [replace(text, annotation=reduce(complete, others, text.annotation)) for text in newest]


def complete(annotation: Annotation, older: Annotation) -> Annotation:
    """Add what an older annotation says about words that a newer one says nothing about.

    annotation: The newer one, which wins where both say something.
    older: The older one.
    """
    own, other = PlacedAnnotation(annotation), PlacedAnnotation(older)
    if own.is_known.all():
        return annotation
    added = {place for place in other.places if not own.judges(place)}
    is_known = own.is_known | other.is_known
    for start, end, _ in other.places - added - own.places:
        # what is contradicted says nothing about its other words
        is_known[start:end] = own.is_known[start:end]
    for start, end, _ in added | own.places:
        is_known[start:end] = True
    spans = [*annotation.spans, *(own.span_from(other, place) for place in added)]
    return own.with_spans(spans, is_known)


def agreed(annotations: Sequence[Annotation]) -> Annotation:
    """Keep what no annotation of a text contradicts.

    annotations: The annotations.
    RETURNS: The first one, with all spans that nobody contradicts. Words of the others are missing.
    """
    placed = [PlacedAnnotation(annotation) for annotation in annotations]
    source_of = {place: own for own in reversed(placed) for place in own.places}
    is_known = np.logical_or.reduce([own.is_known for own in placed])
    spans = []
    for place, source in source_of.items():
        if all(place in own.places or not own.judges(place) for own in placed):
            spans.append(placed[0].span_from(source, place))
        else:
            start, end, _ = place
            is_known[start:end] = False
    return placed[0].with_spans(spans, is_known)
