"""How far several annotations of the same texts agree."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .placed_annotation import PlacedAnnotation
from .records import Annotation, LabelledSpan


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
    """Spans that one of two annotations has, although the other one says something about them.

    earlier, later: The text in both files, or twice in one file.
    only_earlier, only_later: The spans that only one of them has.
    """

    earlier: SourcedText
    later: SourcedText
    only_earlier: tuple[LabelledSpan, ...]
    only_later: tuple[LabelledSpan, ...]

    @property
    def reason(self) -> str:
        """What differs, as the reason of a problem of the later file."""
        names = (self.earlier.place, self.later.place)
        if names[0] == names[1]:
            # several people have annotated it
            names = ("one of its annotations", "another one")
        spans = (
            describe_spans(self.earlier.annotation.text, self.only_earlier),
            describe_spans(self.later.annotation.text, self.only_later),
        )
        return f"{names[0]} has {spans[0]}, and {names[1]} has {spans[1]}"


@dataclass
class LabelAgreement:
    """How far pairs of annotations agree in the spans of a label.

    n_first, n_second: How many spans the first and the second annotation of each pair has.
    n_both: How many of them are the same.
    """

    n_first: int = 0
    n_second: int = 0
    n_both: int = 0

    @property
    def f1(self) -> float:
        """The F1 score of one annotation's spans against the other's, from 0 to 1."""
        n_all = self.n_first + self.n_second
        return 2 * self.n_both / n_all if n_all else 1.0


@dataclass
class Comparison:
    """How the annotations of texts agree that were annotated several times.

    n_shared: How many texts have several annotations.
    n_equal: How many of these have the same one everywhere.
    labels: The agreement by label, summed over all pairs of annotations of a text.
    disagreements: The differences, in the order of the files.
    """

    n_shared: int = 0
    n_equal: int = 0
    labels: dict[str, LabelAgreement] = field(default_factory=lambda: defaultdict(LabelAgreement))
    disagreements: list[Disagreement] = field(default_factory=list)

    def add(self, texts: Sequence[SourcedText]) -> bool:
        """Compare all annotations of a text with each other.

        RETURNS: Whether they agree wherever two of them say something.
        """
        placed = [PlacedAnnotation(text.annotation) for text in texts]
        found = [
            self._add_pair((texts[i], texts[j]), (placed[i], placed[j]))
            for j in range(len(texts))
            for i in range(j)
        ]
        self.n_shared += 1
        self.n_equal += all(found)
        return all(found)

    def _add_pair(
        self, texts: tuple[SourcedText, SourcedText], placed: tuple[PlacedAnnotation, ...]
    ) -> bool:
        first, second = placed
        judged_first = {place for place in first.places if second.judges(place)}
        judged_second = {place for place in second.places if first.judges(place)}
        both = judged_first & judged_second
        n_first, n_second, n_both = (
            Counter(label for *_, label in own) for own in (judged_first, judged_second, both)
        )
        for label in n_first | n_second:
            own = self.labels[label]
            own.n_first += n_first[label]
            own.n_second += n_second[label]
            own.n_both += n_both[label]
        if judged_first == judged_second:
            return True
        only_first = tuple(first.span_at[place] for place in sorted(judged_first - both))
        only_second = tuple(second.span_at[place] for place in sorted(judged_second - both))
        self.disagreements.append(Disagreement(*texts, only_first, only_second))
        return False

    def to_json(self) -> dict[str, Any]:
        """The agreement for programs, without the single disagreements."""
        labels = {
            label: vars(own) | {"f1": round(own.f1, 4)}
            for label, own in sorted(self.labels.items())
        }
        return {"texts": self.n_shared, "equal": self.n_equal, "labels": labels}


def describe_spans(text: str, spans: Sequence[LabelledSpan]) -> str:
    """Name some spans of a text."""
    if not spans:
        return "nothing there"
    return ", ".join(f"{text[span.start : span.end]!r} ({span.label})" for span in spans)
