"""Texts through teachers: their annotation and distributions, for `spacy train`."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from types import TracebackType

from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab

from ..errors import Errors
from ..models.precision import Precision
from ..pipeline.pipelines import compute_with, find_tagger, pipe_before, pipe_instead
from ..ranges import check, check_count
from ..tagging.confidence import is_confidence
from ..tagging.soft_labels import KEY, keep_top_k
from .ensemble import Member, check_same_words, decode_mean, make_members

BATCHES_IN_A_PART = 16
"""How many batches are sorted by length together: more would save next to nothing."""
LEAST_IN_A_PART, MOST_IN_A_PART = 256, 4096
"""So that there is neither a file for every few texts nor too much to lose."""


def annotate(
    teachers: Language | Sequence[Language],
    texts: Iterable[str | Doc],
    *,
    component: str | None = None,
    top_k: int | None = None,
    batch_size: int = 64,
    precision: Precision = "float32",
    on_progress: Callable[[int], object] | None = None,
) -> Iterator[Doc]:
    """Let teachers annotate texts, leaving their distributions in each doc's user data.

    Texts are annotated in parts of `part_size(batch_size)`, which do not depend on each other. A
    component's own threshold does not apply, because what is too unsure to be written is not too
    unsure to be learned from. Its settings stay as they are. With another precision than
    "float32", whoever else calls the pipelines gets it, too, until the generator ends.

    teachers: A teacher's pipeline; or several, which decode with the mean of their distributions.
        Components behind the first one's tagger run, too.
    texts: Texts, or docs with the tokens to tag. Docs with the first teacher's vocabulary are
        annotated in place, others are copied.
    component: The name of the tagger, if a pipeline has several.
    top_k: Keep only so many tags per word; all if None.
    batch_size: How many texts are tagged at a time.
    precision: In which type torch models compute: "float32", "bfloat16" or "int8".
    on_progress: Is called with the number of texts that have been tagged since the last call.
    YIELDS: Annotated docs, in order; those of several teachers have the first one's vocabulary.
    RAISES: ValueError (H021, H022, H027) if there is no tagger to be found, (H040, H041) if several
        teachers do not fit each other, (H013, H042, H094) if they cannot compute in that precision.
    """
    pipelines = [teachers] if isinstance(teachers, Language) else list(teachers)
    with Teachers(pipelines, component=component, precision=precision) as opened:
        yield from opened.annotate(
            texts, top_k=top_k, batch_size=batch_size, on_progress=on_progress
        )


class Teachers:
    """Teachers that annotate with the mean of their distributions, until they are closed."""

    def __init__(
        self,
        pipelines: Sequence[Language],
        *,
        component: str | None = None,
        precision: Precision = "float32",
    ) -> None:
        """Take pipelines, which are not changed but for the precision.

        pipelines: The teachers.
        component: The name of the tagger, if a pipeline has several.
        precision: In which type torch models compute: "float32", "bfloat16" or "int8".
        RAISES: ValueError (H021, H022, H027) if there is no tagger to be found, (H040) if they do
            not tag the same labels, (H013, H042, H094) if they cannot compute in that precision.
        """
        self.pipelines = list(pipelines)
        check("teachers", self.pipelines, len(self.pipelines) > 0, "one pipeline or several")
        pairs = [(nlp, find_tagger(nlp, component)) for nlp in self.pipelines]
        self.members = make_members(pairs)
        self.is_closed = False
        self._stack = ExitStack()
        self._stack.enter_context(compute_with(precision, self.pipelines))

    def close(self) -> None:
        """Let the pipelines compute as they did before. Nothing can be annotated any more."""
        self._stack.close()
        self.is_closed = True

    def __enter__(self) -> "Teachers":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def annotate(
        self,
        texts: Iterable[str | Doc],
        *,
        top_k: int | None = None,
        batch_size: int = 64,
        on_progress: Callable[[int], object] | None = None,
    ) -> Iterator[Doc]:
        """Annotate texts; see the function `annotate`.

        RAISES: ValueError (H106) if the teachers are closed, (H013) for a number below 1; TypeError
            (H107) for a single string.
        """
        check_count(top_k=top_k, batch_size=batch_size)
        if isinstance(texts, str):
            raise TypeError(Errors.H107)
        texts = iter(texts)
        while part := list(islice(texts, part_size(batch_size))):
            if self.is_closed:
                raise ValueError(Errors.H106)
            for member in self.members:
                # or else the last bits would depend on the parts before
                member.tagger.forget_lexemes()
            order = sorted(range(len(part)), key=lambda i: len(part[i]))
            # texts of like length together, so that little of a batch is padding
            docs = self._annotate_part([part[i] for i in order], batch_size)
            annotated: dict[int, Doc] = {}
            for i, doc in zip(order, docs, strict=True):
                keep_for_students(doc, top_k)
                annotated[i] = doc
                if on_progress is not None:
                    on_progress(1)
            yield from (annotated[i] for i in range(len(part)))

    def _annotate_part(self, texts: Sequence[str | Doc], batch_size: int) -> Iterator[Doc]:
        first, *others = self.members
        # before the first teacher's components write to the docs
        streams = [prepare(member, texts, batch_size) for member in others]
        texts = [own_text(text, first.nlp.vocab) for text in texts]

        def tag(docs: list[Doc]) -> None:
            all_docs = [docs, *(list(islice(stream, len(docs))) for stream in streams)]
            check_same_words(self.members, all_docs)
            scores = decode_mean(self.members, all_docs)
            first.tagger.write(docs, scores, soft_labels=True)

        return pipe_instead(first.nlp, first.tagger.name, texts, batch_size, tag)


def prepare(member: Member, texts: Sequence[str | Doc], batch_size: int) -> Iterator[Doc]:
    """Docs with all that a teacher's tagger needs: the components before it have run.

    member: The teacher.
    texts: Texts, or docs with the tokens to tag, which are copied at once.
    batch_size: How many texts a component gets at a time.
    """
    copied = [
        text if isinstance(text, str) else own_text(text.copy(), member.nlp.vocab) for text in texts
    ]
    return pipe_before(member.nlp, member.tagger.name, copied, batch_size)


def own_text(text: str | Doc, vocab: Vocab) -> str | Doc:
    """A text, or a doc with a vocabulary: the same doc, or else a copy."""
    if isinstance(text, str) or text.vocab is vocab:
        return text
    return Doc(vocab).from_bytes(text.to_bytes())


def keep_for_students(doc: Doc, top_k: int | None = None) -> None:
    """Drop what is of no use to a student, a transformer's output, say, from a doc's user data.

    doc: A doc that carries soft labels. These stay, and how probable its entities are.
    top_k: Keep only so many tags per word; all if None.
    """
    soft = doc.user_data[KEY]
    kept = {key: value for key, value in doc.user_data.items() if is_confidence(key)}
    doc.user_data = kept | {KEY: soft if top_k is None else keep_top_k(soft, top_k)}


def part_size(batch_size: int) -> int:
    """How many texts are sorted by length, and kept, together: a whole number of batches."""
    n_texts = min(max(BATCHES_IN_A_PART * batch_size, LEAST_IN_A_PART), MOST_IN_A_PART)
    return max(n_texts // batch_size, 1) * batch_size
