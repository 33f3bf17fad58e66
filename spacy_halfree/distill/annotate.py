"""Texts through teachers: their annotation and distributions, as a file for `spacy train`."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc, DocBin

from ..errors import Errors
from ..pipeline.precision import Precision, compute_with
from ..pipeline.tagger import HalfreeTagger
from ..tagging.soft_labels import KEY, keep_top_k
from .ensemble import annotate_with_mean, make_members

BATCHES_IN_A_ROW = 16
"""How many batches are sorted by length together: more would save next to nothing."""


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

    teachers: A teacher's pipeline; or several, which decode with the mean of their distributions.
    texts: Texts, or docs with the tokens to tag.
    component: The name of the tagger, if a pipeline has several.
    top_k: Keep only so many tags per word; all if None.
    batch_size: How many texts are tagged at a time.
    precision: In which type torch models compute: "float32", "bfloat16" or "int8".
    on_progress: Is called with the number of texts that have been tagged since the last call.
    YIELDS: Annotated docs, in order; those of several teachers have the first one's vocabulary.
    RAISES: ValueError (H021, H022, H027) if there is no tagger to be found, (H040, H041) if several
        teachers do not fit each other, (H013, H042) if they cannot compute in that precision.
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
                # what else is there (a transformer's output, say) is of no use to a student
                soft = doc.user_data[KEY]
                doc.user_data = {KEY: soft if top_k is None else keep_top_k(soft, top_k)}
                if on_progress is not None:
                    on_progress(1)
                yield doc

        with compute_with(precision, teachers):
            yield from shortest_first(texts, tag_for_students, BATCHES_IN_A_ROW * batch_size)
    finally:
        taggers[0].store_soft_labels, taggers[0].threshold = before


def shortest_first(
    texts: Iterable[str | Doc],
    tag: Callable[[Sequence[str | Doc]], Iterable[Doc]],
    n_at_a_time: int,
) -> Iterator[Doc]:
    """Tag texts of like length together, so that little of a batch is padding.

    texts: The texts.
    tag: Tags texts, in their order.
    n_at_a_time: How many texts are sorted by their length at a time.
    YIELDS: The docs, in the order of the texts.
    """
    texts = iter(texts)
    while part := list(islice(texts, n_at_a_time)):
        order = sorted(range(len(part)), key=lambda i: len(part[i]))
        tagged = dict(zip(order, tag([part[i] for i in order]), strict=True))
        yield from (tagged.pop(i) for i in range(len(part)))


def write_docs(docs: Iterable[Doc], output: Path) -> int:
    """Write docs with their user data to a `.spacy` file, which appears only once it is complete.

    docs: The docs.
    output: The file.
    RETURNS: How many docs were written.
    RAISES: ValueError (H020) if there are none; then no file is written.
    """
    doc_bin = DocBin(store_user_data=True)
    for doc in docs:
        doc_bin.add(doc)
    if not len(doc_bin):
        raise ValueError(Errors.H020)
    output.parent.mkdir(parents=True, exist_ok=True)
    unfinished = output.with_name(f".{output.name}.partial")
    try:
        doc_bin.to_disk(unfinished)
        os.replace(unfinished, output)
    finally:
        unfinished.unlink(missing_ok=True)
    return len(doc_bin)
