"""What every annotation layer can do."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from spacy.tokens import Doc, Span
from spacy.training import Example

from ...errors import Errors
from ...types import Bools, Floats, Hashes, Ints, TaggingBatch
from ..attributes import tagged_tokens
from ..label_tags import LabelTags
from ..scheme import UNKNOWN, TagScheme

Annotation = tuple[int, int, str]
"""Start and end in characters, and the label."""


class PredictedSpan(NamedTuple):
    """A span, or a token and its tag, on a tagged doc.

    start, end: Characters of the text.
    label: The label.
    confidence: Its probability; None if another component has written it.
    """

    start: int
    end: int
    label: str
    confidence: float | None

    @property
    def annotation(self) -> Annotation:
        """The same without its confidence."""
        return self.start, self.end, self.label


@dataclass(frozen=True)
class Decoded:
    """Decoded tags of a batch, ready to be written.

    batch: The docs and their words.
    tags (n_words, int64): A legal sequence of tags for each doc.
    probabilities (n_words x n_tags, float32): The calibrated distributions.
    label_hashes (n_labels, uint64): The labels' hashes in the string store.
    name: The component's name.
    """

    batch: TaggingBatch
    tags: Ints
    probabilities: Floats
    label_hashes: Hashes
    name: str


class Layer(ABC):
    """Where a tagger's labels come from and go to: entities, token tags or a span group.

    A layer has no state but its key. To add one, write a class in this folder and register it in
    `LAYERS`.
    """

    name: ClassVar[str]
    """What configs and files call it: the component's setting `target`."""
    has_spans: ClassVar[bool]
    """Whether it holds spans, rather than a tag for every token. Spans leave out white space."""
    noun: ClassVar[str]
    """What it holds, for people."""

    def __init__(self, spans_key: str = "") -> None:
        """Make a layer.

        spans_key: The component's setting, for layers with a key.
        """
        self.key = spans_key

    def scheme(self, labels: Sequence[str]) -> TagScheme:
        """The tags for labels."""
        return TagScheme(tuple(labels), self.has_spans)

    @property
    def description(self) -> str:
        """What it holds and where, for messages."""
        return self.noun

    @property
    def place(self) -> str:
        """Under which the confidence of its spans is stored, apart from that of other layers."""
        return self.name

    def words(self, doc: Doc) -> Ints:
        """The indices of the tokens that get a tag (n_words, int64)."""
        return tagged_tokens(doc, spans=self.has_spans)

    # annotated docs

    @abstractmethod
    def is_annotated(self, doc: Doc) -> bool:
        """Whether a doc has any annotation of this layer, which may be that there is nothing."""

    @abstractmethod
    def annotations(self, doc: Doc) -> set[Annotation]:
        """The annotation of a doc for which `is_annotated` holds."""

    @abstractmethod
    def unknown(self, doc: Doc) -> list[tuple[int, int]]:
        """Where the annotation is missing: starts and ends in characters, in order."""

    @abstractmethod
    def labels(self, doc: Doc) -> set[str]:
        """The labels that a doc's annotation uses."""

    @abstractmethod
    def gold_tags(self, example: Example, label_tags: LabelTags, name: str) -> Ints:
        """The tags that the reference's annotation gives to the tokens of the predicted doc.

        Annotation that is missing, or does not align with the predicted tokens, gives `UNKNOWN`.

        example: The example.
        label_tags: Looks up the tags of labels.
        name: The component's name, for messages.
        RETURNS (n_tokens, int64): The tags.
        RAISES: ValueError (H003, H004) for an unknown label or for overlapping spans.
        """

    # docs to tag

    def pinned(self, attributes: Hashes, words: Ints, label_tags: LabelTags) -> Bools | None:
        """Which tags the existing annotation leaves to each word.

        attributes (n_tokens x 4, uint64): IS_SPACE, ENT_IOB, ENT_TYPE and TAG of all tokens.
        words (n_words, int64): The token index of each word.
        label_tags: Looks up the tags of labels.
        RETURNS (n_words x n_tags): Whether a word may have a tag; None if nothing is pinned.
        """
        return None

    def cleared(self, doc: Doc) -> Doc:
        """A copy of a doc in which nothing is pinned; everything else is copied."""
        copied: Doc = doc.copy()
        return copied

    # tagged docs

    @abstractmethod
    def write(self, decoded: Decoded, threshold: float) -> None:
        """Write predicted tags to docs. Existing entities and tags stay.

        decoded: The tags, and the docs to write them to.
        threshold: The least probability of a span that is written.
        RAISES: ValueError (H159) if something of another component would be lost. Then no doc is
            changed.
        """

    @abstractmethod
    def spans(self, doc: Doc) -> Sequence[Span]:
        """The spans on a doc; none if the layer holds token tags."""

    @abstractmethod
    def predictions(self, doc: Doc) -> list[PredictedSpan]:
        """What is on a doc, in the order of the text, with its confidence."""

    @abstractmethod
    def score(self, examples: Sequence[Example]) -> dict[str, Any]:
        """Score tagged docs: under spaCy's names, and as `halfree_p`, `halfree_r`, `halfree_f`.

        examples: The examples, their predicted docs tagged.
        RETURNS: The scores, from 0 to 1; None if the examples are not annotated.
        """


def with_shared_names(scores: dict[str, Any], prefix: str) -> dict[str, Any]:
    """Add precision, recall and F-score under names that are the same for all layers.

    scores: The scores.
    prefix: What their names in `scores` begin with.
    """
    return scores | {f"halfree_{letter}": scores.get(f"{prefix}_{letter}") for letter in "prf"}


def check_labels(example: Example, hashes: Hashes, label_tags: LabelTags, name: str) -> None:
    """Check that an example has no other labels than the component.

    example: The example.
    hashes: Its labels.
    label_tags: Looks up the tags of the component's labels.
    name: The component's name.
    RAISES: ValueError (H003) for an unknown label.
    """
    unknown = hashes[label_tags(hashes) == UNKNOWN]
    if len(unknown):
        raise ValueError(
            Errors.H003.format(
                name=name,
                text=example.reference.text[:80],
                label=example.reference.vocab.strings[int(unknown[0])],
                labels=list(label_tags.scheme.labels),
            )
        )
