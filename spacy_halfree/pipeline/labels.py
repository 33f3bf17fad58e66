"""Finding the labels that training texts use."""

from collections.abc import Iterable

from spacy.tokens import Doc
from spacy.training import Example

from ..tagging.soft_labels import has_soft_labels, soft_label_names
from ..types import Target


def find_labels(
    examples: Iterable[Example], target: Target, spans_key: str, *, soft: bool
) -> tuple[list[str], int]:
    """Gather the labels of examples.

    examples: The examples.
    target: Where the labels stand.
    spans_key: The span group, if the target is "spans".
    soft: Whether to take the labels of a teacher's distributions where there are some.
    RETURNS: The labels in alphabetical order, and the number of examples.
    """
    labels: set[str] = set()
    n_docs = 0
    for example in examples:
        n_docs += 1
        if soft and has_soft_labels(example.reference):
            labels.update(soft_label_names(example.reference))
        else:
            labels.update(annotated_labels(example.reference, target, spans_key))
    return sorted(labels), n_docs


def annotated_labels(doc: Doc, target: Target, spans_key: str) -> set[str]:
    """The labels of a doc's own annotation."""
    if target == "tags":
        return {token.tag_ for token in doc if token.tag}
    spans = doc.ents if target == "ents" else doc.spans.get(spans_key, ())
    return {span.label_ for span in spans}
