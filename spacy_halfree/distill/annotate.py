"""Texts through teachers: their annotation and distributions, for `spacy train`."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice

from spacy.language import Language
from spacy.tokens import Doc

from ..errors import Errors
from ..pipeline.confidence import is_confidence
from ..pipeline.precision import Precision, compute_with
from ..pipeline.tagger import HalfreeTagger
from ..tagging.soft_labels import KEY, keep_top_k
from .ensemble import annotate_with_mean, make_members

BATCHES_IN_A_PART = 16
"""How many batches are sorted by length together: more would save next to nothing."""
LEAST_IN_A_PART, MOST_IN_A_PART = 256, 4096
"""So that there is neither a file for every few texts nor too much to lose."""


def find_tagger(nlp: Language, name: str | None = None) -> HalfreeTagger:
    """The component that gives soft labels.

    nlp: The teacher's pipeline.
    name: The component's name, if there are several.
    RAISES: ValueError (H021, H022, H027) if there is none, several and no name, or none of that
        name.
    """
    names = [pipe for pipe in find_tagger_names(nlp) if name in (None, pipe)]
    if len(names) == 1:
        return nlp.get_pipe(names[0])  # type: ignore[return-value]
    path = nlp.path or nlp.meta["name"]
    others = ", ".join(find_tagger_names(nlp))
    if others and not names:
        raise ValueError(Errors.H027.format(path=path, name=name, pipes=others))
    if names:
        raise ValueError(Errors.H022.format(path=path, pipes=", ".join(names)))
    raise ValueError(Errors.H021.format(path=path, pipes=", ".join(nlp.pipe_names) or "none"))


def find_tagger_names(nlp: Language) -> list[str]:
    """The names of all components that can give soft labels."""
    return [name for name in nlp.pipe_names if isinstance(nlp.get_pipe(name), HalfreeTagger)]


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

    Texts are annotated in parts of `part_size(batch_size)`, which do not depend on each other.

    teachers: A teacher's pipeline; or several, which decode with the mean of their distributions.
    texts: Texts, or docs with the tokens to tag.
    component: The name of the tagger, if a pipeline has several.
    top_k: Keep only so many tags per word; all if None.
    batch_size: How many texts are tagged at a time.
    precision: In which type torch models compute: "float32", "bfloat16" or "int8".
    on_progress: Is called with the number of texts that have been tagged since the last call.
    YIELDS: Annotated docs, in order; those of several teachers have the first one's vocabulary.
    RAISES: ValueError (H021, H022, H027) if there is no tagger to be found, (H040, H041) if several
        teachers do not fit each other, (H013, H042, H094) if they cannot compute in that precision.
    """
    teachers = [teachers] if isinstance(teachers, Language) else list(teachers)
    taggers = [find_tagger(nlp, component) for nlp in teachers]
    before = taggers[0].store_soft_labels, taggers[0].threshold
    # what is too unsure to be written is not too unsure to be learned from
    taggers[0].store_soft_labels, taggers[0].threshold = True, 0.0
    try:
        if len(teachers) == 1:
            tag = partial(teachers[0].pipe, batch_size=batch_size)
        else:
            names = [tagger.name for tagger in taggers]
            members = make_members(list(zip(teachers, names, strict=True)))
            tag = partial(annotate_with_mean, members, batch_size=batch_size)

        def tag_for_students(part: Sequence[str | Doc]) -> Iterator[Doc]:
            for doc in tag(part):
                keep_for_students(doc, top_k)
                if on_progress is not None:
                    on_progress(1)
                yield doc

        texts = iter(texts)
        with compute_with(precision, teachers):
            while part := list(islice(texts, part_size(batch_size))):
                for tagger in taggers:
                    # or else the last bits would depend on the parts before
                    tagger.forget_lexemes()
                yield from shortest_first(part, tag_for_students)
    finally:
        taggers[0].store_soft_labels, taggers[0].threshold = before


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


def shortest_first(
    texts: Sequence[str | Doc], tag: Callable[[Sequence[str | Doc]], Iterable[Doc]]
) -> list[Doc]:
    """Tag texts of like length together, so that little of a batch is padding.

    texts: The texts.
    tag: Tags texts, in their order.
    RETURNS: The docs, in the order of the texts.
    """
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    tagged = dict(zip(order, tag([texts[i] for i in order]), strict=True))
    return [tagged[i] for i in range(len(texts))]
