"""What a tagger predicts on annotated texts, and whether it is right."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import minibatch

from ..errors import Errors
from ..pipeline.pipelines import find_tagger, pipe_before
from ..pipeline.tagger import HalfreeTagger
from ..tagging.confidence import apply_temperature, span_confidences
from ..tagging.layers import touches
from ..tagging.scheme import spans_from_tags
from ..types import Bools, Doubles, Floats, Ints, Prediction, TaggingBatch

BATCH_SIZE = 128


@dataclass(frozen=True)
class Judgement:
    """Entities, spans or tags of a batch of texts, each right or wrong.

    tags (n_words, int64): The decoded tags, texts laid end to end.
    probabilities (n_words x n_tags, float32): The distributions, as the model gives them.
    lengths (n_texts, int64): The number of words of each text.
    first, last (n, int64): The first and the last word of each thing that was predicted.
    is_right (n, bool): Whether the annotation has the very same.
    spans: Whether these are spans, whose ending counts, or tags of single tokens.
    """

    tags: Ints
    probabilities: Floats
    lengths: Ints
    first: Ints
    last: Ints
    is_right: Bools
    spans: bool

    def confidences(self, temperature: float) -> Doubles:
        """How probable each is, if the model's scores are divided by a temperature."""
        probabilities = apply_temperature(self.probabilities, temperature)
        if self.spans:
            return span_confidences(self.tags, probabilities, self.lengths, self.first, self.last)
        chosen = np.take_along_axis(probabilities, self.tags[:, None], axis=1)[:, 0]
        return chosen[self.first].astype(np.float64)


def judge(nlp: Language, name: str, docs: Iterable[Doc]) -> list[Judgement]:
    """Let a pipeline predict what annotated texts have.

    nlp: The pipeline.
    name: The name of its tagger.
    docs: The annotated texts; those without annotation for the tagger's target are left out.
    RETURNS: A judgement for each batch. What components before the tagger have set is not judged,
        and neither is what is predicted where the annotation is missing.
    RAISES: ValueError (H044) if nothing can be judged.
    """
    tagger = find_tagger(nlp, name)
    judgements = []
    annotated = (doc for doc in docs if tagger.layer.is_annotated(doc))
    for gold in minibatch(annotated, BATCH_SIZE):
        predicted = list(pipe_before(nlp, name, [doc.text for doc in gold], BATCH_SIZE))
        judgements.append(judge_batch(tagger, *tagger.predict(predicted), gold))
    if not sum(len(judgement.is_right) for judgement in judgements):
        raise ValueError(Errors.H044.format(name=name))
    return judgements


def judge_batch(
    tagger: HalfreeTagger, batch: TaggingBatch, prediction: Prediction, gold: list[Doc]
) -> Judgement:
    """Compare what was predicted with the annotation."""
    to_numpy = tagger.model.ops.to_numpy
    tags, probabilities = to_numpy(prediction.tags), to_numpy(prediction.probabilities)
    if tagger.scheme.spans:
        first, last, labels = spans_from_tags(tags, batch.lengths)
    else:
        first = last = np.arange(batch.n_words)
        labels = tags
    if batch.allowed is not None:
        # others have said so, and it is no prediction
        n_pinned = np.append(0, np.cumsum(batch.allowed.sum(axis=1) == 1))
        free = n_pinned[last + 1] == n_pinned[first]
        first, last, labels = first[free], last[free], labels[free]
    tokens = [token for doc in batch.docs for token in doc]
    text_of_word = np.repeat(np.arange(len(gold)), batch.lengths)
    right = [tagger.layer.annotations(doc) for doc in gold]
    unknown = [tagger.layer.unknown(doc) for doc in gold]
    is_known, is_right = [], []
    for start, end, label in zip(first.tolist(), last.tolist(), labels.tolist(), strict=True):
        text, end_token = text_of_word[start], tokens[batch.words[end]]
        begins, ends = tokens[batch.words[start]].idx, end_token.idx + len(end_token)
        is_known.append(not touches(begins, ends, unknown[text]))
        is_right.append((begins, ends, tagger.labels[label]) in right[text])
    known = np.array(is_known, dtype=bool)
    return Judgement(
        tags,
        probabilities,
        batch.lengths,
        first[known],
        last[known],
        np.array(is_right, dtype=bool)[known],
        tagger.scheme.spans,
    )
