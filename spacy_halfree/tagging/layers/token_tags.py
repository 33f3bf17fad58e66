"""Token tags: `Token.tag_`."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from spacy.attrs import TAG
from spacy.scorer import PRFScore, Scorer
from spacy.tokens import Doc, Span
from spacy.training import Example

from ...types import Bools, Hashes, Ints
from ..attributes import same_tokens, token_attributes
from ..confidence import tag_probabilities
from ..constraints import word_mask
from ..label_tags import LabelTags
from .base import Annotation, Decoded, Layer, PredictedSpan, check_labels, with_shared_names


class TagLayer(Layer):
    """Reads and writes `Token.tag_` of every token. Existing tags are pinned and kept."""

    name: ClassVar[str] = "tags"
    has_spans: ClassVar[bool] = False
    noun: ClassVar[str] = "tags"

    def is_annotated(self, doc: Doc) -> bool:
        """See `Layer`."""
        return bool(doc.has_annotation("TAG"))

    def annotations(self, doc: Doc) -> set[Annotation]:
        """See `Layer`."""
        return {(own.idx, own.idx + len(own), own.tag_) for own in doc if own.tag}

    def unknown(self, doc: Doc) -> list[tuple[int, int]]:
        """See `Layer`."""
        return [(token.idx, token.idx + len(token)) for token in doc if not token.tag]

    def labels(self, doc: Doc) -> set[str]:
        """See `Layer`."""
        return {token.tag_ for token in doc if token.tag}

    def gold_tags(self, example: Example, label_tags: LabelTags, name: str) -> Ints:
        """See `Layer`."""
        if same_tokens(example):
            hashes = token_attributes(example.reference, [TAG])[:, 0]
        else:
            aligned = example.get_aligned("TAG")
            hashes = np.array([tag or 0 for tag in aligned], dtype=np.uint64)
        check_labels(example, hashes[hashes != 0], label_tags, name)
        return label_tags(hashes)

    def pinned(self, attributes: Hashes, words: Ints, label_tags: LabelTags) -> Bools | None:
        """See `Layer`."""
        tags = attributes[:, 3]
        if not tags.any():
            return None
        return word_mask(label_tags(tags), np.zeros(len(words), dtype=bool), label_tags.scheme)

    def cleared(self, doc: Doc) -> Doc:
        """See `Layer`."""
        copied = doc.copy()
        copied.from_array([TAG], np.zeros(len(copied), dtype=np.uint64))
        return copied

    def write(self, decoded: Decoded, threshold: float) -> None:
        """See `Layer`. Every token gets a tag, whatever the threshold."""
        batch = decoded.batch
        hashes = np.split(decoded.label_hashes[decoded.tags], np.cumsum(batch.lengths)[:-1])
        for doc, of_doc in zip(batch.docs, hashes, strict=True):
            existing = token_attributes(doc, [TAG])[:, 0]
            doc.from_array([TAG], np.where(existing == 0, of_doc, existing))

    def spans(self, doc: Doc) -> Sequence[Span]:
        """See `Layer`."""
        return ()

    def predictions(self, doc: Doc) -> list[PredictedSpan]:
        """See `Layer`. A tag's confidence is known if the tagger stores probabilities."""
        return [
            PredictedSpan(
                token.idx,
                token.idx + len(token),
                token.tag_,
                (tag_probabilities(token) or {}).get(token.tag_),
            )
            for token in doc
            if token.tag
        ]

    def score(self, examples: Sequence[Example]) -> dict[str, Any]:
        """See `Layer`."""
        scores = score_tags(examples) | Scorer.score_token_attr(examples, "tag")
        return with_shared_names(scores, "tag")


def score_tags(examples: Sequence[Example]) -> dict[str, Any]:
    """Exact tokens and tags, by character offsets; tokens without a gold tag do not count."""
    total = PRFScore()
    per_type: dict[str, PRFScore] = {}
    for example in examples:
        gold = {(t.idx, t.idx + len(t), t.tag_) for t in example.reference if t.tag}
        unannotated = {t.idx for t in example.reference if not t.tag}
        found = {
            (t.idx, t.idx + len(t), t.tag_)
            for t in example.predicted
            if t.tag and t.idx not in unannotated
        }
        total.score_set(found, gold)
        for tag in {tag for _, _, tag in gold | found}:
            of_tag = per_type.setdefault(tag, PRFScore())
            of_tag.score_set(
                {item for item in found if item[2] == tag},
                {item for item in gold if item[2] == tag},
            )
    if not total.tp + total.fn:
        return {"tag_p": None, "tag_r": None, "tag_f": None, "tag_per_type": None}
    return {
        "tag_p": total.precision,
        "tag_r": total.recall,
        "tag_f": total.fscore,
        "tag_per_type": {tag: score.to_dict() for tag, score in sorted(per_type.items())},
    }
