"""One annotation by several teachers: greedy decoding with the mean of their distributions."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab

from ..errors import Errors
from ..pipeline.tagger import HalfreeTagger
from ..tagging.scheme import first_words
from ..types import Floats, Ints


@dataclass(frozen=True)
class Member:
    """A teacher among others.

    nlp: Its pipeline.
    name: Its tagger's name.
    columns (n_tags, int64): The tag of this teacher that is each tag of the first teacher's.
    """

    nlp: Language
    name: str
    columns: Ints

    @property
    def tagger(self) -> HalfreeTagger:
        return self.nlp.get_pipe(self.name)  # type: ignore[return-value]

    def prepare(self, texts: Sequence[str | Doc]) -> list[Doc]:
        """Docs with all that the tagger needs: what stands before it in the pipeline has run."""
        position = self.nlp.pipe_names.index(self.name)
        with self.nlp.select_pipes(disable=self.nlp.pipe_names[position:]):
            own = [
                text if isinstance(text, str) else copy_doc(text, self.nlp.vocab) for text in texts
            ]
            return list(self.nlp.pipe(own, batch_size=len(own)))

    def distributions(self, docs: Sequence[Doc], tags: Ints) -> Floats:
        """p(tag | the tags before, text), with tags as the first teacher counts them."""
        return self.tagger.distributions(docs, self.columns[tags])[:, self.columns]


def make_members(teachers: Sequence[tuple[Language, str]]) -> list[Member]:
    """Teachers that can be averaged.

    teachers: Pipelines, and the names of their taggers.
    RETURNS: The same, in order.
    RAISES: ValueError (H040) if they do not tag the same labels.
    """
    taggers: list[HalfreeTagger] = [nlp.get_pipe(name) for nlp, name in teachers]  # type: ignore[misc]
    first = taggers[0]
    members = []
    for (nlp, name), tagger in zip(teachers, taggers, strict=True):
        if tagger.target != first.target or set(tagger.labels) != set(first.labels):
            raise ValueError(
                Errors.H040.format(
                    path=nlp.path or nlp.meta["name"],
                    target=tagger.target,
                    labels=list(tagger.labels),
                    first_target=first.target,
                    first_labels=list(first.labels),
                )
            )
        columns = np.arange(first.scheme.n_tags)
        own = {label: tag for tag, label in enumerate(tagger.labels, tagger.scheme.offset)}
        columns[first.scheme.offset :] = [own[label] for label in first.labels]
        members.append(Member(nlp, name, columns))
    return members


def copy_doc(doc: Doc, vocab: Vocab) -> Doc:
    """The same doc with another vocabulary."""
    return Doc(vocab).from_bytes(doc.to_bytes())


def annotate_with_mean(
    members: Sequence[Member], texts: Iterable[str | Doc], batch_size: int
) -> Iterator[Doc]:
    """Annotate texts as if the mean of all teachers' distributions were one model.

    members: The teachers; the docs are those of the first.
    texts: Texts, or docs with the tokens to tag.
    batch_size: How many texts are tagged at a time.
    YIELDS: Docs with annotation and, in their user data, the mean distributions.
    RAISES: ValueError (H041) if the teachers do not read a text as the same words.
    """
    texts = iter(texts)
    while batch := list(islice(texts, batch_size)):
        docs = [member.prepare(batch) for member in members]
        check_same_words(members, docs)
        tags, probabilities = decode_mean(members, docs)
        members[0].tagger.annotate(docs[0], tags, probabilities)
        yield from docs[0]


def check_same_words(members: Sequence[Member], docs: Sequence[Sequence[Doc]]) -> None:
    """RAISES: ValueError (H041) if docs of two teachers differ in tokens or in entities."""
    for member, others in zip(members, docs, strict=True):
        for first, other in zip(docs[0], others, strict=True):
            if [token.text for token in first] != [token.text for token in other] or [
                (ent.start, ent.end, ent.label_) for ent in first.ents
            ] != [(ent.start, ent.end, ent.label_) for ent in other.ents]:
                raise ValueError(
                    Errors.H041.format(
                        text=first.text[:80],
                        first=members[0].nlp.path or members[0].nlp.meta["name"],
                        path=member.nlp.path or member.nlp.meta["name"],
                    )
                )


def decode_mean(members: Sequence[Member], docs: Sequence[Sequence[Doc]]) -> tuple[Ints, Floats]:
    """Take the best tag at every word by the mean distribution, given the tags taken before.

    No teacher needs to be walked word by word: beginning with the first teacher's own tags, all
    distributions are computed under the tags so far, and the best tags taken, until a text's tags
    stay as they are. As the distribution at a word depends on earlier tags alone, every round
    settles at least one more word, and the outcome is that of the walk. (Jacobi's iteration, after
    Song et al. 2021, arXiv 2002.03629. A few rounds suffice, in which few texts are left.)

    members: The teachers.
    docs: For each teacher its docs of the same texts.
    RETURNS: The tags (n_words, int64), and the mean distributions (n_words x n_tags, float32).
    """
    tagger = members[0].tagger
    batch, draft = tagger.predict(docs[0])
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
    return tags, probabilities


def word_positions(lengths: Ints) -> Ints:
    """The position of each word in its text, texts laid end to end."""
    starts = np.cumsum(lengths) - lengths
    return np.arange(int(lengths.sum())) - np.repeat(starts, lengths)
