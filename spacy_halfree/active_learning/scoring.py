"""Parts of a pool through the models: what each text is worth, and the models' annotation of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from spacy.tokens import Doc

from ..data.records import LabelledSpan, Record, Suggestion, TextToken, to_input
from ..distill.teachers import prepare
from ..labelling.worker import Progress, TeacherWorker
from ..tagging.soft_labels import SoftLabels, load_soft_labels
from ..types import Doubles, Floats, Ints
from .diversity import embed_texts, expected_gains, greatest_similarities
from .uncertainty import (
    Measure,
    Unit,
    disagreements,
    entropies,
    score_texts,
    surprisals,
)


@dataclass
class PoolScorer:
    """Tells what raw texts are worth to be labelled next.

    worker: The models.
    measure: What makes a text worth labelling, see `uncertainty`.
    unit: "text" for the sum over words, "word" for their mean.
    known (n_known x WIDTH, float32): The vectors of texts that are labelled already.
    diversity: How much likeness to a known text takes away, see `diversity.expected_gains`.
    """

    worker: TeacherWorker
    measure: Measure
    unit: Unit
    known: Floats
    diversity: float

    def __call__(
        self, records: Sequence[Record], least_gain: float, on_progress: Progress | None = None
    ) -> tuple[list[Suggestion], dict[int, str]]:
        """Score records.

        records: The texts, each with its id; at most `worker.texts_in_a_part`.
        least_gain: Of texts with a smaller gain nothing is told.
        on_progress: Is called with the number of texts tagged since the last call.
        RETURNS: The others as candidates; and why the models failed at texts, by their places.
        """
        with self.worker.annotated(records, on_progress) as (docs, failed):
            if not docs:
                return [], failed
            used = [record for i, record in enumerate(records) if i not in failed]
            layer = self.worker.tagger.layer
            word_counts = [len(layer.words(doc)) for doc in docs]
            lengths = np.array(word_counts, dtype=np.int64)
            soft = [
                load_soft_labels(doc, length) for doc, length in zip(docs, word_counts, strict=True)
            ]
            tags = np.concatenate([own.tags for own in soft])
            surprisal = surprisals(np.concatenate([own.probabilities for own in soft]), tags)
            scores = score_texts(self._measure_words(used, soft, surprisal), lengths, self.unit)
            confidences = np.exp(-score_texts(surprisal, lengths, "word"))
            gains = self._gains(docs, scores)
            found = [
                Suggestion(
                    used[i]["id"],
                    docs[i].text,
                    tokens_of(docs[i]),
                    tuple(LabelledSpan(*own.annotation) for own in layer.predictions(docs[i])),
                    float(scores[i]),
                    float(confidences[i]),
                    float(gains[i]),
                )
                for i in np.flatnonzero(gains >= least_gain).tolist()
            ]
        return found, failed

    def _gains(self, docs: Sequence[Doc], scores: Doubles) -> Doubles:
        vectors = embed_texts([doc.text for doc in docs])
        return expected_gains(scores, greatest_similarities(vectors, self.known), self.diversity)

    def _measure_words(
        self, records: Sequence[Record], soft: Sequence[SoftLabels], surprisal: Doubles
    ) -> Doubles:
        if self.measure == "entropy":
            return entropies(np.concatenate([own.probabilities for own in soft]))
        if self.measure == "confidence":
            return surprisal
        return self._disagreements(records, [own.tags for own in soft])

    def _disagreements(self, records: Sequence[Record], tags: Sequence[Ints]) -> Doubles:
        """The models' disagreement at each word, under the tags decoded with their mean."""
        found = [np.zeros(len(own)) for own in tags]
        # texts of like length together, so that little is padding; those without words left out
        order = sorted((i for i in range(len(tags)) if len(tags[i])), key=lambda i: len(tags[i]))
        teachers = self.worker.teachers()
        vocab = teachers.pipelines[0].vocab
        for start in range(0, len(order), self.worker.batch_size):
            batch = order[start : start + self.worker.batch_size]
            texts = [to_input(records[i], vocab) for i in batch]
            given = np.concatenate([tags[i] for i in batch])
            distributions = [
                member.distributions(list(prepare(member, texts, len(texts))), given)
                for member in teachers.members
            ]
            bounds = np.cumsum([len(tags[i]) for i in batch])[:-1]
            for i, words in zip(batch, np.split(disagreements(distributions), bounds), strict=True):
                found[i] = words
        return np.concatenate(found)


def tokens_of(doc: Doc) -> tuple[TextToken, ...]:
    """The tokens of a doc as plain values."""
    return tuple(
        TextToken(token.text, token.idx, token.idx + len(token), bool(token.whitespace_))
        for token in doc
    )
