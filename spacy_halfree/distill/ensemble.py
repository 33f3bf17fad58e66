"""One annotation by several teachers: greedy decoding with the mean of their distributions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from ..errors import Errors
from ..pipeline.tagger import HalfreeTagger, Tagged
from ..tagging.scheme import first_words
from ..types import Floats, Ints, Prediction


@dataclass(frozen=True)
class Member:
    """A teacher among others.

    nlp: Its pipeline.
    tagger: Its tagger.
    columns (n_tags, int64): The tag of this teacher that is each tag of the first teacher's.
    """

    nlp: Language
    tagger: HalfreeTagger
    columns: Ints

    def distributions(self, docs: Sequence[Doc], tags: Ints) -> Floats:
        """p(tag | the tags before, text), with tags as the first teacher counts them."""
        return self.tagger.distributions(docs, self.columns[tags])[:, self.columns]

    @property
    def path(self) -> object:
        """What messages call it."""
        return self.nlp.path or self.nlp.meta["name"]


def make_members(teachers: Sequence[tuple[Language, HalfreeTagger]]) -> list[Member]:
    """Teachers that can be averaged.

    teachers: Pipelines, and their taggers.
    RETURNS: The same, in order.
    RAISES: ValueError (H040) if they do not tag the same labels.
    """
    first = teachers[0][1]
    members = []
    for nlp, tagger in teachers:
        columns = np.arange(first.scheme.n_tags)
        member = Member(nlp, tagger, columns)
        if tagger.target != first.target or set(tagger.labels) != set(first.labels):
            raise ValueError(
                Errors.H040.format(
                    path=member.path,
                    target=tagger.target,
                    labels=list(tagger.labels),
                    first_target=first.target,
                    first_labels=list(first.labels),
                )
            )
        tags = {label: tag for tag, label in enumerate(tagger.labels, tagger.scheme.offset)}
        columns[first.scheme.offset :] = [tags[label] for label in first.labels]
        members.append(member)
    return members


def check_same_words(members: Sequence[Member], docs: Sequence[Sequence[Doc]]) -> None:
    """RAISES: ValueError (H041) if docs of two teachers differ in tokens or in entities."""
    for member, others in zip(members[1:], docs[1:], strict=True):
        for first, other in zip(docs[0], others, strict=True):
            if [token.text for token in first] != [token.text for token in other] or [
                (ent.start, ent.end, ent.label_) for ent in first.ents
            ] != [(ent.start, ent.end, ent.label_) for ent in other.ents]:
                raise ValueError(
                    Errors.H041.format(
                        text=first.text[:80], first=members[0].path, path=member.path
                    )
                )


def decode_mean(members: Sequence[Member], docs: Sequence[Sequence[Doc]]) -> Tagged:
    """Take the best tag at every word by the mean distribution, given the tags taken before.

    No teacher needs to be walked word by word: beginning with the first teacher's own tags, all
    distributions are computed under the tags so far, and the best tags taken, until a text's tags
    stay as they are. As the distribution at a word depends on earlier tags alone, every round
    settles at least one more word, and the outcome is that of the walk. (Jacobi's iteration, after
    Song et al. 2021, arXiv 2002.03629. A few rounds suffice, in which few texts are left.) One
    teacher decodes for itself.

    members: The teachers.
    docs: For each teacher its docs of the same texts.
    RETURNS: The first teacher's batch, the tags and the mean distributions.
    """
    tagger = members[0].tagger
    batch, draft = tagger.predict(docs[0])
    if len(members) == 1:
        return batch, draft
    tags = tagger.model.ops.to_numpy(draft.tags)
    probabilities = np.zeros((batch.n_words, batch.n_tags), dtype=np.float32)
    starts = np.cumsum(batch.lengths) - batch.lengths
    settled = np.zeros(len(batch.docs), dtype=np.int64)
    active = np.flatnonzero(batch.lengths)
    while len(active):
        lengths = batch.lengths[active]
        places = word_positions(lengths)
        rows = np.repeat(starts[active], lengths) + places
        mean = np.mean(
            [
                member.distributions([own[doc] for doc in active.tolist()], tags[rows])
                for member, own in zip(members, docs, strict=True)
            ],
            axis=0,
        )
        probabilities[rows] = mean
        # words that are settled keep their tags, whatever rounding says in another batch
        is_open = places >= np.repeat(settled[active], lengths)
        best = np.where(is_open, mean.argmax(axis=1), tags[rows])
        changed = np.where(best != tags[rows], places, np.iinfo(np.int64).max)
        tags[rows] = best
        first_changed = np.minimum.reduceat(changed, first_words(lengths))
        settled[active] = np.minimum(first_changed, lengths - 1) + 1
        active = active[first_changed < lengths]
    asarray = tagger.model.ops.asarray
    return batch, Prediction(asarray(tags), asarray(probabilities))


def word_positions(lengths: Ints) -> Ints:
    """The position of each word in its text, texts laid end to end."""
    starts = np.cumsum(lengths) - lengths
    return np.arange(int(lengths.sum())) - np.repeat(starts, lengths)
