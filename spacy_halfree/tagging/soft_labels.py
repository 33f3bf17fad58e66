"""A teacher's distributions, as they travel in `Doc.user_data`.

Format, version 1: `Doc.user_data["halfree_soft_labels"]` is a dict of plain values and arrays,
which a `DocBin(store_user_data=True)` keeps:

- `version`: 1.
- `target`: "ents", "tags" or "spans".
- `labels`: the teacher's labels; the tags are `O`, `I` and these for entities and spans, these
  alone for tags.
- `tags` (n_words, uint16): the teacher's decoded tags, on which each distribution is conditioned.
- `probabilities` (n_words x n_tags, float16): p(tag | the tags before, text); or, if only the top
  k were kept, `top_tags` (n_words x k, uint16) and `top_probabilities` (n_words x k, float16),
  where what is missing to 1 is spread evenly over the other tags.

Words are the doc's tokens, without white-space tokens where entities or spans are tagged.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from spacy.tokens import Doc

from ..errors import Errors
from ..types import Floats, Ints
from .attributes import tagged_tokens
from .layers import LAYERS
from .scheme import TagScheme

KEY = "halfree_soft_labels"
"""Under which they stand in `Doc.user_data`."""
VERSION = 1
Payload = dict[str, Any]


@dataclass
class SoftLabels:
    """A text's distributions over tags.

    labels: The teacher's labels.
    target: The name of the teacher's layer.
    tags (n_words, int64): The teacher's tags.
    probabilities (n_words x n_tags, float32): p(tag | the tags before, text).
    """

    labels: tuple[str, ...]
    target: str
    tags: Ints
    probabilities: Floats

    def reorder(self, scheme: TagScheme) -> "SoftLabels":
        """The same distributions with the tags in the order of another scheme.

        scheme: A scheme with the same set of labels.
        """
        if self.labels == scheme.labels:
            return self
        own_tag = {label: tag for tag, label in enumerate(self.labels, start=scheme.offset)}
        columns = np.arange(scheme.n_tags)
        columns[scheme.offset :] = [own_tag[label] for label in scheme.labels]
        new_tag = np.argsort(columns)
        return SoftLabels(
            scheme.labels, self.target, new_tag[self.tags], self.probabilities[:, columns]
        )


def store_soft_labels(doc: Doc, soft: SoftLabels) -> None:
    """Put distributions into a doc's user data.

    doc: The doc.
    soft: One row per word of the doc.
    """
    doc.user_data[KEY] = {
        "version": VERSION,
        "target": soft.target,
        "labels": list(soft.labels),
        "tags": soft.tags.astype(np.uint16),
        "probabilities": soft.probabilities.astype(np.float16),
    }


def keep_top_k(payload: Payload, k: int) -> Payload:
    """Keep only the most probable tags of each word.

    payload: What `store_soft_labels` stored.
    k: How many tags to keep.
    RETURNS: The smaller payload; the same one if there are no more than k tags.
    """
    probabilities = payload["probabilities"]
    if k >= probabilities.shape[1]:
        return payload
    order = np.argsort(-probabilities, axis=1, kind="stable")[:, :k]
    smaller = {key: value for key, value in payload.items() if key != "probabilities"}
    smaller["top_tags"] = order.astype(np.uint16)
    smaller["top_probabilities"] = np.take_along_axis(probabilities, order, axis=1)
    return smaller


def has_soft_labels(doc: Doc) -> bool:
    """Whether a doc carries a teacher's distributions."""
    return KEY in doc.user_data


def soft_label_names(doc: Doc) -> tuple[str, ...]:
    """The teacher's labels.

    doc: A doc that carries soft labels.
    RAISES: ValueError (H007, H008) if they are of another version of the format, or damaged; (H108)
        if there are none.
    """
    if not has_soft_labels(doc):
        raise ValueError(Errors.H108.format(text=doc.text[:80]))
    payload = doc.user_data[KEY]
    version = payload.get("version") if isinstance(payload, dict) else None
    if version != VERSION:
        raise ValueError(Errors.H007.format(text=doc.text[:80], found=version, known=VERSION))
    try:
        return tuple(str(label) for label in payload["labels"])
    except (KeyError, TypeError) as error:
        raise _damaged(doc, repr(error)) from error


def load_soft_labels(doc: Doc, n_words: int | None = None) -> SoftLabels:
    """Read the distributions of a doc.

    doc: A doc that carries soft labels.
    n_words: How many words it has; each must have a row. They are counted if this is None.
    RETURNS: The distributions, each row normalized.
    RAISES: ValueError (H007, H008) if they are of another version of the format, or damaged; (H108)
        if there are none.
    """
    labels = soft_label_names(doc)
    if n_words is None:
        n_words = len(soft_label_words(doc))
    payload = doc.user_data[KEY]
    try:
        target = str(payload["target"])
        n_tags = scheme_of(labels, target).n_tags
        # what is no number as a whole is checked below
        with np.errstate(invalid="ignore"):
            tags = np.asarray(payload["tags"]).astype(np.int64)
        if "probabilities" in payload:
            probabilities = np.asarray(payload["probabilities"]).astype(np.float32)
        else:
            probabilities = _spread(
                np.asarray(payload["top_tags"]).astype(np.int64),
                np.asarray(payload["top_probabilities"]).astype(np.float32),
                n_tags,
            )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise _damaged(doc, repr(error)) from error
    if tags.shape != (n_words,) or probabilities.shape != (n_words, n_tags):
        raise _damaged(
            doc,
            f"{n_words} words and {n_tags} tags, but rows of shapes {tags.shape} and "
            f"{probabilities.shape}",
        )
    total = probabilities.sum(axis=1, keepdims=True)
    if n_words and not (
        tags.min() >= 0
        and tags.max() < n_tags
        and probabilities.min() >= 0
        and np.all(np.abs(total - 1) < 0.1)
    ):
        raise _damaged(doc, "not probabilities that sum to 1, or a tag that does not exist")
    return SoftLabels(labels, target, tags, probabilities / total)


def check_soft_labels(doc: Doc) -> None:
    """RAISES: ValueError (H007, H008) if the soft labels that a doc carries cannot be used."""
    soft_label_names(doc)
    load_soft_labels(doc)


def soft_label_words(doc: Doc) -> Ints:
    """The indices of the tokens that a doc's soft labels describe (n_words, int64)."""
    target = doc.user_data[KEY].get("target")
    return tagged_tokens(doc, spans=target not in LAYERS or LAYERS[target].has_spans)


def scheme_of(labels: tuple[str, ...], target: str) -> TagScheme:
    """The tags of soft labels.

    RAISES: KeyError for an unknown layer.
    """
    return TagScheme(labels, LAYERS[target].has_spans)


def _damaged(doc: Doc, reason: str) -> ValueError:
    return ValueError(Errors.H008.format(text=doc.text[:80], reason=reason))


def _spread(top_tags: Ints, top_probabilities: Floats, n_tags: int) -> Floats:
    """Dense distributions from the top k, what is missing to 1 spread over the other tags."""
    n_rest = n_tags - top_tags.shape[1]
    rest = (1 - top_probabilities.sum(axis=1, keepdims=True)).clip(min=0)
    dense = np.repeat(rest / max(n_rest, 1), n_tags, axis=1).astype(np.float32)
    np.put_along_axis(dense, top_tags, top_probabilities, axis=1)
    return dense
